"""Stability's own API: Stable Image Core and Ultra, and the Stable Diffusion 3.5 models.

`rest` is "core", "ultra" or a model of Stable Diffusion 3 ("sd3.5-large"), optionally followed
by "@" and another address. POST /v2beta/stable-image/generate/..., documented at
https://platform.stability.ai/docs/api-reference.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint, said_by
from bozzetto.adapters.http import read_object, refusal
from bozzetto.adapters.images.fitting import (
    Notes,
    check_text,
    fit_number,
    fit_seed,
    leave_out,
    nearest,
    wanted_size,
)
from bozzetto.adapters.images.http import call, decode_picture, open_client
from bozzetto.adapters.paid import silence
from bozzetto.errors import BackendError
from bozzetto.ports import ImageFeatures
from bozzetto.types import (
    Effective,
    ImageEvent,
    ImageFiltered,
    ImageMade,
    ImageProgress,
    ImageRequest,
)

__all__ = ["SERVICE", "SHAPES", "Stability", "open_images"]

SERVICE = Service(
    "Stability", "https://api.stability.ai", "STABILITY_BASE_URL", "STABILITY_API_KEY", True
)

SHAPES = ("1:1", "16:9", "9:16", "21:9", "9:21", "3:2", "2:3", "5:4", "4:5")
"""What can be asked for in place of a size."""

_RATIOS = {
    (int(wide) / int(high), 1.0): f"{wide}:{high}"
    for wide, high in (shape.split(":") for shape in SHAPES)
}

LAST_SEED = 4_294_967_294
LONGEST = 10_000
"""Characters of a prompt and of a negative prompt."""

_WORDS = {
    "negative": "negative prompt",
    "steps": "number of steps",
    "guidance": "guidance",
    "sampler": "sampler",
}


@dataclass(frozen=True, slots=True)
class _Engine:
    """What differs from model to model: the path, the fields, what it cannot take."""

    path: str
    fields: Mapping[str, str]
    lacks: tuple[str, ...]


def _engine(model: str) -> _Engine:
    if model in ("core", "ultra"):
        return _Engine(model, {}, ("steps", "guidance", "sampler"))
    turbo = ("negative",) if "turbo" in model else ()
    return _Engine("sd3", {"model": model, "mode": "text-to-image"}, ("steps", "sampler", *turbo))


class Stability:
    """Pictures of one of Stability's models."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        negative = "negative" not in _engine(endpoint.model).lacks
        self._features = ImageFeatures(name=name, negative=negative, parallel=4)
        self._endpoint = endpoint

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return self._features

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Make one picture; leaving early hangs up."""
        return _stream(self._endpoint, request)

    async def aclose(self) -> None:
        """Nothing is held between calls."""


async def _stream(endpoint: Endpoint, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
    model = request.model or endpoint.model
    engine, notes = _engine(model), Notes()
    form = _form(request, model, engine, notes)
    yield ImageProgress(0.0)
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    async with open_client(endpoint, headers) as client:
        path = f"/v2beta/stable-image/generate/{engine.path}"
        answer = await call(client, endpoint, "POST", path, form=form, paid=True)
    if answer.status == 403 and "content_moderation" in answer.text:
        yield ImageFiltered(said_by(endpoint, answer.text).removeprefix(": ") or "moderated")
        return
    if answer.status != 200:
        raise refusal(endpoint, answer, model)
    yield _end(endpoint, read_object(endpoint, answer), _effective(model, form, notes))


def _form(request: ImageRequest, model: str, engine: _Engine, notes: Notes) -> dict[str, str]:
    """The parts of the form: what was asked for and can be had."""
    check_text(request.prompt, "prompt", LONGEST, model)
    if request.negative:
        check_text(request.negative, "negative prompt", LONGEST, model)
    for field in engine.lacks:
        leave_out(getattr(request, field) or None, _WORDS[field], notes)
    form = {"prompt": request.prompt, "output_format": "png", **engine.fields}
    # There 0 means any seed; wrapped round, neighbours stay different.
    form["seed"] = str(fit_seed(request.seed, 1, LAST_SEED, notes))
    size = wanted_size(request)
    if size:
        form["aspect_ratio"] = _RATIOS[nearest((size[0] / size[1], 1.0), list(_RATIOS))]
        notes.append(f"{size[0]}x{size[1]} became the shape {form['aspect_ratio']}")
    if request.negative and "negative" not in engine.lacks:
        form["negative_prompt"] = request.negative
    if request.guidance is not None and "guidance" not in engine.lacks:
        form["cfg_scale"] = f"{fit_number(request.guidance, 1.0, 10.0, 'guidance', notes):g}"
    return form


def _effective(model: str, form: Mapping[str, str], notes: Notes) -> Effective:
    guidance = form.get("cfg_scale")
    return Effective(
        prompt=form["prompt"],
        negative=form.get("negative_prompt"),
        seed=int(form["seed"]),
        guidance=float(guidance) if guidance else None,
        model=model,
        notes=tuple(notes),
    )


def _end(endpoint: Endpoint, found: Mapping[str, Any], effective: Effective) -> ImageEvent:
    reason, seed = found.get("finish_reason", "SUCCESS"), found.get("seed")
    if reason == "CONTENT_FILTERED":
        return ImageFiltered("the picture was filtered (CONTENT_FILTERED)")
    if reason != "SUCCESS":
        said = said_by(endpoint, str(reason))
        raise BackendError(f"{endpoint.place} made no picture{said}", retryable=True)
    if type(seed) is int and 0 <= seed <= LAST_SEED:
        effective = replace(effective, seed=seed)
    return ImageMade(decode_picture(endpoint, found.get("image")), effective)


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> Stability:
    """Open a model. `timeout` is how long the server may stay silent, at least 300 seconds.

    Raises:
        SetupError: no model is named, the key is missing, or the address is none.
    """
    endpoint = open_endpoint("stability", SERVICE, rest, environ=environ, timeout=silence(timeout))
    return Stability(f"stability:{rest.strip()}", endpoint)
