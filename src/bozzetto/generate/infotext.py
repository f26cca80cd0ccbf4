"""What made a picture, as the text that tools of the field read from "parameters".

Format: the infotext of AUTOMATIC1111's web UI: the prompt, "Negative prompt: ...", and a last line
of "Key: value" pairs, values with a comma, a colon or a line break in JSON quotes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from bozzetto.text.places import without_place
from bozzetto.types import Effective, ImageRequest

__all__ = ["infotext"]


def infotext(request: ImageRequest, effective: Effective, size: tuple[int, int]) -> str:
    """The text for a picture of a size; what is not known stays out."""
    lines = [effective.prompt]
    if effective.negative:
        lines.append(f"Negative prompt: {effective.negative}")
    pairs = (f"{key}: {_quoted(value)}" for key, value in _pairs(request, effective, size))
    return "\n".join((*lines, ", ".join(pairs)))


def _pairs(
    request: ImageRequest, effective: Effective, size: tuple[int, int]
) -> Iterator[tuple[str, str]]:
    known = (
        ("Steps", effective.steps),
        ("Sampler", effective.sampler),
        ("CFG scale", effective.guidance),
        ("Seed", effective.seed),
        ("Size", f"{size[0]}x{size[1]}"),
        ("Model", effective.model and without_place(effective.model)),
        ("Notes", "; ".join(effective.notes) or None),
        ("Version", f"bozzetto {without_place(request.images)}"),
    )
    for key, value in known:
        if value is not None:
            yield key, f"{value:g}" if isinstance(value, float) else str(value)


def _quoted(value: str) -> str:
    """A value as it stands between two commas."""
    if any(letter in value for letter in ",:\n\r"):
        return json.dumps(value, ensure_ascii=False)
    return value
