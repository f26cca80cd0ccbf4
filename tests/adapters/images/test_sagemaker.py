"""JumpStart's Stable Diffusion endpoints by boto3's client against a loopback server."""

from __future__ import annotations

import asyncio
import base64
import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bozzetto.adapters.aws import open_client
from bozzetto.adapters.images.sagemaker import SHAPES, SageMaker, body, open_images, read
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ImageFeatures
from bozzetto.testing.aws_rules import endpoint_rule
from bozzetto.testing.aws_server import CUT, AwsServer, Delay, Fault, Reply, Step
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import Effective, ImageEvent, ImageFiltered, ImageMade, ImageRequest

FULL = ImageRequest(
    prompt="a small dog",
    negative="cat",
    seed=7,
    steps=30,
    guidance=7.0,
    sampler="DPM++ 2M",
    width=768,
    height=512,
)


@pytest.fixture(autouse=True)
def aws(require: Callable[[str], object]) -> None:
    require("aws")


@pytest.fixture
def server() -> Iterator[AwsServer]:
    with AwsServer(gone=("gone",)) as running:
        yield running


def open_endpoint(server: AwsServer, rest: str = "jumpstart", timeout: float = 20.0) -> SageMaker:
    return open_images(rest, environ=server.environ, timeout=timeout)


def draw(images: SageMaker, request: ImageRequest = PLAIN) -> ImageEvent:
    return asyncio.run(collect(images, request))[-1]


# Bodies


def test_the_diffusers_containers_take() -> None:
    made, effective = body(FULL, SHAPES[""], "jumpstart")
    assert made == {
        "prompt": "a small dog",
        "negative_prompt": "cat",
        "width": 768,
        "height": 512,
        "num_inference_steps": 30,
        "guidance_scale": 7.0,
        "num_images_per_prompt": 1,
        "seed": 7,
    }
    assert effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        steps=30,
        guidance=7.0,
        width=768,
        height=512,
        model="jumpstart",
        notes=("this model takes no sampler",),
    )


def test_stabilitys_container_takes() -> None:
    made, effective = body(FULL, SHAPES["sdxl"], "jumpstart")
    assert made == {
        "text_prompts": [{"text": "a small dog", "weight": 1.0}, {"text": "cat", "weight": -1.0}],
        "width": 768,
        "height": 512,
        "sampler": "DPMPP2MSampler",
        "cfg_scale": 7.0,
        "steps": 30,
        "seed": 7,
    }
    assert effective.sampler == "DPMPP2MSampler"
    assert effective.notes == ()


@pytest.mark.parametrize("kind", ["", "sdxl"])
def test_what_is_not_asked_is_left_to_the_endpoint(kind: str) -> None:
    made, effective = body(ImageRequest("a dog", seed=1), SHAPES[kind], "jumpstart")
    assert set(made) <= {"prompt", "text_prompts", "num_images_per_prompt", "seed"}
    assert effective == Effective(prompt="a dog", seed=1, model="jumpstart")


@pytest.mark.parametrize(
    ("kind", "wanted", "made"),
    [
        ("", (500, 509), (496, 512)),
        ("", (3, 9000), (8, 4096)),
        ("sdxl", (256, 1024), (264, 1024)),
    ],
)
def test_sides_are_multiples_of_eight(
    kind: str, wanted: tuple[int, int], made: tuple[int, int]
) -> None:
    request = ImageRequest("a dog", seed=1, width=wanted[0], height=wanted[1])
    _, effective = body(request, SHAPES[kind], "jumpstart")
    assert (effective.width, effective.height) == made
    least = SHAPES[kind].least
    assert effective.notes == (
        f"{wanted[0]}x{wanted[1]} became {made[0]}x{made[1]}: sides are multiples of 8 from "
        f"{least} to 4096",
    )


def test_a_negative_prompt_without_guidance_is_warned_of() -> None:
    _, effective = body(ImageRequest("a dog", negative="cat", guidance=1.0), SHAPES[""], "e")
    assert effective.notes == (
        "without guidance (1 or less) the negative prompt counts for nothing",
    )


