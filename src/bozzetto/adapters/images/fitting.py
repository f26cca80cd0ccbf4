"""Requests fitted to what a hosted model takes: each step says in `notes` what it changed."""

from __future__ import annotations

import binascii
import math
import re
from collections.abc import Sequence
from typing import TypeVar

from bozzetto.errors import BackendError, InputError
from bozzetto.types import ImageRequest

__all__ = [
    "Notes",
    "Size",
    "check_text",
    "decode",
    "fit_number",
    "fit_sampler",
    "fit_seed",
    "leave_out",
    "nearest",
    "sampler_key",
    "wanted_size",
]

Size = tuple[int, int]
Shape = TypeVar("Shape", bound=tuple[float, float])
Notes = list[str]


def check_text(text: str, what: str, limit: int, model: str) -> None:
    """See that a model can take a prompt.

    Raises:
        InputError: it is blank, or longer than `limit` characters.
    """
    if not text.strip():
        raise InputError(f"{model}: the {what} is empty")
    if len(text) > limit:
        raise InputError(
            f"{model}: the {what} has {len(text)} characters; the model takes {limit} at most",
            hint="shorten it, or choose a model that takes longer ones",
        )


def wanted_size(request: ImageRequest) -> Size | None:
    """Width and height in pixels, or None where none is asked for; one side alone is a square's.

    Raises:
        InputError: a side is not positive.
    """
    if request.width is None and request.height is None:
        return None
    width = request.width if request.width is not None else request.height
    height = request.height if request.height is not None else request.width
    if not width or not height or min(width, height) < 1:
        raise InputError(f"{request.width}x{request.height} is no size")
    return width, height


def nearest(wanted: tuple[float, float], sizes: Sequence[Shape]) -> Shape:
    """The size that differs least in shape and area together."""

    def distance(size: Shape) -> tuple[float, float]:
        wide, high = (math.log(a / b) for a, b in zip(wanted, size, strict=True))
        return wide * wide + high * high, wide

    return min(sizes, key=distance)


def fit_seed(seed: int, lowest: int, highest: int, notes: Notes) -> int:
    """A seed in a range, inclusive; others are wrapped round, so that they stay different."""
    if lowest <= seed <= highest:
        return seed
    fitted = lowest + (seed - lowest) % (highest - lowest + 1)
    notes.append(f"seed {seed} is outside {lowest} to {highest} and became {fitted}")
    return fitted


def fit_number(value: float, lowest: float, highest: float, what: str, notes: Notes) -> float:
    """A number within a range, inclusive."""
    fitted = max(lowest, min(highest, value))
    if fitted != value:
        notes.append(f"{what} {value:g} is outside {lowest:g} to {highest:g} and became {fitted:g}")
    return fitted


def leave_out(value: object, what: str, notes: Notes) -> None:
    """Say of a value that was asked for that the model has no such setting."""
    if value is not None:
        notes.append(f"this model takes no {what}")


def sampler_key(name: str) -> str:
    """What the names of one sampler have in common.

    "DPM++ 2S a", "dpmpp_2s_ancestral" and "K_DPMPP_2S_ANCESTRAL" are all "dpmpp2sa".
    """
    folded = re.sub(r"[^a-z0-9]", "", name.lower().replace("++", "pp"))
    return folded.removeprefix("k").replace("ancestral", "a").removesuffix("karras")


def fit_sampler(name: str | None, known: dict[str, str], notes: Notes) -> str | None:
    """A model's own name of a sampler, by `sampler_key`, or None for its own choice."""
    if name is None:
        return None
    found = known.get(sampler_key(name))
    if found is None:
        notes.append(f"this model has no sampler {name!r} and chose its own")
    elif name.lower().rstrip().endswith("karras"):
        notes.append(f"this model has no Karras schedule: {found} runs with its own")
    return found


def decode(text: object, title: str) -> bytes:
    """The bytes of a picture in base64.

    Raises:
        BackendError: it is none.
    """
    try:
        data = binascii.a2b_base64(text, strict_mode=True) if isinstance(text, str) else b""
    except ValueError:
        data = b""
    if not data:
        raise BackendError(f"{title}: the answer holds no picture")
    return data
