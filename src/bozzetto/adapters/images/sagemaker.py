"""Pictures by Stable Diffusion endpoints of SageMaker JumpStart: one InvokeEndpoint a picture.

`rest` is an endpoint's name: the diffusers containers (`model-txt2img-...`). "sdxl@" before it
is for Stability's own container (`model-imagegeneration-stabilityai-...`). Bodies as in Amazon's
JumpStart notebooks, "Text to Image" and "Image Generation".
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.aws import ENDPOINT_NAME, ask, in_thread, json_object, open_client, read_body
from bozzetto.adapters.aws_errors import Asked, line
from bozzetto.adapters.images.fitting import (
    Notes,
    Size,
    check_text,
    decode,
    fit_sampler,
    fit_seed,
    leave_out,
    wanted_size,
)
from bozzetto.adapters.paid import silence
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ImageFeatures
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

__all__ = ["SHAPES", "SageMaker", "Shape", "body", "open_images", "read"]

TITLE = "Amazon SageMaker"
LONGEST = 20_000
"""Characters of a prompt: no limit is documented, but a request has one."""

_LISTING = "endpoints: aws sagemaker list-endpoints; AWS_REGION chooses the region"
_ACCESS = "the credentials need the permission sagemaker:InvokeEndpoint for it"
_STEP = 8  # sides are multiples of 8 pixels
_LARGEST = 4096
_PIXELS = _LARGEST * _LARGEST

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What one container takes. `least` is the shortest side, in pixels."""

    accept: str
    least: int
    seeds: tuple[int, int]
    make: Callable[[ImageRequest, Effective, Notes], tuple[Body, Effective]]


def body(request: ImageRequest, shape: Shape, endpoint: str) -> tuple[Body, Effective]:
    """The body of a request, and what of the request it carries.

    Raises:
        InputError: a prompt is empty or too long, a size, steps or guidance are none.
    """
    negative = (request.negative or "").strip() or None
    check_text(request.prompt, "prompt", LONGEST, endpoint)
    if negative:
        check_text(negative, "negative prompt", LONGEST, endpoint)
    _check_numbers(request)
    notes: Notes = []
    width, height = _fit_size(wanted_size(request), shape.least, notes) or (None, None)
    effective = Effective(
        prompt=request.prompt,
        negative=negative,
        seed=fit_seed(request.seed, *shape.seeds, notes),
        steps=request.steps,
        guidance=request.guidance,
        width=width,
        height=height,
        model=endpoint,
    )
    if request.model not in (None, endpoint):
        notes.append(f"the endpoint {endpoint} has one model, and it is not chosen by name")
    made, effective = shape.make(request, effective, notes)
    known = {name: value for name, value in made.items() if value is not None}
    return known, replace(effective, notes=tuple(notes))


def _check_numbers(request: ImageRequest) -> None:
    if request.steps is not None and request.steps < 1:
        raise InputError(f"{request.steps} steps cannot be made")
    if request.guidance is not None and not math.isfinite(request.guidance):
        raise InputError(f"{request.guidance} is no guidance")


def _fit_size(wanted: Size | None, least: int, notes: Notes) -> Size | None:
    if wanted is None:
        return None
    width, height = (min(_LARGEST, max(least, round(side / _STEP) * _STEP)) for side in wanted)
    if (width, height) != wanted:
        notes.append(
            f"{wanted[0]}x{wanted[1]} became {width}x{height}: sides are multiples of {_STEP} "
            f"from {least} to {_LARGEST}"
        )
    return width, height