def test_another_model_than_the_endpoints_is_said() -> None:
    _, effective = body(ImageRequest("a dog", model="sdxl"), SHAPES[""], "e")
    assert effective.notes == ("the endpoint e has one model, and it is not chosen by name",)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (ImageRequest(""), "the prompt is empty"),
        (ImageRequest("x" * 20_001), "20001 characters"),
        (ImageRequest("x", negative="y" * 20_001), "the negative prompt has 20001"),
        (ImageRequest("x", steps=0), "0 steps"),
        (ImageRequest("x", guidance=float("nan")), "nan is no guidance"),
        (ImageRequest("x", width=0, height=8), "0x8 is no size"),
    ],
)
def test_what_cannot_be_met_is_refused(request_: ImageRequest, words: str) -> None:
    with pytest.raises(InputError, match=words):
        body(request_, SHAPES[""], "e")


sides = st.none() | st.integers(1, 100_000)
requests = st.builds(
    ImageRequest,
    prompt=st.text(min_size=1, max_size=50).filter(str.strip),
    negative=st.none() | st.text(max_size=50),
    seed=st.integers(-(1 << 70), 1 << 70),
    steps=st.none() | st.integers(1, 1000),
    guidance=st.none() | st.floats(-100, 100),
    sampler=st.none() | st.text(max_size=20) | st.sampled_from(["Euler a", "DPM++ 2M Karras"]),
    width=sides,
    height=sides,
)


@given(requests, st.sampled_from(["", "sdxl"]))
def test_every_body_is_valid(request: ImageRequest, kind: str) -> None:
    made, _ = body(request, SHAPES[kind], "jumpstart")
    sent = json.loads(json.dumps(made, allow_nan=False))
    assert endpoint_rule(f"jumpstart-{kind}").problem(sent) is None


# Answers

PICTURE = base64.b64encode(b"a picture").decode()


@pytest.mark.parametrize(
    "answer",
    [
        {"generated_images": [PICTURE], "prompt": "a dog"},
        {"generated_image": PICTURE},
        {"artifacts": [{"base64": PICTURE, "finishReason": "SUCCESS"}]},
    ],
)
def test_pictures_are_read(answer: dict[str, Any]) -> None:
    assert read(answer) == b"a picture"


@pytest.mark.parametrize("name", ["generated_image", "generated_images"])
def test_lists_of_pixels_become_a_file(name: str) -> None:
    rows = [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [1, 2, 3]], [[4, 5, 6], [7, 8, 9]]]
    data = read({name: [rows] if name.endswith("s") else rows})
    assert isinstance(data, bytes)
    with Image.open(io.BytesIO(data)) as found:
        assert (found.size, found.format) == ((2, 3), "PNG")
        assert list(found.tobytes()) == [value for row in rows for pixel in row for value in pixel]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({}, "no picture"),
        ({"generated_image": "?"}, "no picture"),
        ({"generated_images": []}, "no picture"),
        ({"generated_images": [[]]}, "no picture"),
        ({"generated_images": [[[[1, 2]]]]}, "lists of pixels are no picture"),
        ({"generated_images": [[[[1, 2, 3]], [[1, 2, 3], [4, 5, 6]]]]}, "lists of pixels"),
        ({"generated_images": [[[[1, 2, 300]]]]}, "lists of pixels are no picture"),
        ({"generated_images": [[[[-1, 2, 3]]]]}, "lists of pixels are no picture"),
        ({"generated_images": [[[["a", "b", "c"]]]]}, "lists of pixels are no picture"),
        ({"generated_images": [[[[1, 2, 1 << 80]]]]}, "lists of pixels are no picture"),
        ({"artifacts": [{"finishReason": "ERROR"}]}, "ended with ERROR"),
    ],
)
def test_what_is_no_picture_is_an_error(answer: dict[str, Any], words: str) -> None:
    with pytest.raises(BackendError, match=words):
        read(answer)


def test_a_filtered_answer_is_a_refusal() -> None:
    answer = {"artifacts": [{"finishReason": "CONTENT_FILTERED", "base64": PICTURE}]}
    assert read(answer) == ImageFiltered("CONTENT_FILTERED")


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["artifacts", "generated_image", "generated_images"]), junk))
def test_junk_never_breaks_the_reader(answer: dict[str, Any]) -> None:
    try:
        found = read(answer)
    except BackendError:
        return
    assert isinstance(found, bytes | ImageFiltered)


