"""What a kind of model takes and answers, as a rule, and the checks that rules are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Body", "Check", "Fields", "Rule", "integer", "number", "one_of", "problem_of", "text"]

Body = Mapping[str, Any]
Check = Callable[[Any], bool]
Fields = Mapping[str, Check]


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of model: the problem of a body or None, a good answer, a refusal.

    `answer` takes the body and the content type that is accepted; `refused` is an answer, or
    the words of a ValidationException.
    """

    problem: Callable[[Body], str | None]
    answer: Callable[[Body, str], Any]
    refused: Mapping[str, Any] | str


def text(longest: int) -> Check:
    """A text that is not empty, of so many characters at most."""
    return lambda value: isinstance(value, str) and 1 <= len(value) <= longest


def integer(low: int, high: int) -> Check:
    """A whole number from `low` to `high`."""
    return lambda value: type(value) is int and low <= value <= high


def number(low: float, high: float) -> Check:
    """A number from `low` to `high`."""
    return lambda value: type(value) in (int, float) and low <= value <= high


def one_of(*values: object) -> Check:
    """One of these."""
    return lambda value: value in values


def problem_of(body: object, needed: Fields, optional: Fields, place: str = "#") -> str | None:
    """What is wrong with an object, in the words of Bedrock's own check."""
    if not isinstance(body, Mapping):
        return f"{place}: expected type: JSONObject"
    for name in needed:
        if name not in body:
            return f"{place}: required key [{name}] not found"
    checks = {**needed, **optional}
    for name, value in body.items():
        if name not in checks:
            return f"{place}: extraneous key [{name}] is not permitted"
        if not checks[name](value):
            return f"{place}/{name}: {str(value)[:80]!r} is not a valid value"
    return None
