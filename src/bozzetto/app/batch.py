"""Many ideas from a stream of lines, one answer a line, in order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any, BinaryIO, cast

from bozzetto.app.wire import error_json
from bozzetto.errors import BozzettoError, InputError, SetupError
from bozzetto.optimize.wishes import from_fields
from bozzetto.types import Strength, Wishes

__all__ = ["BatchRequest", "over", "parse_line", "run_batch"]

MAX_LINE = 1_000_000
"""Bytes of one line; a longer one is reported and passed over."""


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """What one line asks for; None where the line is silent."""

    idea: str
    pick: tuple[str, ...] = ()
    prefer: str | None = None
    profile: str | None = None
    seed: int | None = None
    k: int | None = None
    n: int | None = None
    wishes: Wishes = Wishes()  # noqa: RUF009 - frozen
    strength: Strength | None = None
    template: str | None = None
    values: Mapping[str, str] | None = None


_WISHES = tuple(item.name for item in fields(Wishes))
_KEYS = (
    "idea", "pick", "prefer", "profile", "seed", "k", "n", "strength", "template", "set",
    "wishes", *_WISHES,
)  # fmt: skip
_ALIKE = 0.8
"""Likeness of a key to one of ours from which it is taken for a slip of the pen."""


def parse_line(line: str) -> BatchRequest:
    """Read one line: a JSON object with `idea`, else plain text.

    Raises:
        InputError: the line is blank, a field is of the wrong type, or nearly one of ours.
    """
    found = _json_object(line)
    if found is None:
        if not line.strip():
            raise InputError("the line is blank")
        return BatchRequest(idea=line.strip())
    for key in found:
        close = get_close_matches(key, _KEYS, n=1, cutoff=_ALIKE) if key not in _KEYS else []
        if close:
            raise InputError(f"unknown key {key!r}; did you mean {close[0]!r}?")
    return BatchRequest(
        idea=_text(found, "idea") or "",
        pick=_picks(found.get("pick")),
        prefer=_text(found, "prefer"),
        profile=_text(found, "profile"),
        seed=_whole(found, "seed"),
        k=_whole(found, "k"),
        n=_whole(found, "n"),
        wishes=_wishes(found),
        strength=cast("Strength | None", _text(found, "strength")),
        template=_text(found, "template"),
        values=_values(found.get("set")),
    )


def _wishes(found: Mapping[str, Any]) -> Wishes:
    """The wishes of a line, by their own keys or in a table; a key of its own goes first."""
    table = found.get("wishes") or {}
    if not isinstance(table, dict):
        raise InputError(
            f"wishes: {str(table)[:60]!r} is not a table of fields",
            hint=f"fields: {', '.join(_WISHES)}",
        )
    return from_fields({**table, **{key: found[key] for key in _WISHES if key in found}})


def over(command: BatchRequest, line: BatchRequest) -> BatchRequest:
    """What a line asks for, and where it is silent what the command does."""
    said = {item.name: getattr(line, item.name) for item in fields(line)}
    wishes = replace(
        command.wishes, **{name: wish for name in _WISHES if (wish := getattr(line.wishes, name))}
    )
    values = {**(command.values or {}), **(line.values or {})}
    said = {name: value for name, value in said.items() if value not in (None, ())}
    return replace(command, **said | {"wishes": wishes, "values": values})


def _json_object(line: str) -> Mapping[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "idea" in found else None


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"{name}: {value!r} is not a text")
    return value


def _whole(fields: Mapping[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InputError(f"{name}: {value!r} is not a whole number")
    return value


def _picks(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise InputError(f"pick: {value!r} is not an id or a list of ids")


def _values(value: object) -> Mapping[str, str] | None:
    if value is None:
        return None
    if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return value
    raise InputError(f"set: {str(value)[:60]!r} is not an object of texts")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith(b"\n"):
            line = stream.readline(MAX_LINE + 1)


def _decode(raw: bytes) -> str:
    if len(raw) > MAX_LINE:
        raise InputError(f"the line is longer than {MAX_LINE} bytes")
    try:
        return raw.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise InputError(f"the line is not UTF-8: {error.reason}") from None


def run_batch(
    stream: BinaryIO, answer: Callable[[BatchRequest], Mapping[str, Any]]
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    """Answer each line: the JSON object to write, and whether the line went well.

    Raises:
        SetupError: the first line already lacked a key or a model; nothing was answered.
    """
    for number, raw in enumerate(_lines(stream)):
        idea: object = None
        try:
            idea = line = _decode(raw)
            request = parse_line(line)
            idea = request.idea
            yield answer(request), True
        except BozzettoError as error:
            if number == 0 and isinstance(error, SetupError):
                raise
            yield error_json(idea, error), False
