"""Bedrock's picture models by boto3's client against a loopback server that is good or bad."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import AsyncGenerator, Callable, Iterator

import pytest
from PIL import Image

from bozzetto.adapters.aws import open_client
from bozzetto.adapters.images.bedrock import Bedrock, open_images
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ImageFeatures, Lifecycle
from bozzetto.testing.aws_server import CUT, FILTERED, AwsServer, Delay, Fault, Reply, Step
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

SDXL = "stability.stable-diffusion-xl-v1"
SD35 = "us.stability.sd3-5-large-v1:0"
TITAN = "amazon.titan-image-generator-v2:0"
CANVAS = "amazon.nova-canvas-v1:0"


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer(gone=("stability.stable-diffusion-xl-v0",)) as running:
        yield running


def open_model(server: AwsServer, model: str, timeout: float = 20.0) -> Bedrock:
    return open_images(model, environ=server.environ, timeout=timeout)


def draw(images: Bedrock, request: ImageRequest = PLAIN) -> ImageEvent:
    return asyncio.run(collect(images, request))[-1]


def size_of(event: ImageEvent) -> tuple[int, int]:
    assert isinstance(event, ImageMade)
    with Image.open(io.BytesIO(event.data)) as found:
        return found.size


def test_features() -> None:
    with AwsServer() as server:
        assert open_model(server, SD35).features == ImageFeatures(
            name=f"bedrock:{SD35}",
            seeds=True,
            negative=True,
            parallel=4,
            previews=False,
            lifecycle=Lifecycle("active"),
        )
        gone = open_model(server, f"arn:aws:bedrock:us-west-2::foundation-model/{CANVAS}").features
    assert gone.lifecycle == Lifecycle("gone", "2026-09-30", "stability.stable-image-core-v1:1")


def test_a_picture_as_it_was_asked_for(server: AwsServer) -> None:
    request = ImageRequest(
        "a small dog", negative="cat", seed=3, guidance=6.0, width=640, height=384
    )
    *before, made = asyncio.run(collect(open_model(server, TITAN), request))
    assert before == [ImageProgress(0.0)]
    assert isinstance(made, ImageMade)
    assert size_of(made) == (640, 384)
    assert made.effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=3,
        guidance=6.0,
        width=640,
        height=384,
        model=TITAN,
    )
    assert [(call.kind, call.name) for call in server.calls] == [("model", TITAN)]
    assert server.calls[0].headers["accept"] == "application/json"


def test_the_models_own_word_on_the_seed_counts(server: AwsServer) -> None:
    server.plan(Reply(b'{"seeds": [99], "finish_reasons": [null], "images": ["QUE="]}'))
    made = draw(open_model(server, SD35))
    assert isinstance(made, ImageMade)
    assert (made.data, made.effective.seed) == (b"AA", 99)


def test_an_arn_goes_as_one_name(server: AwsServer) -> None:
    arn = f"arn:aws:bedrock:us-west-2:123456789012:inference-profile/{SD35}"
    assert isinstance(draw(open_model(server, arn)), ImageMade)
    assert server.calls[0].name == arn


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (SDXL, "CONTENT_FILTERED"),
        (SD35, "Filter reason: prompt"),
        (TITAN, "This request has been blocked by our content filters."),
        (CANVAS, "All of the generated images have been blocked by our content filters."),
    ],
)
def test_a_refusal_is_a_result(server: AwsServer, model: str, words: str) -> None:
    images = open_model(server, model)
    server.plan(FILTERED, FILTERED)
    english = draw(images)
    other = draw(images, ImageRequest("ein kleiner Hund im Garten"))
    assert isinstance(english, ImageFiltered)
    assert isinstance(other, ImageFiltered)
    assert english.reason.startswith(words)
    assert "translate" not in english.reason
    assert other.reason == f"{english.reason} (the prompt is not English: translate it first)"


def test_throttling_passes_and_is_not_hidden(server: AwsServer) -> None:
    images = open_model(server, TITAN)
    server.plan(*[Fault("ThrottlingException", "Too many requests")] * 2)
    for _ in range(2):
        with pytest.raises(BackendError, match="Too many requests") as caught:
            draw(images)
        assert caught.value.retryable
    assert isinstance(draw(images), ImageMade)
    assert len(server.calls) == 3


@pytest.mark.parametrize(
    ("step", "words", "retryable"),
    [
        (CUT, "the picture may have been drawn and paid for", False),
        (Reply(b"<html>"), "is not JSON", False),
        (Reply(b'{"images": ["?"]}'), "the answer holds no picture", False),
        (Reply(b"{}"), "the answer holds no picture", False),
    ],
)
def test_a_bad_answer_is_an_error_of_the_back_end(
    server: AwsServer, step: Step, words: str, retryable: bool
) -> None:
    images = open_model(server, TITAN)
    server.plan(step)
    with pytest.raises(BackendError, match=words) as caught:
        draw(images)
    assert caught.value.retryable is retryable
    assert isinstance(draw(images), ImageMade)


def test_a_silent_service_is_left(server: AwsServer) -> None:
    client = open_client("bedrock-runtime", environ=server.environ, timeout=0.2)
    server.plan(Delay(30.0))
    with pytest.raises(BackendError, match=r"Read timeout.* drawn and paid for") as caught:
        draw(Bedrock(TITAN, client))
    assert not caught.value.retryable
    assert caught.value.hint == "bozzetto jobs retry asks for it again"


def test_drawing_may_take_longer_than_the_timeout_of_other_calls(server: AwsServer) -> None:
    images = open_model(server, TITAN, timeout=0.1)
    server.plan(Delay(0.4))
    assert isinstance(draw(images), ImageMade)


def test_a_service_that_is_not_there_is_asked_again(server: AwsServer) -> None:
    environ = {**server.environ, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": "http://127.0.0.1:9"}
    with pytest.raises(BackendError, match="Could not connect") as caught:
        draw(open_images(TITAN, environ=environ, timeout=1.0))
    assert caught.value.retryable


def test_a_model_at_its_end_is_named_with_where_others_are(server: AwsServer) -> None:
    with pytest.raises(SetupError) as caught:
        draw(open_model(server, "stability.stable-diffusion-xl-v0"))
    assert caught.value.message == (
        "Amazon Bedrock knows nothing of the model 'stability.stable-diffusion-xl-v0' in this "
        "account and region: This model version has reached the end of its life. Please refer to "
        "the AWS documentation for more details."
    )
    assert "aws bedrock list-foundation-models" in (caught.value.hint or "")


def test_what_can_never_be_met_is_said_before_anything_is_asked(server: AwsServer) -> None:
    with pytest.raises(InputError, match="512 at most"):
        draw(open_model(server, TITAN), ImageRequest("x" * 513))
    assert server.calls == []


def test_a_call_under_way_can_be_left(server: AwsServer) -> None:
    images = open_model(server, TITAN)
    server.plan(Delay(30.0))

    async def leave() -> None:
        stream: AsyncGenerator[ImageEvent] = images.stream(PLAIN)
        await anext(stream)
        waiting = asyncio.ensure_future(anext(stream))
        while not server.calls:
            await asyncio.sleep(0.005)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await stream.aclose()

    start = time.monotonic()
    asyncio.run(leave())
    assert time.monotonic() - start < 15
    assert isinstance(draw(images), ImageMade)


@pytest.mark.parametrize("rest", ["", "  "])
def test_a_model_must_be_named(rest: str) -> None:
    with pytest.raises(SetupError, match="no model is named") as caught:
        open_images(rest, environ={}, timeout=1.0)
    assert "bedrock:MODEL-ID" in (caught.value.hint or "")


def test_a_model_of_another_kind_is_refused_at_once() -> None:
    with pytest.raises(InputError, match=r"anthropic\.claude-3"):
        open_images("anthropic.claude-3", environ={}, timeout=1.0)
