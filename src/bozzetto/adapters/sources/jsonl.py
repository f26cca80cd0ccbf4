"""JSON Lines: an object a line, its fields under their usual names."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bozzetto.adapters.sources.columns import ROLES, find, prompt_of
from bozzetto.adapters.sources.content import (
    LONGEST_LINE,
    Line,
    Reading,
    batches,
    existing,
    fingerprint,
)
from bozzetto.errors import InputError
from bozzetto.ports import SourceFeatures
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["JsonLinesSource", "open_source"]

_LOOKED_AT = 100
_LONGEST_INTEGER = 19


def open_source(rest: str, *, home: Path, name: str | None = None) -> JsonLinesSource:
    """A JSON Lines file as a source."""
    path = existing(rest)
    return JsonLinesSource(path, name or path.name)


class JsonLinesSource:
    """An object a line; settings may lie inside "parameters", as the export writes them."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._features = SourceFeatures(name, "jsonl")

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return self._features

    def fingerprint(self) -> str:
        """A hash of the content."""
        return fingerprint(self._path, "jsonl")

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on.

        Raises:
            InputError: none of the first objects has a prompt.
        """
        self._check()
        reading = Reading(self._path)
        return batches(_items(reading), start, reading)

    def _check(self) -> None:
        keys: dict[str, None] = {}
        for line in Reading(self._path):
            value = _object(line)
            if isinstance(value, dict):
                if "text" in find(value):
                    return
                keys |= dict.fromkeys(value)
            if line.number >= _LOOKED_AT:
                break
        if keys:
            shown = ", ".join(repr(key[:60]) for key in list(keys)[:20])
            raise InputError(
                f"{self._path}: no field with the prompt; the fields are {shown}",
                hint="name the field with the prompts `prompt`, an object a line",
            )


def _items(reading: Reading) -> Iterator[SourcePrompt | BadRow]:
    for line in reading:
        if not line.text or line.text.isspace():
            continue
        value = _object(line)
        place = f"line {line.number}"
        if isinstance(value, str):
            yield BadRow(place, value)
        else:
            yield prompt_of(_by_role(value), place)


def _object(line: Line) -> dict[str, Any] | str:
    """The object on a line, or why there is none."""
    if line.cut:
        return f"longer than {LONGEST_LINE:,} characters"
    try:
        value = json.loads(line.text, parse_constant=lambda _: None, parse_int=_integer)
    except ValueError as error:
        return f"no JSON: {error}"
    except RecursionError:
        return "no JSON we read: nested too deeply"
    return value if isinstance(value, dict) else "no JSON object"


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else None


def _by_role(value: Mapping[str, Any]) -> dict[str, Any]:
    inner = value.get("parameters")
    fields = {**inner, **value} if isinstance(inner, dict) else value
    roles = find(fields)
    return {role: fields[roles[role]] for role in ROLES if role in roles}
