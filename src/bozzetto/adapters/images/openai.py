"""OpenAI's images and whatever else speaks that API: LocalAI, proxies, other clouds.

`rest` is a model's name, optionally followed by "@" and the address of the API
("sd-3.5@http://localhost:8080/v1"). POST /images/generations, documented at
https://platform.openai.com/docs/api-reference/images/create.
"""

from __future__ import annotations

import math
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint, said_by
from bozzetto.adapters.http import Answer, read_object, refusal
from bozzetto.adapters.images.fitting import Notes, Size, check_text, leave_out, wanted_size
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

__all__ = ["SERVICE", "OpenAIImages", "fit_free", "open_images"]

SERVICE = Service("OpenAI", "https://api.openai.com/v1", "OPENAI_BASE_URL", "OPENAI_API_KEY", True)

_STEP, _EDGE, _RATIO, _FEWEST, _MOST = 16, 3840, 3, 655_360, 8_294_400
"""What sizes GPT Image 2 makes: sides' multiple and limit, shape, pixels."""


def fit_free(size: Size) -> Size:
    """The nearest size within the limits of GPT Image 2."""
    width, height = size
    width, height = min(width, _RATIO * height), min(height, _RATIO * width)
    pixels = width * height
    scale = (min(max(pixels, _FEWEST), _MOST) / pixels) ** 0.5
    scale = min(scale, _EDGE / max(width, height))
    # Rounding up reaches the fewest pixels, rounding down stays below the most.
    up = pixels * scale * scale < _FEWEST * 1.1
    sides = (int(side * scale / _STEP + (0.999 if up else 0.0)) for side in (width, height))
    first, second = (min(max(side, 1) * _STEP, _EDGE) for side in sides)
    return min(first, _RATIO * second), min(second, _RATIO * first)


def _as_asked(size: Size) -> Size:
    return size


def _one_of(*sizes: Size) -> Callable[[Size], Size]:
    """The nearest in shape; of those alike, the nearest in pixels."""

    def fit(size: Size) -> Size:
        def apart(one: Size) -> tuple[float, int]:
            shape = math.log(size[0] * one[1] / (size[1] * one[0]))
            return round(abs(shape), 6), abs(math.prod(one) - math.prod(size))

        return min(sizes, key=apart)

    return fit


@dataclass(frozen=True, slots=True)
class _Family:
    """What models of one kind take: their sizes, the longest prompt, how to ask for bytes."""

    fit: Callable[[Size], Size]
    longest: int
    asking: Mapping[str, str]


_OLD, _NEW = {"response_format": "b64_json"}, {"output_format": "png"}
_LANDSCAPE = ((1024, 1024), (1536, 1024), (1024, 1536))

_FAMILIES: tuple[tuple[str, _Family], ...] = (
    (r"dall-e-2", _Family(_one_of((256, 256), (512, 512), (1024, 1024)), 1000, _OLD)),
    (r"dall-e-3", _Family(_one_of((1024, 1024), (1792, 1024), (1024, 1792)), 4000, _OLD)),
    (r"gpt-image-1|chatgpt-image", _Family(_one_of(*_LANDSCAPE), 32_000, _NEW)),
    (r"gpt-image", _Family(fit_free, 32_000, _NEW)),
    (r"", _Family(_as_asked, 32_000, _OLD)),
)
"""How a model's name begins, to its family; the last is for everybody else's models."""

_LEFT_OUT = {
    "negative": "negative prompt",
    "seed": "seed",
    "steps": "number of steps",
    "guidance": "guidance",
    "sampler": "sampler",
}
_OPTIONAL = re.compile(r"\b(response_format|output_format|size)\b")
_FILTERED = re.compile(
    r'"code":\s*"(?:moderation_blocked|content_policy_violation|content_?filter|'
    r'ResponsibleAIPolicyViolation)"',
    re.IGNORECASE,
)


