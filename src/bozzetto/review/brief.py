"""The brief of a campaign as a TOML file or a JSON object.

    name = "Perfume, spring"
    ideas = ["a bottle of perfume among wild flowers", "una bottiglia di profumo sulla neve"]
    audience = "women over forty who like gardens"
    must = ["bottle"]
    never = ["people"]
    sizes = ["1024x1024", "832x1216"]
    n = 4
    seeds = 2

`ideas` or `idea`, one or several; all else may be left out.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from bozzetto.errors import InputError, NotFoundError
from bozzetto.text.normalise import plain
from bozzetto.types import Brief

__all__ = ["LONGEST_NAME", "MOST_IDEAS", "brief_from", "brief_json", "parse_brief", "read_brief"]

LARGEST = 1_048_576
"""Bytes of a brief's file."""

MOST_IDEAS = 200
_MOST_TEXTS = 50
_LONGEST = 2_000
LONGEST_NAME = 100
"""Characters of a campaign's name."""
_SIZE = re.compile(r"(\d{2,4}) ?[xX×] ?(\d{2,4})")
_SIDES = range(16, 8193)  # what a job takes
_MOST_PIXELS = 40_000_000


def read_brief(path: Path) -> Brief:
    """Read a brief; where it has no name, the file's is taken.

    Raises:
        NotFoundError: there is no such file.
        InputError: it cannot be read, or is no brief; says the key and the way out.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError as error:
        raise NotFoundError(f"there is no file {path}", hint="check the path") from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return parse_brief(data, name=path.stem, place=str(path))


def parse_brief(data: bytes, *, name: str = "", place: str = "the brief") -> Brief:
    """Read a brief from the bytes of a TOML file; `name` is taken where it has none.

    Raises:
        InputError: it is too large, no UTF-8, no TOML, or no brief.
    """
    if len(data) > LARGEST:
        raise InputError(f"{place}: larger than 1 MiB", hint="a brief is a page of text")
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(f"{place}, line {line}: not UTF-8", hint="save it as UTF-8") from error
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "cannot be read"
        raise InputError(f"{place} is no TOML: {reason}", hint=_EXAMPLE) from error
    return brief_from(table, name=name, place=place)


def brief_from(table: Mapping[str, object], *, name: str = "", place: str = "the brief") -> Brief:
    """Make a brief of a table with its keys, as TOML and JSON give it; null is as if not there.

    Raises:
        InputError: a key is unknown, a value of the wrong type or out of bounds.
    """
    said = {key: value for key, value in table.items() if value is not None}
    for key in said:
        if key not in _KEYS:
            raise _unknown(key, place)
    if "idea" in said:
        if "ideas" in said:
            raise InputError(f"{place}: idea and ideas are the same", hint="write one of them")
        said["ideas"] = said.pop("idea")
    if str(said.get("name", "")).strip() == "":
        said["name"] = name.strip()[:LONGEST_NAME] or "campaign"
    if "ideas" not in said:
        raise InputError(f"{place}: ideas is missing", hint=_EXAMPLE)
    read: dict[str, Any] = {}
    for key, value in said.items():
        try:
            read[key] = _READERS[key](value)
        except _WrongError as wrong:
            raise InputError(f"{place}: {key}: {_shown(value)} {wrong}") from None
    return Brief(**read)


def brief_json(brief: Brief) -> dict[str, Any]:
    """A brief as plain JSON values, which `brief_from` reads back."""
    values = {item.name: getattr(brief, item.name) for item in fields(Brief)}
    return {key: list(v) if isinstance(v, tuple) else v for key, v in values.items()}


_EXAMPLE = 'the least is a line: ideas = ["a cartoon of a small dog"]'


class _WrongError(Exception):
    """What is wrong with a value, to stand behind it."""


def _unknown(key: str, place: str) -> InputError:
    close = difflib.get_close_matches(key, _KEYS, n=1)
    guess = f"; did you mean {close[0]!r}?" if close else ""
    known = ", ".join(key for key in _KEYS if key != "idea")
    return InputError(f"{place}: unknown key {_shown(key)}{guess}", hint=f"keys: {known}")


def _shown(value: object) -> str:
    try:
        words = repr(value)
    except ValueError:  # a whole number of thousands of digits
        return "the number"
    return words if len(words) <= 60 else words[:57] + "..."


def _text(longest: int, *, lines: bool = True) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str):
            raise _WrongError("is not a text")
        if len(value) > longest:
            raise _WrongError(f"has {len(value)} characters; {longest} are the most")
        if any("\ud800" <= letter <= "\udfff" for letter in value):
            raise _WrongError("has half a character")
        if plain(value) != value:
            raise _WrongError("holds a control character")
        return value.strip() if lines else " ".join(value.split())

    return read


def _optional(value: object) -> str | None:
    return _text(_LONGEST, lines=False)(value) or None


def _texts(least: int, most: int) -> Callable[[object], tuple[str, ...]]:
    one = _text(_LONGEST)

    def read(value: object) -> tuple[str, ...]:
        several = [value] if isinstance(value, str) else value
        if not isinstance(several, list | tuple):
            raise _WrongError("is neither a text nor a list of texts")
        if not least <= len(several) <= most:
            raise _WrongError(f"has {len(several)} texts; {least} to {most} are right")
        found = tuple(one(item) for item in several)
        if not all(found):
            raise _WrongError("has a blank text")
        return tuple(dict.fromkeys(found))

    return read


def _sizes(value: object) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_size, _texts(0, 16)(value))))


def _size(text: str) -> str:
    match = _SIZE.fullmatch(text)
    if not match or not all(int(side) in _SIDES for side in match.groups()):
        raise _WrongError(
            f'must be "WIDTHxHEIGHT", each side {_SIDES[0]} to {_SIDES[-1]} pixels, as "1024x768"'
        )
    if int(match[1]) * int(match[2]) > _MOST_PIXELS:
        raise _WrongError(f"has more than {_MOST_PIXELS:,} pixels")
    return f"{int(match[1])}x{int(match[2])}"


def _whole(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise _WrongError("is not a whole number")
        if not low <= value <= high:
            raise _WrongError(f"must be {low} to {high}")
        return value

    return read


def _guidance(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _WrongError("is not a number")
    if not 0 <= value <= 100:
        raise _WrongError("must be 0 to 100")
    return float(value)


def _truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise _WrongError("is neither true nor false")
    return value


_READERS: Mapping[str, Callable[[object], object]] = {
    "name": _text(LONGEST_NAME, lines=False),
    "ideas": _texts(1, MOST_IDEAS),
    "audience": _text(_LONGEST),
    "must": _texts(0, _MOST_TEXTS),
    "never": _texts(0, _MOST_TEXTS),
    "sizes": _sizes,
    "n": _whole(1, 32),
    "seeds": _whole(1, 64),
    "seed": _whole(0, 2**32 - 64),
    "profile": _optional,
    "chat": _optional,
    "images": _optional,
    "model": _optional,
    "steps": _whole(1, 1000),
    "guidance": _guidance,
    "sampler": _optional,
    "compare": _truth,
}

_KEYS = ("idea", *_READERS)
