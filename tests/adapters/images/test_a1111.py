"""The adapter for web UIs against a server that behaves like one, well and badly."""

import asyncio
import base64
import io
import json
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bozzetto.adapters.images.a1111 import A1111, open_images
from bozzetto.adapters.images.a1111_info import read_info
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.image_servers import Asked, Reply, draw, reply
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

AUTH = "me:canary-1234"
Like = Literal["a1111", "sdnext", "nowebui"]
FULL = replace(PLAIN, prompt="(a small dog:1.2), [rain]", sampler="Euler a")


def opened(server: A1111Server, *, auth: str = "", timeout: float = 10.0) -> A1111:
    environ = {"A1111_BASE_URL": server.address} | ({"A1111_AUTH": auth} if auth else {})
    return open_images("", environ=environ, timeout=timeout)


def ask(server: A1111Server, request: ImageRequest = FULL, timeout: float = 10.0) -> ImageEvent:
    return asyncio.run(collect(opened(server, timeout=timeout), request))[-1]


def fails(server: A1111Server, request: ImageRequest = FULL, **more: float) -> BozzettoError:
    with pytest.raises(BozzettoError) as caught:
        ask(server, request, **more)
    return caught.value


def test_what_is_sent_and_what_is_told() -> None:
    with A1111Server() as server:
        end = ask(server)
        body = server.to("/sdapi/v1/txt2img")[0].json
    assert body.pop("force_task_id").startswith("task(bozzetto-")
    assert body == {
        "prompt": "(a small dog:1.2), [rain]",
        "negative_prompt": "cat",
        "seed": 7,
        "steps": 2,
        "cfg_scale": 5.0,
        "sampler_name": "Euler a",
        "width": 512,
        "height": 512,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
    }
    assert isinstance(end, ImageMade)
    assert end.effective == Effective(
        prompt="(a small dog:1.2), [rain]",
        negative="cat",
        seed=7,
        steps=2,
        guidance=5.0,
        sampler="Euler a",
        width=512,
        height=512,
        model="v1-5-pruned-emaonly",
    )
    with Image.open(io.BytesIO(end.data)) as found:
        assert found.size == (512, 512)
        assert str(found.info["parameters"]).startswith("(a small dog:1.2), [rain]\nNegative")


def test_a_prompt_alone_leaves_the_rest_to_the_server() -> None:
    with A1111Server() as server:
        ask(server, ImageRequest("a dog", seed=3))
        body = server.to("/sdapi/v1/txt2img")[0].json
    assert set(body) == {
        "prompt", "seed", "batch_size", "n_iter", "send_images", "save_images", "force_task_id"
    }  # fmt: skip


def test_a_checkpoint_is_the_only_setting_that_is_sent() -> None:
    with A1111Server(models=("one.safetensors [1]", "two.safetensors [2]")) as server:
        end = ask(server, replace(FULL, model="two"))
        body = server.to("/sdapi/v1/txt2img")[0].json
    assert body["override_settings"] == {"sd_model_checkpoint": "two"}
    assert body["override_settings_restore_afterwards"] is True
    assert isinstance(end, ImageMade)
    assert end.effective.model == "two"


def test_what_the_server_made_otherwise_is_noted() -> None:
    with A1111Server() as server:
        end = ask(server, replace(FULL, width=515))
    assert isinstance(end, ImageMade)
    assert end.effective.width == 512
    assert end.effective.notes == ("width 515 was asked for, 512 was used",)


@pytest.mark.parametrize("like", ["a1111", "sdnext", "nowebui"])
def test_progress_comes_with_previews(like: Like) -> None:
    with A1111Server(seconds=60, like=like) as server:

        async def act() -> list[ImageEvent]:
            stream = opened(server).stream(replace(FULL, steps=600))
            events = [await anext(stream) for _ in range(3)]
            await stream.aclose()
            return events

        first, *later = asyncio.run(act())
    assert first == ImageProgress(0.0)
    shown = [event for event in later if isinstance(event, ImageProgress)]
    assert [event.preview[:4] for event in shown if event.preview] == [b"\x89PNG"] * 2
    assert 0 <= shown[0].done < shown[1].done < 1


def test_a_slow_preview_does_not_hold_the_picture_up() -> None:
    with A1111Server(seconds=0.8, slow=8.0) as server:
        started = time.monotonic()
        assert isinstance(ask(server), ImageMade)
        assert time.monotonic() - started < 6


def leave(server: A1111Server, ready: Callable[[], bool]) -> None:
    """Ask for a picture and leave once something holds."""

    async def act() -> None:
        stream = opened(server).stream(replace(FULL, steps=100))
        await anext(stream)
        going = asyncio.ensure_future(anext(stream))
        while not ready():
            await asyncio.sleep(0.01)
        going.cancel()
        await asyncio.gather(going, return_exceptions=True)
        await stream.aclose()

    asyncio.run(act())


@pytest.mark.parametrize("like", ["a1111", "sdnext", "nowebui"])
def test_leaving_early_interrupts_the_picture(like: Like) -> None:
    with A1111Server(seconds=60, like=like) as server:
        leave(server, lambda: bool(server.to("/sdapi/v1/txt2img")))
        assert server.interrupted == [FULL.prompt]


