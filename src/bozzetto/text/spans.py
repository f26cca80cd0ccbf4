"""The parts of a prompt that must pass through unchanged.

Syntax after A1111 and its kin: `<lora:name:1>`, `embedding:name`, `BREAK`, `AND`, weights, prompt
editing "[cat:dog:0.5]" and alternation "[cat|dog]"; and sd-dynamic-prompts: `{a|b}`,
`__wildcard__`. Quotation marks of any language mark text to be written in the picture.

All of it is linear in the length of the text: each pattern is bounded, or cannot be tried
again from inside what it has read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

__all__ = ["Kind", "Span", "literals", "protected", "untouched"]

Kind = Literal["quoted", "lora", "embedding", "wildcard", "break", "weight", "dynamic", "schedule"]


@dataclass(frozen=True, slots=True)
class Span:
    """A character range `text[start:end]` and what it is."""

    start: int
    end: int
    kind: Kind


_QUOTED: Final = "|".join(
    (
        r'"[^"\n]{1,200}"',
        r"“[^“”\n]{1,200}”",
        r"„[^„“”\n]{1,200}[“”]",  # German, Polish
        r"«[^«»\n]{1,200}»|»[^«»\n]{1,200}«|‹[^‹›\n]{1,200}›|›[^‹›\n]{1,200}‹",
        r"「[^「」\n]{1,200}」|『[^『』\n]{1,200}』",
        # Single ones are apostrophes too: only around whole words, none left open within.
        r"(?<!\w)‘(?:[^‘’\n]|(?<=\w)’(?=\w)){1,200}’(?!\w)",
        r"(?<!\w)'(?!\d0s|(?:n|til|em|cause|tis|twas)\b)"
        r"[^\s'\"](?:[^'\n]|(?<=\w)'(?=\w)){0,98}(?<!\s)'(?!\w)",
    )
)
_PATTERNS: Final[tuple[tuple[Kind, str], ...]] = (
    ("lora", r"<(?:lora|lyco|hypernet)\s?:[^<>\n]{1,200}>"),
    ("embedding", r"\bembedding:[\w.-]+|<[\w-]{1,60}>"),
    ("wildcard", r"__(?!_)[\w*/-]{1,100}?__(?!_)"),
    ("break", r"\bBREAK\b|\bAND\b"),
    ("quoted", _QUOTED),
)
_OPEN: Final = re.compile(r"[(\[{<\"'“„‘«»‹›「『]|__|\bembedding:|\bBREAK|\bAND\b")
_SIMPLE: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS))
_BRACKET: Final = re.compile(r"\\.|[()\[\]{}]", re.S)
_WEIGHTED: Final = re.compile(r":\s?[+-]?\d*\.?\d+\s?\)$")
_COMPEL: Final = re.compile(r"\d*\.\d+|(?:\++|-+)(?![\w+-])")
_SCHEDULED: Final = re.compile(r":\s?[+-]?\d*\.?\d+\s?\]$")
_PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
_LONGEST: Final = 1000  # characters between brackets; longer is no syntax
_TAIL: Final = 16  # characters that hold the number at the end of a bracket


def protected(text: str) -> tuple[Span, ...]:
    """Ranges to keep to the letter, in order, never overlapping: the leftmost wins.

    A bracket counts as a weight where it carries a number ("(fox:1.2)", "(fox)1.2"), is
    followed by signs ("(fox)++"), is doubled ("((fox))") or is square; simple round ones are
    ordinary punctuation.
    """
    return tuple(_found(text, weights=True))


def literals(text: str) -> tuple[Span, ...]:
    """As `protected`, but weights are looked through: what lies in their brackets is found."""
    return tuple(_found(text, weights=False))


def _found(text: str, *, weights: bool) -> Iterator[Span]:
    closings = _closings(text)
    shouted = text.isupper()
    at = 0
    while match := _OPEN.search(text, at):
        start = match.start()
        at = start + 1
        if match[0] in _PAIRS:
            span = _bracket(text, start, closings.get(start), weights=weights)
        elif match[0] == "AND" and shouted:  # a word like all the others
            continue
        else:
            span = _simple(text, start)
        if span and not _whole(span, text):
            yield span
            at = span.end


def _whole(span: Span, text: str) -> bool:
    """Whether a quotation is all there is: then it is no text to be written in the picture."""
    return span.kind == "quoted" and text.strip() == text[span.start : span.end]


def untouched(text: str, more: Iterable[tuple[int, int]] = ()) -> list[tuple[int, int]]:
    """The places to keep to the letter: what is protected, and `more`; those that meet as one."""
    places = sorted([*((span.start, span.end) for span in protected(text)), *more])
    found: list[tuple[int, int]] = []
    for start, end in places:
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def _closings(text: str) -> dict[int, int]:
    """The place after the closing bracket for each opening one that has one."""
    found: dict[int, int] = {}
    open_at: dict[str, list[int]] = {closer: [] for closer in _PAIRS.values()}
    for match in _BRACKET.finditer(text):
        char = match[0]
        if char in _PAIRS:
            open_at[_PAIRS[char]].append(match.start())
        elif open_at.get(char):  # an escaped one is no key
            found[open_at[char].pop()] = match.end()
    return found


def _simple(text: str, at: int) -> Span | None:
    match = _SIMPLE.match(text, at)
    return Span(at, match.end(), cast("Kind", match.lastgroup)) if match else None


def _bracket(text: str, at: int, end: int | None, *, weights: bool) -> Span | None:
    """The bracket from `at` to `end`, if it closes and means something."""
    if end is None or end - at > _LONGEST or end - at < 3:
        return None
    kind = _literal(text, at, end)
    if kind:
        return Span(at, end, kind)
    return _weight(text, at, end) if weights and text[at] != "{" else None


def _literal(text: str, at: int, end: int) -> Kind | None:
    """What a bracket is that front ends expand themselves: a choice, a schedule."""
    if text[at] == "{":
        chosen = text.find("|", at, end) > 0 or text.find("$", at, end) > 0
        return "dynamic" if chosen else None
    if text[at] == "[" and text[at + 1] != "[":
        alternates = text.find("|", at, end) > 0
        if alternates or _SCHEDULED.search(text[max(at, end - _TAIL) : end]):
            return "schedule"
    return None


def _weight(text: str, at: int, end: int) -> Span | None:
    signs = _COMPEL.match(text, end) if text[at] == "(" else None
    if signs:
        return Span(at, signs.end(), "weight")
    doubled = text[at : at + 2] == "((" and text[end - 2 : end] == "))"
    numbered = _WEIGHTED.search(text[max(at, end - _TAIL) : end])
    return Span(at, end, "weight") if text[at] == "[" or doubled or numbered else None
