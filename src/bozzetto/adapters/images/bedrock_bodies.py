"""Bodies of Amazon Bedrock's picture models: each family a row, chosen by the model's id.

Shapes and limits as in the Bedrock user guide ("Inference request parameters and response
fields") and the Amazon Nova user guide; ids are the user's, never ours.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.aws_errors import line
from bozzetto.adapters.images.fitting import (
    Notes,
    Size,
    check_text,
    decode,
    fit_number,
    fit_sampler,
    fit_seed,
    leave_out,
    nearest,
    wanted_size,
)
from bozzetto.errors import BackendError, InputError
from bozzetto.text.language import detect
from bozzetto.types import Effective, ImageFiltered, ImageRequest

__all__ = [
    "BLOCKED",
    "FAMILIES",
    "Drawn",
    "Family",
    "body",
    "family_of",
    "read",
    "refusal",
]

Body = dict[str, Any]
Answer = Mapping[str, Any]

TITLE = "Amazon Bedrock"

BLOCKED = re.compile("content filter|responsible ai|blocked by", re.IGNORECASE)
"""What the words of a refusal hold, in `error` or in a ValidationException."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture's file, and the seed that made it where the model tells."""

    data: bytes
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Family:
    """Models that share a body. `limit` counts characters of a prompt and of a negative one.

    `seeds` is the range of seeds, inclusive, less those that mean "choose one".
    """

    name: str
    ids: re.Pattern[str]
    limit: int
    seeds: tuple[int, int]
    make: Callable[[ImageRequest, Effective, Notes], tuple[Body, Effective]]
    read: Callable[[Answer], Drawn | str]


def family_of(model: str) -> Family:
    """The family of a model's id, inference profile or ARN that carries the id.

    Raises:
        InputError: none is known.
    """
    for family in FAMILIES:
        if family.ids.search(model):
            return family
    hidden = " (an ARN must carry the model's id)" if model.startswith("arn:") else ""
    raise InputError(
        f"bedrock: {model!r} is of no family whose requests are known{hidden}",
        hint=f"known are {', '.join(family.name for family in FAMILIES)}",
    )


def body(request: ImageRequest, model: str) -> tuple[Body, Effective]:
    """The body of a request to a model, and what of the request it carries.

    Raises:
        InputError: the family is not known, a prompt is empty or too long, a size is none.
    """
    family = family_of(model)
    negative = (request.negative or "").strip() or None
    check_text(request.prompt, "prompt", family.limit, model)
    if negative:
        check_text(negative, "negative prompt", family.limit, model)
    notes: Notes = []
    effective = Effective(
        prompt=request.prompt,
        negative=negative,
        seed=fit_seed(request.seed, *family.seeds, notes),
        model=model,
    )
    if request.model not in (None, model):
        notes.append(f"the model is {model}, as the back end's name says, not {request.model}")
    made, effective = family.make(request, effective, notes)
    return made, replace(effective, notes=tuple(notes))


def read(answer: Answer, model: str, prompt: str) -> Drawn | ImageFiltered:
    """The picture of an answer, or the refusal.

    Raises:
        BackendError: it holds neither, or says that the model failed.
    """
    found = family_of(model).read(answer)
    return refusal(found, prompt) if isinstance(found, str) else found


def refusal(words: str, prompt: str) -> ImageFiltered:
    """A refusal in the service's words; prompts that are not English are often refused for that."""
    if detect(prompt) in ("en", "und"):
        return ImageFiltered(line(words))
    return ImageFiltered(f"{line(words)} (the prompt is not English: translate it first)")


# Stable Diffusion XL 1.0

_SDXL_SIZES = (
    (1024, 1024), (1152, 896), (1216, 832), (1344, 768), (1536, 640),
    (640, 1536), (768, 1344), (832, 1216), (896, 1152),
)  # fmt: skip
_SDXL_SAMPLERS = {
    "ddim": "DDIM",
    "ddpm": "DDPM",
    "dpmpp2m": "K_DPMPP_2M",
    "dpmpp2sa": "K_DPMPP_2S_ANCESTRAL",
    "dpm2": "K_DPM_2",
    "dpm2a": "K_DPM_2_ANCESTRAL",
    "euler": "K_EULER",
    "eulera": "K_EULER_ANCESTRAL",
    "heun": "K_HEUN",
    "lms": "K_LMS",
}
_SDXL_GUIDANCE = (0.0, 35.0)
_SDXL_STEPS = (10, 50)