@pytest.mark.parametrize("like", ["a1111", "sdnext", "nowebui"])
def test_the_pictures_of_others_are_neither_shown_nor_interrupted(like: Like) -> None:
    with A1111Server(seconds=60, like=like) as server:

        async def act() -> list[ImageEvent]:
            other = asyncio.create_task(collect(opened(server), replace(FULL, prompt="other")))
            while not server.drawing:
                await asyncio.sleep(0.01)
            mine: list[ImageEvent] = []
            with suppress(TimeoutError):
                async with asyncio.timeout(0.8):
                    async for event in opened(server).stream(FULL):
                        mine.append(event)  # noqa: PERF401 - those before the end count
            assert server.interrupted == []
            other.cancel()
            await asyncio.gather(other, return_exceptions=True)
            return mine

        assert asyncio.run(act()) == [ImageProgress(0.0)]
        assert server.interrupted == ["other"]


def test_a_picture_that_somebody_interrupts_says_that_it_is_not_finished() -> None:
    with A1111Server(seconds=60) as server:

        async def act() -> ImageEvent:
            task = asyncio.create_task(collect(opened(server), FULL))
            while not server.drawing:
                await asyncio.sleep(0.01)
            async with httpx2.AsyncClient(trust_env=False) as somebody:
                await somebody.post(f"{server.address}/sdapi/v1/interrupt")
            return (await task)[-1]

        end = asyncio.run(act())
    assert isinstance(end, ImageMade)
    assert end.effective.notes == ("it was interrupted there and is not finished",)


class CatchAll(A1111Server):
    """Answers addresses that it does not have with the page."""

    def answer(self, asked: Asked) -> Reply:
        found = super().answer(asked)
        return found if found.status != 404 else Reply(200, b"<!doctype html>", "text/html")


def test_a_page_in_place_of_progress_does_no_harm() -> None:
    with CatchAll(seconds=60, like="nowebui") as server:

        async def act() -> list[ImageEvent]:
            stream = opened(server).stream(FULL)
            events = [await anext(stream) for _ in range(2)]
            await stream.aclose()
            return events

        assert isinstance(asyncio.run(act())[1], ImageProgress)
        assert server.interrupted == [FULL.prompt]


def test_a_picture_that_does_not_go_on_is_given_up() -> None:
    with A1111Server(seconds=60) as server:
        started = time.monotonic()
        error = fails(server, replace(FULL, steps=1), timeout=0.6)
        assert time.monotonic() - started < 6
        assert len(server.interrupted) == 1
    assert isinstance(error, BackendError)
    assert error.retryable
    assert "nothing for 0.6 s" in error.message


def test_a_server_that_dies_in_the_middle() -> None:
    with A1111Server(seconds=60) as server:

        async def act() -> None:
            task = asyncio.create_task(collect(opened(server), FULL))
            while not server.drawing:
                await asyncio.sleep(0.01)
            await asyncio.to_thread(server.stop)
            await task

        with pytest.raises(BackendError) as caught:
            asyncio.run(act())
    assert caught.value.retryable


def test_a_server_that_is_not_there() -> None:
    with A1111Server() as server:
        gone = opened(server)
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        asyncio.run(collect(gone, FULL))
    assert caught.value.retryable
    assert "A1111_BASE_URL" in str(caught.value.hint)


@pytest.mark.parametrize("auth", ["", "me:wrong-1234"])
def test_a_password_that_is_missing_or_wrong(auth: str) -> None:
    with A1111Server(auth=AUTH) as server, pytest.raises(SetupError, match="401") as caught:
        asyncio.run(collect(opened(server, auth=auth), FULL))
    assert "A1111_AUTH" in f"{caught.value} {caught.value.hint}"
    assert "wrong-1234" not in f"{caught.value} {caught.value.hint}"


def test_a_password_goes_to_its_own_server_only() -> None:
    with A1111Server(auth=AUTH) as server:
        environ = {"A1111_BASE_URL": "http://192.0.2.7:7860", "A1111_AUTH": AUTH}
        images = open_images(server.address, environ=environ, timeout=5.0)
        with pytest.raises(SetupError, match="wants a key"):
            asyncio.run(collect(images, FULL))
        assert "authorization" not in server.asked[0].headers


