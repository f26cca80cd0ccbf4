"""The adapter for OpenAI's images and their like, against servers that behave as documented."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.images.openai import fit_free, open_images
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.image_servers import OpenAIServer, Reply, reply
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import Effective, ImageEvent, ImageFiltered, ImageMade, ImageRequest

KEY = "sk-canary-1234567890"
TAKES_NO = tuple(
    f"this model takes no {what}"
    for what in ("negative prompt", "seed", "number of steps", "guidance")
)


def ask(
    server: OpenAIServer,
    request: ImageRequest = PLAIN,
    model: str = "gpt-image-1",
    key: str = KEY,
) -> ImageEvent:
    environ = {"OPENAI_BASE_URL": f"{server.address}/v1", "OPENAI_API_KEY": key}
    images = open_images(model, environ=environ, timeout=5.0)
    return asyncio.run(collect(images, request))[-1]


def fails(
    server: OpenAIServer,
    request: ImageRequest = PLAIN,
    model: str = "gpt-image-1",
    key: str = KEY,
) -> BozzettoError:
    with pytest.raises(BozzettoError) as caught:
        ask(server, request, model, key)
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    return caught.value


@pytest.mark.parametrize(
    ("model", "more", "effective"),
    [
        (
            "dall-e-2",
            {"response_format": "b64_json", "size": "512x512"},
            Effective("a small dog", width=512, height=512, model="dall-e-2", notes=TAKES_NO),
        ),
        (
            "dall-e-3",
            {"response_format": "b64_json", "size": "1024x1024"},
            Effective(
                "a small dog, in rich detail", width=1024, height=1024, model="dall-e-3",
                notes=(*TAKES_NO, "512x512 became 1024x1024, the nearest it makes",
                       "the model rewrote the prompt"),
            ),
        ),
        (
            "gpt-image-1",
            {"output_format": "png", "size": "1024x1024"},
            Effective(
                "a small dog", width=1024, height=1024, model="gpt-image-1",
                notes=(*TAKES_NO, "512x512 became 1024x1024, the nearest it makes"),
            ),
        ),
    ],
)  # fmt: skip
def test_what_is_sent_and_what_is_told(
    model: str, more: dict[str, str], effective: Effective
) -> None:
    with OpenAIServer(key=KEY) as server:
        end = ask(server, model=model)
        assert server.asked[0].json == {"model": model, "prompt": "a small dog", "n": 1} | more
    assert isinstance(end, ImageMade)
    assert end.effective == effective


def test_a_prompt_alone_leaves_the_size_to_the_server() -> None:
    with OpenAIServer(compatible=True) as server:
        end = ask(server, ImageRequest("a dog"), "sd-1.5")
        assert server.asked[0].json == {
            "model": "sd-1.5", "prompt": "a dog", "n": 1, "response_format": "b64_json"
        }  # fmt: skip
    assert isinstance(end, ImageMade)
    assert end.effective == Effective("a dog", model="sd-1.5", notes=("this model takes no seed",))


@pytest.mark.parametrize(
    ("model", "size", "sent"),
    [
        ("dall-e-2", (1920, 1080), "1024x1024"),
        ("dall-e-2", (300, 300), "256x256"),
        ("dall-e-3", (1920, 1080), "1792x1024"),
        ("gpt-image-1", (512, 768), "1024x1536"),
        ("gpt-image-1.5", (1216, 832), "1536x1024"),
        ("gpt-image-2", (3840, 2160), "3840x2160"),
        ("gpt-image-2", (1024, 1536), "1024x1536"),
        ("somebody-s", (640, 448), "640x448"),
    ],
)
def test_a_size_gives_way_to_the_nearest_there_is(
    model: str, size: tuple[int, int], sent: str
) -> None:
    with OpenAIServer(compatible=True) as server:
        ask(server, replace(PLAIN, width=size[0], height=size[1]), model)
        assert server.asked[0].json["size"] == sent


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_every_size_has_one_that_the_newer_models_make(width: int, height: int) -> None:
    wide, high = fit_free((width, height))
    assert wide % 16 == high % 16 == 0
    assert max(wide, high) <= 3840
    assert max(wide, high) <= 3 * min(wide, high)
    assert 655_360 <= wide * high <= 8_294_400


def test_a_field_that_the_server_does_not_know_is_left_out() -> None:
    refused = {"error": {"message": "Unknown parameter: 'response_format'.", "code": "x"}}
    size = {"detail": [{"loc": ["body", "size"], "msg": "Extra inputs are not permitted"}]}
    with OpenAIServer(compatible=True) as server:
        server.instead += [reply(refused, 400), reply(size, 422)]
        end = ask(server, model="sd-1.5")
        sent = [set(asked.json) for asked in server.asked]
    fields = {"model", "prompt", "n"}
    assert sent == [fields | {"response_format", "size"}, fields | {"size"}, fields]
    assert isinstance(end, ImageMade)
    assert end.effective.notes[-1] == "the server chose the size, not 512x512"


def test_the_server_s_size_is_the_one_that_counts() -> None:
    with OpenAIServer() as server:
        server.instead.append(reply({"data": [{"b64_json": "iVBORw0KGgo="}], "size": "1536x1024"}))
        end = ask(server)
    assert isinstance(end, ImageMade)
    assert (end.effective.width, end.effective.height) == (1536, 1024)


@pytest.mark.parametrize(
    "code", ["moderation_blocked", "content_policy_violation", "content_filter", "contentFilter"]
)
def test_a_refused_prompt_is_a_result(code: str) -> None:
    with OpenAIServer() as server:
        server.instead.append(reply({"error": {"message": "Not that.", "code": code}}, 400))
        assert ask(server) == ImageFiltered("Not that.")


def test_a_prompt_with_a_banned_word() -> None:
    with OpenAIServer(banned=["dog"]) as server:
        assert ask(server) == ImageFiltered("Your request was rejected by the safety system.")


@pytest.mark.parametrize(
    ("model", "prompt"), [("dall-e-2", "x" * 1001), ("dall-e-3", "x" * 4001), ("any", " \n")]
)
def test_what_can_never_be_made_is_not_sent(model: str, prompt: str) -> None:
    with OpenAIServer() as server:
        assert isinstance(fails(server, ImageRequest(prompt), model), InputError)
        assert server.asked == []


def test_a_key_that_is_missing_or_wrong() -> None:
    with pytest.raises(SetupError, match="OPENAI_API_KEY"):
        open_images("gpt-image-1", environ={}, timeout=1.0)
    with OpenAIServer(key=KEY) as server:
        error = fails(server, key="sk-other")
        assert isinstance(error, SetupError)
        assert error.hint == "check OPENAI_API_KEY"


def test_a_key_belongs_to_its_host() -> None:
    with OpenAIServer(compatible=True) as server:
        rest = f"sd-1.5@{server.address}/v1"
        images = open_images(rest, environ={"OPENAI_API_KEY": KEY}, timeout=5.0)
        asyncio.run(collect(images, PLAIN))
        assert "authorization" not in server.asked[0].headers
        assert images.features.name == f"openai:{rest}"


def test_a_model_that_is_not_there() -> None:
    with OpenAIServer() as server:
        error = fails(server, model="dall-e-9")
        assert isinstance(error, SetupError)
        assert "no model 'dall-e-9'" in error.message
        error = fails(server, replace(PLAIN, model="dall-e-8"))
        assert "no model 'dall-e-8'" in error.message


PICTURE = {"b64_json": "iVBORw0KGgo="}


@pytest.mark.parametrize(
    ("answer", "says", "retryable"),
    [
        (reply({"data": []}), "0 pictures", False),
        (reply({"data": [PICTURE, PICTURE]}), "2 pictures", False),
        (reply({"data": [{"url": "http://169.254.169.254/"}]}), "an address in place", False),
        (reply({"data": [{"b64_json": None}]}), "no picture", False),
        (reply({"data": ["x"]}), "0 pictures", False),
        (reply({}), "0 pictures", False),
        (Reply(200, b"[" * 5000), "not JSON", False),
        (Reply(200, b"<html>log in</html>", "text/html"), "web page", False),
        (Reply(429, b'{"error": {"message": "Rate limit"}}'), "429: Rate limit", True),
        (
            reply({"error": {"message": "You exceeded", "code": "insufficient_quota"}}, 429),
            "You exceeded",
            False,
        ),
        (Reply(500, b""), "answered 500", True),
        (Reply(200, b'{"data": [', cut=3), "broke off", False),
        (Reply(301, headers={"Location": "https://x.test"}), "points elsewhere", False),
    ],
)
def test_answers_that_are_none(answer: Reply, says: str, retryable: bool) -> None:
    with OpenAIServer() as server:
        server.instead.append(answer)
        error = fails(server)
    assert isinstance(error, BackendError)
    assert says in error.message
    assert error.retryable == retryable