def _diffusers(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    leave_out(request.sampler, "sampler", notes)
    if base.negative and base.guidance is not None and base.guidance <= 1:
        notes.append("without guidance (1 or less) the negative prompt counts for nothing")
    made: Body = {
        "prompt": base.prompt,
        "negative_prompt": base.negative,
        "width": base.width,
        "height": base.height,
        "num_inference_steps": base.steps,
        "guidance_scale": base.guidance,
        "num_images_per_prompt": 1,
        "seed": base.seed,
    }
    return made, base


_SAMPLERS = {
    "dpmpp2m": "DPMPP2MSampler",
    "dpmpp2sa": "DPMPP2SAncestralSampler",
    "euler": "EulerEDMSampler",
    "eulera": "EulerAncestralSampler",
    "heun": "HeunEDMSampler",
    "lms": "LinearMultistepSampler",
}


def _sdxl(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    texts: list[Body] = [{"text": base.prompt, "weight": 1.0}]
    if base.negative:
        texts.append({"text": base.negative, "weight": -1.0})
    sampler = fit_sampler(request.sampler, _SAMPLERS, notes)
    made: Body = {
        "text_prompts": texts,
        "width": base.width,
        "height": base.height,
        "sampler": sampler,
        "cfg_scale": base.guidance,
        "steps": base.steps,
        "seed": base.seed,
    }
    return made, replace(base, sampler=sampler)


SHAPES = {
    "": Shape("application/json;jpeg", _STEP, (0, 4_294_967_295), _diffusers),
    # "larger than 256x256"; 0 asks for a random seed
    "sdxl": Shape("application/json", 264, (1, 4_294_967_295), _sdxl),
}
"""What stands before "@", and the container it means."""


def read(answer: Mapping[str, Any]) -> bytes | ImageFiltered:
    """The picture's file: base64, or nested lists of red, green and blue, 0-255, as a PNG.

    Raises:
        BackendError: there is none, or its lists are no picture.
    """
    artifact = _first(answer.get("artifacts"))
    if isinstance(artifact, Mapping):
        reason = str(artifact.get("finishReason", "SUCCESS"))
        if reason == "CONTENT_FILTERED":
            return ImageFiltered(line(reason))
        if reason != "SUCCESS":
            raise BackendError(f"{TITLE}: the model ended with {line(reason)}", retryable=True)
        return decode(artifact.get("base64"), TITLE)
    found = answer.get("generated_image") or _first(answer.get("generated_images"))
    return _from_pixels(found) if isinstance(found, list) else decode(found, TITLE)


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None


def _from_pixels(rows: list[Any]) -> bytes:
    import numpy as np
    from PIL import Image

    try:
        pixels = np.array(rows)
    except (ValueError, OverflowError, TypeError):
        pixels = np.empty(0)
    fits = pixels.ndim == 3 and pixels.shape[2] == 3 and pixels.dtype.kind in "iuf"
    if not fits or not 0 < pixels.size <= 3 * _PIXELS or not _are_bytes(pixels):
        raise BackendError(f"{TITLE}: the answer's lists of pixels are no picture")
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _are_bytes(pixels: Any) -> bool:  # noqa: ANN401 - an array of any number type
    return bool(pixels.min() >= 0 and pixels.max() <= 255)


class SageMaker:
    """An image generator behind an endpoint of SageMaker."""

    def __init__(self, name: str, endpoint: str, shape: Shape, client: Any) -> None:  # noqa: ANN401
        self._name = name
        self._endpoint = endpoint
        self._shape = shape
        self._client = client
        self._asked = Asked(TITLE, f"the endpoint {endpoint!r}", _LISTING, _ACCESS, paid=True)

    @property
    def features(self) -> ImageFeatures:
        """What the generator is; an endpoint works on one picture at a time."""
        return ImageFeatures(name=f"sagemaker:{self._name}")

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Make one picture; left early, the endpoint ends it by itself and nobody hears of it."""
        return self._stream(request)

    async def aclose(self) -> None:
        """Let go of idle connections; a later call opens its own."""
        self._client.close()

    async def _stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        made, effective = body(request, self._shape, self._endpoint)
        yield ImageProgress(0.0)
        answer = await in_thread(lambda: self._ask(made))
        if isinstance(answer, ImageFiltered):
            yield answer
        else:
            yield ImageMade(answer, effective)

    def _ask(self, made: Body) -> bytes | ImageFiltered:
        data = ask(lambda: self._invoke(made), self._asked)
        return read(json_object(data, self._asked))

    def _invoke(self, made: Body) -> bytes:
        answer = self._client.invoke_endpoint(
            EndpointName=self._endpoint,
            Body=json.dumps(made).encode(),
            ContentType="application/json",
            Accept=self._shape.accept,
        )
        return read_body(answer["Body"], self._asked)


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> SageMaker:
    """Open an endpoint. `timeout` is how long it may stay silent, at least 300 seconds.

    Raises:
        SetupError: no endpoint is named, no region or no credentials are found.
        MissingExtraError: boto3 is not installed.
        InputError: what stands before "@" or behind it is not known.
    """
    name = rest.strip()
    kind, _, endpoint = name.rpartition("@")
    if not endpoint:
        raise SetupError("sagemaker: no endpoint is named", hint=f"sagemaker:NAME; {_LISTING}")
    if kind not in SHAPES:
        raise InputError(
            f"sagemaker: {kind!r} is no container that is known",
            hint="sagemaker:NAME for the diffusers containers, sagemaker:sdxl@NAME for Stability's",
        )
    if not ENDPOINT_NAME.fullmatch(endpoint):
        raise InputError(f"sagemaker: {endpoint!r} is no endpoint's name", hint=_LISTING)
    client = open_client("sagemaker-runtime", environ=environ, timeout=silence(timeout))
    return SageMaker(name, endpoint, SHAPES[kind], client)