@pytest.mark.parametrize(
    ("rest", "environ", "kind", "says"),
    [
        ("http://me:canary@localhost:7860", {}, SetupError, "user name or password"),
        ("ftp://me:canary@localhost", {}, InputError, "takes an address"),
        ("sdxl@http://localhost:7860", {}, InputError, "takes an address"),
        ("ftp://localhost?key=canary", {}, InputError, "takes an address, not 'ftp://localhost'"),
        ("localhost:7860?key=canary", {}, SetupError, "carries a query .* fragment"),
        ("", {"A1111_AUTH": "canary"}, SetupError, "A1111_AUTH"),
        ("", {"A1111_BASE_URL": "http://["}, SetupError, "not an address"),
    ],
)
def test_addresses_that_are_refused(
    rest: str, environ: dict[str, str], kind: type[BozzettoError], says: str
) -> None:
    with pytest.raises(kind, match=says) as caught:
        open_images(rest, environ=environ, timeout=1.0)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("rest", "name"),
    [
        ("", "a1111:http://127.0.0.1:7860"),
        ("192.0.2.7:7861", "a1111:http://192.0.2.7:7861"),
        ("https://art.test/ui/", "a1111:https://art.test/ui"),
    ],
)
def test_the_name_says_where(rest: str, name: str) -> None:
    assert open_images(rest, environ={}, timeout=1.0).features.name == name


def test_a_sampler_and_a_checkpoint_that_are_not_there() -> None:
    with A1111Server() as server:
        sampler = fails(server, replace(FULL, sampler="Euler b"))
        unknown = fails(server, replace(FULL, model="../../etc/passwd"))
    assert isinstance(sampler, InputError)
    assert "'Euler b'" in sampler.message
    assert str(sampler.hint).startswith("it has Euler")
    assert isinstance(unknown, SetupError)
    assert unknown.hint == "it has v1-5-pruned-emaonly.safetensors [6ce0161689]"


def test_a_picture_found_unfit_is_a_result() -> None:
    with A1111Server(unfit=["dog:1.2),"]) as server:
        end = ask(server)
    assert end == ImageFiltered("AUTOMATIC1111 found the picture unfit and blanked it")


def test_a_grid_before_the_picture_is_passed_over() -> None:
    with A1111Server(grid=True) as server:
        first = ask(server)
    with A1111Server() as server:
        second = ask(server)
    assert first == second


PNG = base64.b64encode(draw("x", 1, (8, 8))).decode()


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (reply({"images": [], "info": "{}"}), "0 pictures"),
        (reply({"images": [PNG, PNG], "info": "{}"}), "2 pictures"),
        (reply({"images": "x", "info": "{}"}), "0 pictures"),
        (reply({"images": [PNG], "info": '{"index_of_first_image": 5}'}), "0 pictures"),
        (reply({"images": ["*junk*"]}), "no picture"),
        (reply({"images": [None]}), "no picture"),
        (reply([1, 2]), "no answer"),
        (Reply(200, b"\xff\xfe not json"), "not JSON"),
        (Reply(200, b"<html>Please log in</html>", "text/html"), "web page"),
        (Reply(500, b"<html>Error</html>", "text/html"), "answered 500"),
        (reply({"error": "OutOfMemoryError", "errors": "CUDA out of memory"}, 500), "CUDA out"),
        (Reply(200, b'{"images": ["' + b"A" * 5000, cut=300), "broke off"),
        (Reply(302, headers={"Location": "http://192.0.2.7/"}), "points elsewhere"),
    ],
)
def test_answers_that_are_none(answer: Reply, says: str) -> None:
    with A1111Server() as server:
        server.instead.append(answer)
        error = fails(server)
    assert isinstance(error, BackendError)
    assert says in error.message
    assert len(error.message.splitlines()) == 1
    assert error.retryable == (answer.status >= 500 or answer.cut is not None)


def test_a_server_without_its_api() -> None:
    with A1111Server() as server:
        images = open_images(f"{server.address}/elsewhere", environ={}, timeout=5.0)
        with pytest.raises(SetupError, match="has no API") as caught:
            asyncio.run(collect(images, FULL))
    assert caught.value.hint == "start the web UI with --api"


def test_an_answer_without_its_info_tells_what_was_sent() -> None:
    with A1111Server() as server:
        server.instead.append(reply({"images": [PNG]}))
        end = ask(server)
    assert isinstance(end, ImageMade)
    assert end.effective == Effective(FULL.prompt, "cat", 7, 2, 5.0, "Euler a", 512, 512, None, ())


def test_the_schedule_belongs_to_the_sampler() -> None:
    extra = {"Schedule type": "Karras"}
    text = json.dumps({"sampler_name": "DPM++ 2M", "extra_generation_params": extra})
    assert read_info(text).effective(ImageRequest("x")).sampler == "DPM++ 2M Karras"


VALUE = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
NAMES = st.sampled_from(
    ["all_seeds", "seed", "prompt", "all_prompts", "steps", "cfg_scale", "width", "sampler_name",
     "extra_generation_params", "index_of_first_image", "nsfw", "sd_model_name"]
)  # fmt: skip


@given(st.dictionaries(NAMES, VALUE | st.lists(VALUE, max_size=2)))
def test_whatever_info_holds_is_read(found: dict[str, object]) -> None:
    info = read_info(json.dumps(found))
    made = info.effective(PLAIN)
    assert info.first >= 0
    assert isinstance(made.seed, int)
    assert isinstance(made.prompt, str)
    assert made.prompt
    assert made.guidance is not None
    assert abs(made.guidance) < float("inf")


@given(st.text())
def test_info_that_is_not_json_tells_nothing(text: str) -> None:
    assert read_info(f"[{text}").found == {}
