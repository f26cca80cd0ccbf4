"""A prompt ready to be kept, as columns, and how two sightings of it become one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bozzetto.types import SourcePrompt

__all__ = [
    "COLUMNS",
    "Change",
    "Entry",
    "columns_of",
    "fill",
    "hash_of",
    "id_of",
    "nsfw_of",
    "storable",
]

Value = str | int | float | None

COLUMNS = (
    "negative",
    "prompt_nsfw",
    "seed",
    "steps",
    "guidance",
    "sampler",
    "width",
    "height",
    "model",
    "image",
    "image_nsfw",
    "made_at",
    "use",
    "model_family",
    "rating",
)
"""What a prompt may know beside its text, in the order of `columns_of`."""

_GROUPS = ((0, 1), (1, 2), (2, 12), (12, 13), (13, 14), (14, 15))
"""Ranges of `COLUMNS` that belong together: 2-12 describe one picture."""


@dataclass(slots=True)
class Entry:
    """A row of a source with what was worked out from its text.

    `hash` is the prompt's id as a signed 64-bit integer (`hash_of`), `text` the normalised
    prompt. Every string can be written as UTF-8, but for `row.text`.
    """

    hash: int
    text: str
    core: str
    row: SourcePrompt


@dataclass(frozen=True, slots=True)
class Change:
    """Who changes the library, and when (ISO 8601, UTC)."""

    actor: str
    now: str


def hash_of(identity: str) -> int:
    """The 64 bits of an id as the signed integer that is stored."""
    number = int(identity, 16)
    return number - (1 << 64) if number >> 63 else number


def id_of(number: int) -> str:
    """The id of a stored hash."""
    return f"{number & 0xFFFFFFFFFFFFFFFF:016x}"


def columns_of(row: SourcePrompt) -> list[Value]:
    """What a row knows beside its text, in the order of `COLUMNS`."""
    made = row.parameters
    if made is None:
        return [
            row.negative, row.prompt_nsfw, None, None, None, None, None, None, None,
            row.image, row.image_nsfw, row.made_at, row.use, row.model_family, row.rating,
        ]  # fmt: skip
    return [
        row.negative, row.prompt_nsfw, made.seed, made.steps, made.guidance, made.sampler,
        made.width, made.height, made.model, row.image, row.image_nsfw, row.made_at, row.use,
        row.model_family, row.rating,
    ]  # fmt: skip


def storable(text: str) -> str:
    """A text as UTF-8 can hold it: lone surrogates, which a source may bring, replaced."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def fill(known: list[Value], other: Sequence[Value]) -> bool:
    """Fill the groups of which nothing is known from a later sighting; True if any was.

    The first to know something wins, so the result depends on the order of the rows alone
    and not on how they were cut into batches.
    """
    changed = False
    for start, end in _GROUPS:
        if _empty(known, start, end) and not _empty(other, start, end):
            known[start:end] = other[start:end]
            changed = True
    return changed


def _empty(values: Sequence[Value], start: int, end: int) -> bool:
    return values[start] is None and not any(v is not None for v in values[start:end])


def nsfw_of(values: Sequence[Value]) -> Value:
    """The highest known NSFW score of a row of columns; None is unknown."""
    prompt, image = values[1], values[10]
    if prompt is None or image is None:
        return image if prompt is None else prompt
    return max(float(prompt), float(image))
