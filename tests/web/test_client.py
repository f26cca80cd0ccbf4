from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from tests.web.test_writing import IDEA, good

from bozzetto.app import Assistant
from bozzetto.app.wire import optimize_json, search_json
from bozzetto.client import Client
from bozzetto.errors import BackendError, BozzettoError, InputError, NotFoundError, SetupError
from bozzetto.testing.chat_server import ChatServer
from bozzetto.web.server import Server


@pytest.fixture
def ours(shop: Server) -> Iterator[Client]:
    with Client(f"http://127.0.0.1:{shop.port}", shop.access.token) as found:
        yield found


def test_search_gives_what_the_assistant_gives(ours: Client, shelf: Assistant) -> None:
    found = ours.search(IDEA, k=3, explain=True, facets=True)
    there = shelf.search(IDEA, 3, explain=True)
    shapes = [search_json(one, explain=True, facets=True) for one in (found, there)]
    assert shapes[0] == shapes[1]
    assert len(found) == 3


def test_optimize_gives_what_the_assistant_gives(ours: Client, shelf: Assistant) -> None:
    found = ours.optimize(IDEA, n=2, mood=["calm"], seed=5)
    again = ours.optimize(IDEA, n=2, mood=["calm"], seed=5)
    assert found == again
    kept = [shelf.explain(one.id).candidate for one in found.candidates]
    assert [one.prompt for one in kept] == [one.prompt for one in found.candidates]


def test_events_are_heard(ours: Client) -> None:
    heard: list[tuple[str, Mapping[str, Any]]] = []
    with ChatServer(good) as server:
        chat = f"ollama:tiny@{server.address}"
        found = ours.optimize(
            IDEA, n=2, chat=chat, cache=False, on_event=lambda *event: heard.append(event)
        )
    done = {data["index"]: data["candidate"]["id"] for name, data in heard if name == "done"}
    assert [done[number] for number in sorted(done)] == [one.id for one in found.candidates]
    assert optimize_json(found)["usage"]["input_tokens"] > 0


def test_pictures(ours: Client) -> None:
    job = ours.generate("a red fox", n=2, size="64x64", images="sketch:")
    until = time.monotonic() + 30
    while (job := ours.job(job.id)).state != "done" and time.monotonic() < until:
        time.sleep(0.05)
    assert (job.ok, job.total) == (2, 2)


def test_errors_are_those_of_the_assistant(ours: Client, shop: Server) -> None:
    with pytest.raises(InputError, match="k: "):
        ours.search(IDEA, k=0)
    with pytest.raises(InputError, match="n: "):
        ours.optimize(IDEA, n=99)
    with pytest.raises(SetupError, match="no model is named") as error:
        ours.optimize(IDEA, chat="ollama:")
    assert error.value.hint
    with pytest.raises(NotFoundError):
        ours.job("none")
    with (
        Client(f"http://127.0.0.1:{shop.port}", "wrong") as other,
        pytest.raises(BozzettoError, match="open the address again"),
    ):
        other.job("none")
    with Client("http://127.0.0.1:1", "x") as nobody:
        with pytest.raises(BackendError, match="the server is not there: ConnectError"):
            nobody.search(IDEA)
        with pytest.raises(BackendError, match="the server is not there: ConnectError"):
            nobody.optimize(IDEA)
