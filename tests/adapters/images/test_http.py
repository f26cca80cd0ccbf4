"""One call over HTTP: bounded, whatever the server sends."""

import asyncio

import pytest

from bozzetto.adapters.aws import ANSWER_LIMIT
from bozzetto.adapters.endpoint import Endpoint
from bozzetto.adapters.http import Answer, read_object
from bozzetto.adapters.images.http import LARGEST, call, decode_picture, open_client
from bozzetto.errors import BackendError
from bozzetto.generate.received import MOST_BYTES
from bozzetto.testing.image_servers import Asked, ImageServer, Reply


class Echo(ImageServer):
    """Answers every request with so many bytes."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def answer(self, asked: Asked) -> Reply:
        return Reply(200, b"x" * self.size)


def ask(server: Echo, most: int, **more: dict[str, str]) -> Answer:
    endpoint = Endpoint("Acme", server.address, "m", 5.0, local=True)

    async def act() -> Answer:
        async with open_client(endpoint, {}) as client:
            if "form" in more:
                return await call(client, endpoint, "POST", "/x", form=more["form"], most=most)
            return await call(client, endpoint, "POST", "/x", body=more, most=most)

    return asyncio.run(act())


def test_an_answer_is_bounded() -> None:
    with Echo(2**20) as server:
        assert len(ask(server, 2**20).body) == 2**20
        with pytest.raises(BackendError, match="sent more than 0 MiB"):
            ask(server, 2**20 - 1)


def test_texts_that_are_no_unicode_are_sent_all_the_same() -> None:
    with Echo(1) as server:
        ask(server, 9, prompt={"x": "a \ud800 dog"})
        ask(server, 9, form={"prompt": "a \ud800 dog"})
        assert server.asked[0].json == {"prompt": {"x": "a \ud800 dog"}}
        assert server.asked[1].form == {"prompt": "a ? dog"}


def test_a_proxy_of_the_environment_is_not_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Echo(3) as server:
        assert ask(server, 9).body == b"xxx"


def test_the_largest_picture_that_is_kept_can_come() -> None:
    for bound in (LARGEST, ANSWER_LIMIT):
        assert bound > MOST_BYTES * 4 / 3 + 2**20


ENDPOINT = Endpoint("Acme", "http://acme.test", "m", 1.0)


def test_a_picture_may_be_a_data_address() -> None:
    assert decode_picture(ENDPOINT, "data:image/png;base64,AAEC") == b"\x00\x01\x02"
    assert decode_picture(ENDPOINT, "AAEC") == b"\x00\x01\x02"
    with pytest.raises(BackendError, match="no picture"):
        decode_picture(ENDPOINT, "data:image/svg+xml,<svg/>")


def test_json_that_is_nested_too_deep_is_refused() -> None:
    with pytest.raises(BackendError, match="not JSON"):
        read_object(ENDPOINT, Answer(200, b'{"a":' * 100_000))
