"""The adapter for Stability's API against a server that holds requests to the documentation."""

import asyncio
import random
from dataclasses import replace

import pytest

from bozzetto.adapters.endpoint import Endpoint
from bozzetto.adapters.images.stability import Stability, open_images
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.image_servers import Reply, StabilityServer, reply
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import Effective, ImageEvent, ImageFiltered, ImageMade, ImageRequest

KEY = "sk-canary-1234567890"


def ask(
    server: StabilityServer, request: ImageRequest = PLAIN, model: str = "core", key: str = KEY
) -> ImageEvent:
    environ = {"STABILITY_BASE_URL": server.address, "STABILITY_API_KEY": key}
    images = open_images(model, environ=environ, timeout=5.0)
    return asyncio.run(collect(images, request))[-1]


def fails(
    server: StabilityServer, request: ImageRequest = PLAIN, model: str = "core", key: str = KEY
) -> BozzettoError:
    with pytest.raises(BozzettoError) as caught:
        ask(server, request, model, key)
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.hint}"
    return caught.value


@pytest.mark.parametrize(
    ("model", "path", "form", "effective"),
    [
        (
            "core",
            "core",
            {"negative_prompt": "cat"},
            Effective(
                "a small dog", "cat", 7, model="core",
                notes=(
                    "this model takes no number of steps", "this model takes no guidance",
                    "512x512 became the shape 1:1",
                ),
            ),
        ),
        (
            "sd3.5-large",
            "sd3",
            {"negative_prompt": "cat", "cfg_scale": "5", "model": "sd3.5-large",
             "mode": "text-to-image"},
            Effective(
                "a small dog", "cat", 7, guidance=5.0, model="sd3.5-large",
                notes=("this model takes no number of steps", "512x512 became the shape 1:1"),
            ),
        ),
        (
            "sd3.5-large-turbo",
            "sd3",
            {"cfg_scale": "5", "model": "sd3.5-large-turbo", "mode": "text-to-image"},
            Effective(
                "a small dog", None, 7, guidance=5.0, model="sd3.5-large-turbo",
                notes=(
                    "this model takes no number of steps", "this model takes no negative prompt",
                    "512x512 became the shape 1:1",
                ),
            ),
        ),
    ],
)  # fmt: skip
def test_what_is_sent_and_what_is_told(
    model: str, path: str, form: dict[str, str], effective: Effective
) -> None:
    with StabilityServer(key=KEY) as server:
        end = ask(server, model=model)
        asked = server.asked[0]
    assert asked.path == f"/v2beta/stable-image/generate/{path}"
    assert asked.headers["accept"] == "application/json"
    common = {"prompt": "a small dog", "output_format": "png", "seed": "7", "aspect_ratio": "1:1"}
    assert asked.form == common | form
    assert isinstance(end, ImageMade)
    assert end.effective == effective


def test_a_prompt_alone() -> None:
    with StabilityServer() as server:
        end = ask(server, ImageRequest("ein Hündchen 小狗", seed=3))
        assert server.asked[0].form == {
            "prompt": "ein Hündchen 小狗", "output_format": "png", "seed": "3"
        }  # fmt: skip
    assert isinstance(end, ImageMade)
    assert end.effective == Effective("ein Hündchen 小狗", seed=3, model="core")


@pytest.mark.parametrize(
    ("seed", "sent"),
    [(0, 4294967294), (1, 1), (4294967294, 4294967294), (4294967295, 1), (2**40, 512)],
)
def test_a_seed_is_never_the_one_that_means_any(seed: int, sent: int) -> None:
    with StabilityServer() as server:
        end = ask(server, ImageRequest("x", seed=seed))
        assert server.asked[0].form["seed"] == str(sent)
    assert isinstance(end, ImageMade)
    assert end.effective.seed == sent
    assert bool(end.effective.notes) == (seed != sent)


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ((1024, 1024), "1:1"),
        ((1920, 1080), "16:9"),
        ((512, 768), "2:3"),
        ((10, 2000), "9:21"),
        ((1216, 832), "3:2"),
        ((None, 640), "1:1"),
    ],
)
def test_a_size_gives_way_to_the_nearest_shape(
    size: tuple[int | None, int | None], shape: str
) -> None:
    with StabilityServer() as server:
        ask(server, ImageRequest("x", seed=1, width=size[0], height=size[1]))
        assert server.asked[0].form["aspect_ratio"] == shape


def test_a_model_of_the_request_comes_first() -> None:
    with StabilityServer() as server:
        ask(server, replace(PLAIN, model="sd3.5-medium", guidance=99.0))
        form = server.asked[0].form
    assert (form["model"], form["cfg_scale"]) == ("sd3.5-medium", "10")


