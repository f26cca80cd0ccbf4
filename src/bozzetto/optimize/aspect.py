"""The shape of a picture: how it is named, and which size of a model comes nearest."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from bozzetto.errors import InputError
from bozzetto.optimize.modifiers import table

__all__ = ["aspect", "nearest_size", "read_aspect"]

SHAPES = ("portrait", "landscape", "square")
WIDEST = 10.0
"""Sides whose ratio is beyond are no picture's."""

_SIDE = r"(\d{1,5}(?:\.\d{1,3})?)"
_WORD = r"(?:aspect(?: ratio)?|ratio|format)?"
_RATIO = re.compile(rf"{_WORD}\s*{_SIDE}\s*[:x：]\s*{_SIDE}\s*{_WORD}", re.I | re.A)


def aspect(text: str) -> str | None:
    """The aspect that a wish names, as "16:9" or one of `SHAPES`; None where it names none."""
    said = text.strip().lower()
    ratio = _RATIO.fullmatch(said)
    if ratio:
        wide, high = float(ratio[1]), float(ratio[2])
        fine = wide and high and 1 / WIDEST <= wide / high <= WIDEST
        return f"{ratio[1]}:{ratio[2]}" if fine else None
    return next((shape for shape, words in table("aspects.tsv") if said in words.split("|")), None)


def read_aspect(text: str) -> str:
    """The aspect that a field names; one of `SHAPES` is enough there.

    Raises:
        InputError: it names none.
    """
    said = text.strip().lower()
    found = said if said in SHAPES else aspect(said)
    if found is None:
        raise InputError(
            f"aspect: {text[:60]!r} is no aspect",
            hint="a ratio such as 16:9, or portrait, landscape, square",
        )
    return found


def nearest_size(shape: str, sizes: Sequence[str]) -> tuple[str, str | None]:
    """Of the sizes of a model the nearest to an aspect, and a note where it is not near.

    Ratios are compared by their logarithm; of two as near, the first stands.
    """
    ratios = {size: _ratio(size, "x") for size in sizes}
    if shape in SHAPES:
        fitting = [size for size, ratio in ratios.items() if _shape(ratio) == shape]
        if fitting:
            return fitting[0], None
        return sizes[0], f"aspect: no size of the model is {shape}; {sizes[0]} stands"
    wanted = _ratio(shape, ":")
    best = min(sizes, key=lambda size: abs(math.log(ratios[size] / wanted)))
    near = abs(math.log(ratios[best] / wanted)) < math.log(1.1)
    return best, None if near else f"aspect: the model's nearest size to {shape} is {best}"


def _ratio(text: str, mark: str) -> float:
    wide, high = text.split(mark)
    return float(wide) / float(high)


def _shape(ratio: float) -> str:
    return "square" if ratio == 1 else "landscape" if ratio > 1 else "portrait"
