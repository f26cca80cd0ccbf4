"""What one image model wants of a prompt: the record, and the making of it from a table."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

from bozzetto.errors import InputError

__all__ = ["ENCODERS", "KEYS", "Profile", "guess", "make_profile"]

ENCODERS = ("clip", "t5", "qwen")
"""The text encoders whose tokens can be counted; `bozzetto.text.tokens` counts them."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one image model wants. `name` is what the user calls it by.

    `tokens` maps an encoder ("clip", "t5", "qwen") to how many tokens of a prompt the model
    reads through it; `chunks` is how many times that many CLIP tokens its front end takes;
    `words` how long a prompt should be at most, 0 where only the encoders limit it. `negative`
    says whether it takes a negative prompt, `avoid` is the usual one; `quality` are modifiers
    its users add; `vocabulary` says which words a model of tags knows: "danbooru" those of that
    picture board, with the figures counted first; `languages` are those it reads; `sizes` are
    "WIDTHxHEIGHT", the usual first. `guidelines` are sentences for whoever writes; `banned` never
    stands in a prompt, `required` always does.
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
    weight_syntax: Literal["a1111", "comfy", "compel", "none"] = "none"
    vocabulary: Literal["any", "danbooru"] = "any"
    sizes: tuple[str, ...] = field(default=("1024x1024",))
    chunks: int = 1
    words: int = 0
    guidelines: tuple[str, ...] = ()
    banned: tuple[str, ...] = ()
    required: tuple[str, ...] = ()


KEYS = tuple(item.name for item in fields(Profile))
_REQUIRED = tuple(
    item.name for item in fields(Profile) if item.default is MISSING and item.name != "name"
)
_CHOICES = {
    "style": ("tags", "prose"),
    "weight_syntax": ("a1111", "comfy", "compel", "none"),
    "vocabulary": ("any", "danbooru"),
}
_FULL = ("languages", "sizes")  # lists that need something in them
_LISTS = (*_FULL, "quality", "guidelines", "banned", "required")
_SIZE = re.compile(r"[1-9]\d{1,4}x[1-9]\d{1,4}")


def make_profile(
    table: Mapping[str, Any], name: str, place: str, parent: Profile | None = None
) -> Profile:
    """A profile from its table; what the table leaves out is the parent's, if it has one.

    Raises:
        InputError: a key or value is wrong or missing; names profile, place and key.
    """
    where = f"profile {name!r} in {place}"
    for key in table:
        if key not in KEYS:
            raise InputError(
                f"{where}: unknown key {key!r}{guess(key, KEYS)}",
                hint=f"keys: {', '.join(KEYS)}, extends",
            )
    missing = [key for key in _REQUIRED if key not in table]
    if missing and not parent:
        raise InputError(
            f"{where}: missing {', '.join(missing)}",
            hint='to change only some keys of another profile: extends = "sdxl"',
        )
    values = {key: _value(key, value, where) for key, value in table.items() if key != "name"}
    return replace(parent, name=name, **values) if parent else Profile(name=name, **values)


def guess(word: str, known: Iterable[str]) -> str:
    """The end of a message: which of the known words may have been meant, if any."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _value(key: str, value: Any, where: str) -> Any:  # noqa: ANN401 - TOML holds anything
    wanted = _wanted(key, value)
    if wanted:
        raise InputError(f"{where}: {key} must be {wanted}, not {value!r}")
    if key in _LISTS:
        return tuple(value)
    return MappingProxyType(dict(value)) if key == "tokens" else value


def _wanted(key: str, value: Any) -> str | None:  # noqa: ANN401
    """What the value should have been, or None where it is right."""
    if key in _CHOICES:
        return None if value in _CHOICES[key] else " or ".join(map(repr, _CHOICES[key]))
    if key in _LISTS:
        return _wanted_list(key, value)
    right, wanted = _RULES.get(key, _TEXT)
    return None if right(value) else wanted


def _wanted_list(key: str, value: Any) -> str | None:  # noqa: ANN401
    if not isinstance(value, list) or not all(isinstance(i, str) and i.strip() for i in value):
        return "a list of texts"
    if key == "sizes" and not all(_SIZE.fullmatch(item) for item in value):
        return 'a list of sizes such as "1024x768"'
    return None if value or key not in _FULL else "a list with something in it"


def _number(value: Any, least: int) -> bool:  # noqa: ANN401
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _limits(value: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(value, dict)
        and bool(value)
        and all(encoder in ENCODERS and _number(limit, 1) for encoder, limit in value.items())
    )


_TEXT: tuple[Callable[[Any], bool], str] = (lambda value: isinstance(value, str), "a text")
_RULES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "tokens": (
        _limits,
        f"a table of token limits above 0, such as {{clip = 75}}, for {', '.join(ENCODERS)}",
    ),
    "negative": (lambda value: isinstance(value, bool), "true or false"),
    "chunks": (lambda value: _number(value, 1), "a whole number above 0"),
    "words": (lambda value: _number(value, 0), "a whole number, 0 for no limit"),
}