def test_what_can_never_be_made_is_not_sent() -> None:
    with StabilityServer() as server:
        requests = [ImageRequest("x" * 10_001), ImageRequest(" "), ImageRequest("x", "n" * 10_001)]
        for request in [*requests, ImageRequest("x", width=0, height=-1)]:
            assert isinstance(fails(server, request), InputError)
        assert server.asked == []


def test_a_refused_prompt_and_a_filtered_picture_are_results() -> None:
    with StabilityServer(banned=["dog"]) as server:
        end = ask(server)
    assert end == ImageFiltered("Your request was flagged by our content moderation system")
    with StabilityServer(unfit=["dog"]) as server:
        assert ask(server) == ImageFiltered("the picture was filtered (CONTENT_FILTERED)")


def test_a_key_that_is_missing_or_wrong() -> None:
    with pytest.raises(SetupError, match="STABILITY_API_KEY"):
        open_images("core", environ={}, timeout=1.0)
    with pytest.raises(SetupError, match="no model is named"):
        open_images("", environ={}, timeout=1.0)
    with StabilityServer(key=KEY) as server:
        error = fails(server, key="sk-other")
    assert isinstance(error, SetupError)
    assert error.hint == "check STABILITY_API_KEY"


def test_an_account_without_credit() -> None:
    with StabilityServer(credit=0) as server:
        error = fails(server)
    assert isinstance(error, BackendError)
    assert (error.status, error.retryable) == (402, False)
    assert error.hint == "the account has no credit left"


@pytest.mark.parametrize(
    ("answer", "says", "retryable"),
    [
        (Reply(429, b'{"name": "rate_limit_exceeded", "errors": ["slow"]}'), "429: slow", True),
        (Reply(503, b"<html>down</html>", "text/html"), "answered 503", True),
        (Reply(413, b'{"errors": ["too large"]}'), "413: too large", False),
        (reply({"finish_reason": "SUCCESS"}), "no picture", False),
        (reply({"image": "", "finish_reason": "ERROR"}), "made no picture: ERROR", True),
        (reply({"image": "\x1b[31m", "finish_reason": "SUCCESS"}), "no picture", False),
        (Reply(200, b"<!doctype html>", "text/html"), "web page", False),
        (Reply(200, b'{"image": "AAAA', cut=5), "broke off", False),
        (Reply(400, f'{{"errors": ["{KEY} \\u001b[2J"]}}'.encode()), "400: ***", False),
    ],
)
def test_answers_that_are_none(answer: Reply, says: str, retryable: bool) -> None:
    with StabilityServer(key=KEY) as server:
        server.instead.append(answer)
        error = fails(server)
    assert isinstance(error, BackendError)
    assert says in error.message
    assert "\x1b" not in error.message
    assert error.retryable == retryable


def test_the_server_s_wish_to_wait_is_kept() -> None:
    with StabilityServer() as server:
        server.instead.append(Reply(429, b"{}", headers={"Retry-After": "7"}))
        assert getattr(fails(server), "pause", 0.0) == 7.0


def test_a_silent_server_is_given_up_and_not_paid_twice() -> None:
    with StabilityServer() as server:
        server.instead.append(Reply(wait=3.0))
        images = Stability("stability:core", Endpoint("Stability", server.address, "core", 0.3))
        with pytest.raises(BackendError) as caught:
            asyncio.run(collect(images, PLAIN))
    assert caught.value.message == (
        f"Stability at {server.address} did not answer: nothing for 0.3 s; "
        "the picture may have been drawn and paid for"
    )
    assert caught.value.hint == "bozzetto jobs retry asks for it again"
    assert not caught.value.retryable


def test_drawing_may_take_longer_than_the_timeout_of_other_calls() -> None:
    with StabilityServer() as server:
        server.instead.append(Reply(503, wait=0.4))
        environ = {"STABILITY_BASE_URL": server.address}
        images = open_images("core", environ=environ, timeout=0.1)
        with pytest.raises(BackendError, match="answered 503") as caught:
            asyncio.run(collect(images, PLAIN))
    assert caught.value.retryable


def test_a_server_that_is_not_there_is_asked_again() -> None:
    images = open_images("core@http://127.0.0.1:9", environ={}, timeout=1.0)
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        asyncio.run(collect(images, PLAIN))
    assert caught.value.retryable


def test_neighbouring_seeds_stay_different() -> None:
    seeds = [0, 1, 2, *(random.Random(1).randrange(2**32 - 2) for _ in range(5))]
    with StabilityServer() as server:
        for seed in seeds:
            ask(server, ImageRequest("x", seed=seed))
        assert len({asked.form["seed"] for asked in server.asked}) == len(set(seeds))
