"""The parts of a prompt that must pass through unchanged.

Syntax after A1111 and its kin: `<lora:name:1>`, `embedding:name`, `BREAK`, weights; and
sd-dynamic-prompts: `{a|b}`, `__wildcard__`. Double quotes mark text to be written in the
picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, cast

__all__ = ["Kind", "Span", "protected"]

Kind = Literal["quoted", "lora", "embedding", "wildcard", "break", "weight", "dynamic"]


@dataclass(frozen=True, slots=True)
class Span:
    """A character range `text[start:end]` and what it is."""

    start: int
    end: int
    kind: Kind


_OPEN: Final = re.compile(r"[(\[{<\"“«「]|__|\bembedding:|\bBREAK")  # how a span can begin
_BRACKET: Final = re.compile(r"\\?[()\[\]{}]")
_PATTERNS: Final[tuple[tuple[Kind, str], ...]] = (
    ("lora", r"<(?:lora|lyco|hypernet)\s?:[^<>\n]{1,200}>"),
    ("embedding", r"\bembedding:[\w.-]+|<[\w-]{1,60}>"),
    ("wildcard", r"__[\w*/-]{1,100}?__(?!_)"),
    ("break", r"\bBREAK\b"),
    ("quoted", r'"[^"\n]{1,200}"|“[^”\n]{1,200}”|«[^»\n]{1,200}»|「[^」\n]{1,200}」'),
)
_SIMPLE: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS))
_WEIGHTED: Final = re.compile(r":\s?[+-]?\d*\.?\d+\s?\)$")
_CHOICE: Final = re.compile(r"[|$]")
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_LONGEST: Final = 1000  # characters between brackets; longer is no syntax


def protected(text: str) -> tuple[Span, ...]:
    """Ranges to keep to the letter, in order, never overlapping: the leftmost wins.

    A bracket counts as a weight where it carries a number ("(fox:1.2)"), is doubled
    ("((fox))") or is square; simple round ones are ordinary punctuation.
    """
    spans: list[Span] = []
    closings = _closings(text)
    at = 0
    while match := _OPEN.search(text, at):
        start = match.start()
        span = (
            _bracket(text, start, closings.get(start))
            if match[0] in _PAIRS
            else _simple(text, start)
        )
        if span:
            spans.append(span)
        at = span.end if span else start + 1
    return tuple(spans)


def _closings(text: str) -> dict[int, int]:
    """The place after the closing bracket for each opening one that has one."""
    found: dict[int, int] = {}
    open_at: dict[str, list[int]] = {closer: [] for closer in _PAIRS.values()}
    for match in _BRACKET.finditer(text):
        at, char = match.start(), match[0][-1]
        if len(match[0]) == 2:  # escaped
            continue
        if char in _PAIRS:
            open_at[_PAIRS[char]].append(at)
        elif open_at[char]:
            found[open_at[char].pop()] = at + 1
    return found


def _simple(text: str, at: int) -> Span | None:
    match = _SIMPLE.match(text, at)
    return Span(at, match.end(), cast("Kind", match.lastgroup)) if match else None


def _bracket(text: str, at: int, end: int | None) -> Span | None:
    """The bracket from `at` to `end`, if it closes and means something."""
    if end is None or end - at > _LONGEST:
        return None
    kind = _meaning(text[at:end])
    return Span(at, end, kind) if kind else None


def _meaning(bracket: str) -> Kind | None:
    if bracket[0] == "{":
        return "dynamic" if _CHOICE.search(bracket) else None
    if len(bracket) < 3:
        return None
    doubled = bracket.startswith("((") and bracket.endswith("))")
    return "weight" if bracket[0] == "[" or doubled or _WEIGHTED.search(bracket) else None