class OpenAIImages:
    """Pictures of a model behind an endpoint like OpenAI's; no seeds, no negative prompts."""

    def __init__(self, name: str, endpoint: Endpoint) -> None:
        self._features = ImageFeatures(name=name, seeds=False, negative=False, parallel=2)
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
    family = next(one for start, one in _FAMILIES if re.match(start, model))
    body = _body(request, model, family)
    yield ImageProgress(0.0)
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    async with open_client(endpoint, headers) as client:
        answer = await call(client, endpoint, "POST", "/images/generations", body=body, paid=True)
        while (field := _unsupported(endpoint, answer, body)) is not None:
            del body[field]
            answer = await call(
                client, endpoint, "POST", "/images/generations", body=body, paid=True
            )
    if answer.status in (400, 403) and _FILTERED.search(answer.text):
        yield ImageFiltered(said_by(endpoint, answer.text).removeprefix(": ") or "content policy")
        return
    if answer.status != 200:
        raise refusal(endpoint, answer, model)
    yield _made(endpoint, request, read_object(endpoint, answer), body)


def _body(request: ImageRequest, model: str, family: _Family) -> dict[str, Any]:
    check_text(request.prompt, "prompt", family.longest, model)
    body = {"model": model, "prompt": request.prompt, "n": 1, **family.asking}
    size = wanted_size(request)
    if size:
        width, height = family.fit(size)
        body["size"] = f"{width}x{height}"
    return body


def _unsupported(endpoint: Endpoint, answer: Answer, body: Mapping[str, Any]) -> str | None:
    """The optional field of the body that an older or newer server refuses by name."""
    if answer.status not in (400, 422):
        return None
    found = _OPTIONAL.search(said_by(endpoint, answer.text))
    return found[1] if found and found[1] in body else None


def _made(
    endpoint: Endpoint, request: ImageRequest, found: Mapping[str, Any], body: Mapping[str, Any]
) -> ImageMade:
    data = found.get("data")
    data = [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
    if len(data) != 1:
        raise BackendError(f"{endpoint.place} sent {len(data)} pictures where one was asked for")
    if data[0].get("url") and not data[0].get("b64_json"):
        raise BackendError(
            f"{endpoint.place} sent an address in place of the picture",
            hint="addresses that a server names are not opened; it must send b64_json",
        )
    revised = data[0].get("revised_prompt")
    revised = revised if isinstance(revised, str) and revised.strip() else request.prompt
    size = _read_size(found.get("size")) or _read_size(body.get("size"))
    effective = Effective(
        prompt=revised[:100_000],
        width=size[0] if size else None,
        height=size[1] if size else None,
        model=str(body["model"]),
        notes=tuple(_notes(request, revised, size)),
    )
    return ImageMade(decode_picture(endpoint, data[0].get("b64_json")), effective)


def _notes(request: ImageRequest, revised: str, size: Size | None) -> Notes:
    notes: Notes = []
    for field, what in _LEFT_OUT.items():
        leave_out(getattr(request, field), what, notes)
    asked = wanted_size(request)
    if asked and not size:
        notes.append(f"the server chose the size, not {asked[0]}x{asked[1]}")
    elif asked and size and size != asked:
        notes.append(f"{asked[0]}x{asked[1]} became {size[0]}x{size[1]}, the nearest it makes")
    if revised != request.prompt:
        notes.append("the model rewrote the prompt")
    return notes


def _read_size(text: object) -> Size | None:
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text) if isinstance(text, str) else None
    return (int(found[1]), int(found[2])) if found else None


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> OpenAIImages:
    """Open a model. `timeout` is how long the server may stay silent, at least 300 seconds.

    Raises:
        SetupError: no model is named, the key is missing, or the address is none.
    """
    endpoint = open_endpoint("openai", SERVICE, rest, environ=environ, timeout=silence(timeout))
    return OpenAIImages(f"openai:{rest.strip()}", endpoint)
