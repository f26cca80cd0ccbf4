"""The parts of a prompt that must pass through unchanged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Span", "protected"]

Kind = Literal["quoted", "lora", "embedding", "wildcard", "break", "weight", "dynamic"]


@dataclass(frozen=True, slots=True)
class Span:
    """A character range `text[start:end]` and what it is."""

    start: int
    end: int
    kind: Kind


_PATTERNS: tuple[tuple[Kind, str], ...] = (
    ("lora", r"<(?:lora|lyco|hypernet)\s?:[^<>\n]{1,200}>"),
    ("embedding", r"\bembedding:[\w.-]+|<[\w-]{1,60}>"),
    ("wildcard", r"__[\w*/-]{1,100}?__"),
    ("break", r"\bBREAK\b"),
    ("dynamic", r"\{[^{}\n]*[|$][^{}\n]*\}"),
    ("weight", r"\([^()\n]{1,300}:\s?[+-]?\d+(?:\.\d+)?\s?\)|\({1,6}[^()\n]{1,300}\){1,6}"),
    ("quoted", r'"[^"\n]{1,200}"|“[^”\n]{1,200}”|«[^»\n]{1,200}»|「[^」\n]{1,200}」'),
)
_ANY = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS))


def protected(text: str) -> tuple[Span, ...]:
    """Ranges to keep to the letter, in order, not overlapping: the leftmost wins."""
    return tuple(Span(m.start(), m.end(), m.lastgroup) for m in _ANY.finditer(text))  # type: ignore[arg-type]