# Calls


def test_features(server: AwsServer) -> None:
    assert open_endpoint(server, "sdxl@jumpstart-sdxl").features == ImageFeatures(
        name="sagemaker:sdxl@jumpstart-sdxl", seeds=True, negative=True, parallel=1, previews=False
    )


@pytest.mark.parametrize(
    ("rest", "endpoint", "accept", "kind"),
    [
        ("jumpstart", "jumpstart", "application/json;jpeg", "JPEG"),
        ("sdxl@jumpstart-sdxl", "jumpstart-sdxl", "application/json", "PNG"),
    ],
)
def test_a_picture_as_it_was_asked_for(
    server: AwsServer, rest: str, endpoint: str, accept: str, kind: str
) -> None:
    made = draw(open_endpoint(server, rest), FULL)
    assert isinstance(made, ImageMade)
    with Image.open(io.BytesIO(made.data)) as found:
        assert (found.size, found.format) == ((768, 512), kind)
    assert made.effective.seed == 7
    (call,) = server.calls
    assert (call.kind, call.name, call.headers["accept"]) == ("endpoint", endpoint, accept)
    assert "/sagemaker/aws4_request" in call.headers["authorization"]


def test_a_models_error_is_told_in_its_words(server: AwsServer) -> None:
    server.plan(
        Fault(
            "ModelError",
            'Received server error (500) from primary with message "long"',
            {"OriginalStatusCode": 500, "OriginalMessage": "CUDA out of memory"},
        )
    )
    with pytest.raises(BackendError) as caught:
        draw(open_endpoint(server))
    assert caught.value.message == (
        "Amazon SageMaker: the endpoint 'jumpstart' failed: CUDA out of memory"
    )
    assert (caught.value.status, caught.value.retryable) == (500, False)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ModelError", "busy", {"OriginalStatusCode": 503, "OriginalMessage": "busy"}),
        Fault("ServiceUnavailable", "busy"),
        Fault("InternalDependencyException", "busy"),
        Fault("ModelNotReadyException", "busy"),
    ],
)
def test_what_passes_may_be_tried_again(server: AwsServer, fault: Fault) -> None:
    images = open_endpoint(server)
    server.plan(fault)
    with pytest.raises(BackendError, match="busy") as caught:
        draw(images)
    assert caught.value.retryable
    assert isinstance(draw(images), ImageMade)


@pytest.mark.parametrize("step", [CUT, Reply(b"junk"), Reply(b"{}")])
def test_a_bad_answer_is_an_error_of_the_back_end(server: AwsServer, step: Step) -> None:
    images = open_endpoint(server)
    server.plan(step)
    with pytest.raises(BackendError, match="Amazon SageMaker: "):
        draw(images)
    assert isinstance(draw(images), ImageMade)


def test_a_silent_endpoint_is_left(server: AwsServer) -> None:
    server.plan(Delay(30.0))
    client = open_client("sagemaker-runtime", environ=server.environ, timeout=0.2)
    with pytest.raises(BackendError, match=r"Read timeout.* drawn and paid for") as caught:
        draw(SageMaker("jumpstart", "jumpstart", SHAPES[""], client))
    assert not caught.value.retryable


def test_drawing_may_take_longer_than_the_timeout_of_other_calls(server: AwsServer) -> None:
    server.plan(Delay(0.4))
    assert isinstance(draw(open_endpoint(server, timeout=0.1)), ImageMade)


def test_an_endpoint_that_is_not_there_is_named(server: AwsServer) -> None:
    with pytest.raises(SetupError, match="the endpoint 'gone'") as caught:
        draw(open_endpoint(server, "gone"))
    assert "aws sagemaker list-endpoints" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("rest", "kind", "words"),
    [
        ("", SetupError, "no endpoint is named"),
        ("sdxl@", SetupError, "no endpoint is named"),
        ("flux@name", InputError, "'flux' is no container"),
        ("my endpoint", InputError, "'my endpoint' is no endpoint's name"),
        ("-x", InputError, "'-x' is no endpoint's name"),
    ],
)
def test_what_opens_no_endpoint(rest: str, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        open_images(rest, environ={}, timeout=1.0)