def _sdxl(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    texts: list[Body] = [{"text": base.prompt, "weight": 1.0}]
    if base.negative:
        texts.append({"text": base.negative, "weight": -1.0})
    made: Body = {"text_prompts": texts, "samples": 1, "seed": base.seed}
    guidance = _guidance(request, _SDXL_GUIDANCE, notes)
    steps = _steps(request, _SDXL_STEPS, notes)
    sampler = fit_sampler(request.sampler, _SDXL_SAMPLERS, notes)
    size = _from_table(request, _SDXL_SIZES, notes)
    width, height = size or (None, None)
    wanted = {
        "cfg_scale": guidance, "steps": steps, "sampler": sampler,
        "width": width, "height": height,
    }  # fmt: skip
    made |= {name: value for name, value in wanted.items() if value is not None}
    return made, replace(
        base, guidance=guidance, steps=steps, sampler=sampler, width=width, height=height
    )


def _read_sdxl(answer: Answer) -> Drawn | str:
    artifact = _first(answer.get("artifacts"))
    if not isinstance(artifact, Mapping):
        raise BackendError(f"{TITLE}: the answer holds no picture")
    reason = str(artifact.get("finishReason", "SUCCESS"))
    if reason == "CONTENT_FILTERED":
        return reason
    if reason != "SUCCESS":
        raise BackendError(f"{TITLE}: the model ended with {line(reason)}", retryable=True)
    return Drawn(decode(artifact.get("base64"), TITLE), _seed(artifact.get("seed")))


# Stable Diffusion 3 and 3.5, Stable Image Core and Ultra

_SHAPES = ((16, 9), (1, 1), (21, 9), (2, 3), (3, 2), (4, 5), (5, 4), (9, 16), (9, 21))


def _stable(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    made: Body = {"prompt": base.prompt, "seed": base.seed, "output_format": "png"}
    if base.negative:
        made["negative_prompt"] = base.negative
    wanted = wanted_size(request)
    if wanted:
        made["aspect_ratio"] = ratio = _RATIOS[nearest(_area_of_one(wanted), list(_RATIOS))]
        notes.append(
            f"{wanted[0]}x{wanted[1]} became {ratio}: this model takes a shape, not a size"
        )
    for value, what in (
        (request.steps, "steps"), (request.guidance, "guidance"), (request.sampler, "sampler"),
    ):  # fmt: skip
        leave_out(value, what, notes)
    return made, base


def _area_of_one(size: Size) -> tuple[float, float]:
    """A shape as a size of area 1."""
    root = math.sqrt(size[0] * size[1])
    return size[0] / root, size[1] / root


_RATIOS = {_area_of_one(shape): f"{shape[0]}:{shape[1]}" for shape in _SHAPES}


def _read_stable(answer: Answer) -> Drawn | str:
    reason = _first(answer.get("finish_reasons"))
    if isinstance(reason, str) and "filter" in reason.lower():
        return reason
    if reason is not None:
        raise BackendError(f"{TITLE}: the model ended with {line(reason)}", retryable=True)
    return Drawn(decode(_first(answer.get("images")), TITLE), _seed(_first(answer.get("seeds"))))


# Titan Image and Nova Canvas

_TITAN_SIZES = (
    (1024, 1024), (768, 768), (512, 512), (768, 1152), (384, 576), (1152, 768), (576, 384),
    (768, 1280), (384, 640), (1280, 768), (640, 384), (896, 1152), (448, 576), (1152, 896),
    (576, 448), (768, 1408), (384, 704), (1408, 768), (704, 384), (640, 1408), (320, 704),
    (1408, 640), (704, 320), (1152, 640), (1173, 640),
)  # fmt: skip
_AMAZON_GUIDANCE = (1.1, 10.0)
_CANVAS_SIDES = (320, 4096)
_CANVAS_STEP = 16
_CANVAS_AREA = 4_194_303  # "less than 4,194,304"
_CANVAS_RATIO = 4


def _titan(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    return _amazon(request, base, _from_table(request, _TITAN_SIZES, notes), notes)


def _canvas(request: ImageRequest, base: Effective, notes: Notes) -> tuple[Body, Effective]:
    wanted = wanted_size(request)
    size = _canvas_size(*wanted) if wanted else None
    _note_size(wanted, size, notes)
    return _amazon(request, base, size, notes)


def _canvas_size(width: float, height: float) -> Size:
    """Sides of 320 to 4096 in steps of 16, at most 1:4, under 4,194,304 pixels."""
    width, height = min(width, _CANVAS_RATIO * height), min(height, _CANVAS_RATIO * width)
    grow = max(1.0, _CANVAS_SIDES[0] / min(width, height))
    width, height = width * grow, height * grow
    shrink = min(
        1.0, math.sqrt(_CANVAS_AREA / (width * height)), _CANVAS_SIDES[1] / max(width, height)
    )
    sides = [
        max(_CANVAS_SIDES[0], int(side * shrink + 1e-6) // _CANVAS_STEP * _CANVAS_STEP)
        for side in (width, height)
    ]
    return min(sides[0], _CANVAS_RATIO * sides[1]), min(sides[1], _CANVAS_RATIO * sides[0])


def _amazon(
    request: ImageRequest, base: Effective, size: Size | None, notes: Notes
) -> tuple[Body, Effective]:
    texts = {"text": base.prompt, **({"negativeText": base.negative} if base.negative else {})}
    settings: Body = {"numberOfImages": 1, "seed": base.seed}
    guidance = _guidance(request, _AMAZON_GUIDANCE, notes)
    width, height = size or (None, None)
    wanted = {"cfgScale": guidance, "width": width, "height": height}
    settings |= {name: value for name, value in wanted.items() if value is not None}
    leave_out(request.steps, "steps", notes)
    leave_out(request.sampler, "sampler", notes)
    made = {
        "taskType": "TEXT_IMAGE",
        "textToImageParams": texts,
        "imageGenerationConfig": settings,
    }
    return made, replace(base, guidance=guidance, width=width, height=height)


def _read_amazon(answer: Answer) -> Drawn | str:
    picture, error = _first(answer.get("images")), answer.get("error")
    if picture is None and error:
        if BLOCKED.search(str(error)):
            return str(error)
        raise BackendError(f"{TITLE}: {line(error)}", retryable=True)
    return Drawn(decode(picture, TITLE))


# What several of them need


def _guidance(request: ImageRequest, limits: tuple[float, float], notes: Notes) -> float | None:
    if request.guidance is None:
        return None
    return fit_number(request.guidance, *limits, "guidance", notes)


def _steps(request: ImageRequest, limits: tuple[int, int], notes: Notes) -> int | None:
    if request.steps is None:
        return None
    return int(fit_number(request.steps, *limits, "steps", notes))


def _from_table(request: ImageRequest, sizes: tuple[Size, ...], notes: Notes) -> Size | None:
    wanted = wanted_size(request)
    size = nearest(wanted, sizes) if wanted else None
    _note_size(wanted, size, notes)
    return size


def _note_size(wanted: Size | None, size: Size | None, notes: Notes) -> None:
    if wanted and size and wanted != size:
        notes.append(
            f"{wanted[0]}x{wanted[1]} became {size[0]}x{size[1]}, the nearest this model makes"
        )


def _first(values: object) -> object:
    return values[0] if isinstance(values, list) and values else None


def _seed(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _ids(pattern: str) -> re.Pattern[str]:
    """At the id's start, behind a profile's region ("us.") or a path of an ARN."""
    return re.compile(rf"(?:^|[./]){pattern}")


# A seed of 0 asks Stability's models for a random one: it is left out of their ranges.
FAMILIES: tuple[Family, ...] = (
    Family(
        "stability.stable-diffusion-xl*", _ids(r"stability\.stable-diffusion-xl"),
        2000, (1, 4_294_967_295), _sdxl, _read_sdxl,
    ),
    Family(
        "stability.sd3*", _ids(r"stability\.sd3"),
        10_000, (1, 4_294_967_294), _stable, _read_stable,
    ),
    Family(
        "stability.stable-image-core*, stability.stable-image-ultra*",
        _ids(r"stability\.stable-image-(?:core|ultra)"),
        10_000, (1, 4_294_967_294), _stable, _read_stable,
    ),
    Family(
        "amazon.titan-image*", _ids(r"amazon\.titan-image"),
        512, (0, 2_147_483_646), _titan, _read_amazon,
    ),
    Family(
        "amazon.nova-canvas*", _ids(r"amazon\.nova-canvas"),
        1024, (0, 858_993_459), _canvas, _read_amazon,
    ),
)  # fmt: skip
"""Every family that is known; the first whose pattern fits counts."""
