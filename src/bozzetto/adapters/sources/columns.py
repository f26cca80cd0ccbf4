"""Columns under their usual names, and values of any shape, as one `SourcePrompt`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bozzetto.errors import InputError
from bozzetto.types import BadRow, Parameters, SourcePrompt

__all__ = ["FIELDS", "PARAMETERS", "READ", "ROLES", "find", "parameters_of", "prompt_of", "require"]

ROLES: Mapping[str, tuple[str, ...]] = {
    "text": (
        "prompt", "positive_prompt", "positive", "prompt_text", "text_prompt", "prompt_example",
        "prompts", "text", "caption",
    ),
    "negative": ("negative_prompt", "negative", "neg_prompt", "negativeprompt"),
    "seed": ("seed",),
    "steps": ("steps", "step", "num_inference_steps"),
    "guidance": ("guidance", "cfg", "cfg_scale", "guidance_scale"),
    "sampler": ("sampler", "sampler_name"),
    "width": ("width",),
    "height": ("height",),
    "model": ("model", "model_name", "sd_model_name", "checkpoint"),
    "tags": ("tags", "keywords"),
    "use": ("use",),
    "model_family": ("model_family",),
    "rating": ("rating", "stars"),
    "image": ("image", "image_name", "image_path", "image_url", "file_name", "filename"),
    "prompt_nsfw": ("prompt_nsfw", "nsfw"),
    "image_nsfw": ("image_nsfw",),
    "made_at": ("made_at", "timestamp", "created_at", "date"),
}  # fmt: skip
"""What a column is for, by its name in lower case with "_" between words; first found wins."""

_MAX_INTEGER = 2**63 - 1
_LONGEST_NUMBER = 40

LONGEST_TEXT = 20_000
"""Characters of a text beside the prompt; a longer one is a picture written out, or the like."""

LONGEST_TAG, MOST_TAGS = 100, 500
"""Characters of a tag, and tags of a prompt, that are read."""


PARAMETERS = ("seed", "steps", "guidance", "sampler", "width", "height", "model")
"""The roles that are fields of `Parameters`, in their order there."""

FIELDS = (
    "negative", "prompt_nsfw", "image_nsfw", "image", "use", "model_family", "rating", "made_at",
)  # fmt: skip
"""The roles that are fields of `SourcePrompt`, in their order there."""


def find(names: Iterable[str]) -> dict[str, str]:
    """Which column plays which role: {role: column name as it is written}."""
    written: dict[str, str] = {}
    for name in names:
        written.setdefault(re.sub(r"[\s\-_]+", "_", name.strip("\ufeff \t")).lower(), name)
    found = {}
    for role, usual in ROLES.items():
        for name in usual:
            if name in written:
                found[role] = written[name]
                break
    return found


def require(names: Iterable[str], where: str) -> dict[str, str]:
    """The roles of columns, one of which must hold the prompt.

    Raises:
        InputError: none does.
    """
    given = list(names)
    roles = find(given)
    if "text" not in roles:
        shown = ", ".join(repr(name[:60]) for name in given[:20]) or "none"
        raise InputError(
            f"{where}: no prompt column; the columns are {shown}",
            hint="name the column with the prompts `prompt`, or read plain lines with --as text",
        )
    return roles


def prompt_of(values: Mapping[str, Any], place: str) -> SourcePrompt | BadRow:
    """A row from its values by role; what cannot be understood is unknown.

    Only a row without a text is bad.
    """
    text = values.get("text")
    if not isinstance(text, str):
        reason = "no prompt" if text is None else f"the prompt is no text but {_kind(text)}"
        return BadRow(place, reason)
    read = {role: READ[role](values.get(role)) for role in (*PARAMETERS, *FIELDS, "tags")}
    return SourcePrompt(
        text=text,
        place=place,
        parameters=parameters_of(*(read[role] for role in PARAMETERS)),
        tags=read["tags"],
        **{role: read[role] for role in FIELDS},
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", bool: "true or false", int: "a number"}
    return names.get(type(value), "a number" if isinstance(value, float) else "something else")


def parameters_of(*values: Any) -> Parameters | None:  # noqa: ANN401
    """Parameters from their values in the order of `PARAMETERS`; None where none is known."""
    return None if values == _UNKNOWN else Parameters(*values)


_UNKNOWN = (None,) * len(PARAMETERS)


def plain(value: object) -> str | None:
    """A text that can be written as UTF-8, or None where it is empty or no such text."""
    if not isinstance(value, str) or not value or value.isspace() or len(value) > LONGEST_TEXT:
        return None
    if value.isascii():
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def number(value: object) -> float | None:
    """A finite number, from a number or its text."""
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        return None
    return float(value) if math.isfinite(value) else None


def whole(value: object, least: int = 0) -> int | None:
    """A whole number of at least `least` that fits 63 bits."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value) <= _LONGEST_NUMBER:
        value = int(value)  # not through a float: a seed has more digits than that keeps
    if not isinstance(value, int) or isinstance(value, bool):
        found = number(value)
        if found is None or not found.is_integer():
            return None
        value = int(found)
    return value if least <= value <= _MAX_INTEGER else None


def _score(value: object) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in _WORDS):
        return float(value if isinstance(value, bool) else _WORDS[value.lower()])
    found = number(value)
    return found if found is not None and found >= 0 else None


_WORDS = {"true": True, "yes": True, "nsfw": True, "false": False, "no": False, "sfw": False}


def _rating(value: object) -> int | None:
    found = whole(value, 1)
    return found if found is not None and found <= 5 else None


def _tags(value: object) -> tuple[str, ...]:
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        return ()
    tags = (plain(tag) for tag in given)
    folded = dict.fromkeys(tag.strip().casefold() for tag in tags if tag is not None)
    return tuple(tag for tag in folded if len(tag) <= LONGEST_TAG)[:MOST_TAGS]


def date(value: object) -> str | None:
    """A moment as ISO 8601 in UTC; a text that is no date is unknown."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value
    try:
        moment = moment.astimezone(UTC).replace(microsecond=0, tzinfo=None)
        return f"{moment.isoformat()}Z"
    except OverflowError:
        return None


READ: Mapping[str, Callable[[Any], Any]] = {
    "text": lambda value: value if isinstance(value, str) else None,
    "seed": whole,
    "steps": lambda value: whole(value, 1),
    "guidance": number,
    "sampler": lambda value: plain(str(value) if isinstance(value, int) else value),
    "width": lambda value: whole(value, 1),
    "height": lambda value: whole(value, 1),
    "model": plain,
    "negative": plain,
    "prompt_nsfw": _score,
    "image_nsfw": _score,
    "image": plain,
    "use": plain,
    "model_family": plain,
    "rating": _rating,
    "made_at": date,
    "tags": _tags,
}
"""How a value of each role is read; what cannot be understood is unknown."""
