"""What one image model wants of a prompt, read from TOML."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from bozzetto.errors import InputError, NotFoundError

__all__ = ["Profile", "load", "names"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What one image model wants. `name` is what the user calls it by.

    `tokens` maps an encoder ("clip") to how many tokens the model reads; `negative` says
    whether it takes a negative prompt, `avoid` is the usual one; `quality` are modifiers
    its users add; `languages` are those it reads; `sizes` are "WIDTHxHEIGHT", the usual first.
    """

    name: str
    title: str
    style: Literal["tags", "prose"]
    tokens: Mapping[str, int]
    family: str = "any"
    negative: bool = False
    avoid: str = ""
    quality: tuple[str, ...] = ()
    languages: tuple[str, ...] = ("en",)
    weight_syntax: Literal["a1111", "none"] = "none"
    sizes: tuple[str, ...] = field(default=("1024x1024",))


_KEYS = tuple(item.name for item in fields(Profile))
_REQUIRED = tuple(
    item.name for item in fields(Profile) if item.default is MISSING and item.name != "name"
)
_CHOICES = {"style": ("tags", "prose"), "weight_syntax": ("a1111", "none")}
_LISTS = ("quality", "languages", "sizes")
_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")


def names() -> tuple[str, ...]:
    """The built-in profiles, in the order of the data file."""
    return tuple(_built_in())


def load(name: str | Path) -> Profile:
    """A built-in profile by name, or a user's own by the path of its TOML file.

    A user's file holds the keys of one profile at top level; its name is the file's.

    Raises:
        NotFoundError: no profile has that name, or no file is there.
        InputError: the file is no TOML, or a key or value is wrong.
    """
    text = str(name)
    if text in _built_in():
        return _built_in()[text]
    if text.endswith(".toml"):
        return _from_file(Path(text).expanduser())
    raise NotFoundError(
        f"no profile is called {text!r}{_guess(text, names())}",
        hint=f"profiles: {', '.join(names())}; or the path of a .toml file",
    )


@cache
def _built_in() -> Mapping[str, Profile]:
    data = Path(__file__).with_name("profiles.toml").read_text(encoding="utf-8")
    tables = tomllib.loads(data)
    return {name: _profile(table, name, "profiles.toml") for name, table in tables.items()}


def _from_file(path: Path) -> Profile:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise NotFoundError(f"no profile file {path}") from None
    except OSError as error:
        raise InputError(f"profile {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"profile {path} is not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"profile {path} is not TOML: {error}") from error
    return _profile(table, str(table.pop("name", path.stem)), str(path))


def _profile(table: Mapping[str, Any], name: str, place: str) -> Profile:
    for key in table:
        if key not in _KEYS:
            raise InputError(
                f"profile {name!r} in {place}: unknown key {key!r}{_guess(key, _KEYS)}",
                hint=f"keys: {', '.join(_KEYS)}",
            )
    missing = [key for key in _REQUIRED if key not in table]
    if missing:
        raise InputError(f"profile {name!r} in {place}: missing {', '.join(missing)}")
    values = {
        key: _value(key, value, f"profile {name!r} in {place}") for key, value in table.items()
    }
    return Profile(name=name, **values)


def _value(key: str, value: Any, where: str) -> Any:  # noqa: ANN401 - TOML holds anything
    wanted = _wanted(key, value)
    if wanted:
        raise InputError(f"{where}: {key} must be {wanted}, not {value!r}")
    if key in _LISTS:
        return tuple(value)
    return MappingProxyType(dict(value)) if key == "tokens" else value


def _wanted(key: str, value: Any) -> str | None:  # noqa: ANN401
    """What the value should have been, or None where it is right."""
    if key == "tokens":
        right = isinstance(value, dict) and value and all(_positive(n) for n in value.values())
        return None if right else "a table of token limits above 0, such as {clip = 75}"
    if key == "negative":
        return None if isinstance(value, bool) else "true or false"
    if key in _CHOICES:
        return None if value in _CHOICES[key] else " or ".join(map(repr, _CHOICES[key]))
    if key in _LISTS:
        return _wanted_list(key, value)
    return None if isinstance(value, str) else "a text"


def _wanted_list(key: str, value: Any) -> str | None:  # noqa: ANN401
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return "a list of texts"
    if key == "sizes" and not all(_SIZE.fullmatch(item) for item in value):
        return 'a list of sizes such as "1024x768"'
    return None if value or key == "quality" else "a list with something in it"


def _positive(number: Any) -> bool:  # noqa: ANN401
    return isinstance(number, int) and not isinstance(number, bool) and number > 0


def _guess(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
