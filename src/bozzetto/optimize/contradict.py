"""Texts that ask for what one picture cannot be: night and noon, watercolor and photograph."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from bozzetto.optimize.modifiers import clashes, sides, table
from bozzetto.text.spans import protected
from bozzetto.text.words import stem, words

__all__ = ["against", "within"]

_DENIED = r"(?<!no )(?<!not )(?<!without )"


@cache
def _opposites() -> Sequence[tuple[re.Pattern[str], re.Pattern[str]]]:
    marked = (sets for mark, *sets in table("clashes.tsv") if mark == "!")
    return [(_any(one), _any(other)) for one, other in marked]


def _any(phrases: str) -> re.Pattern[str]:
    """Any of some phrases, with hyphens for spaces too; "no people" is one, "no photo" none."""
    found = (re.escape(phrase).replace(r"\ ", "[ -]") for phrase in phrases.split("|"))
    return re.compile(rf"{_DENIED}\b(?:{'|'.join(found)})\b", re.I)


def within(prompt: str, idea: str) -> tuple[str, str] | None:
    """Two phrases of a prompt that cannot both be; what the idea says itself is its own."""
    text = shown(prompt)
    for one, other in _opposites():
        a, b = one.search(text), other.search(text)
        if a and b and not (one.search(idea) and other.search(idea)):
            return a[0], b[0]
    return None


def against(idea: str, prompt: str) -> str | None:
    """The first word a prompt adds that the idea rules out, as far as one can be named."""
    own = frozenset(stem(word) for word in words(idea))
    new = [word for word in words(prompt) if stem(word) not in own]
    stance = sides(shown(idea))
    if not clashes(stance, sides(" ".join(new))):
        return None
    return next((word for word in new if clashes(stance, sides(word))), "what it adds")


def shown(text: str) -> str:
    """A text less what is not seen as such: quotes, names of files and of wildcards."""
    for span in reversed(protected(text)):
        if span.kind not in ("weight", "dynamic"):
            text = f"{text[: span.start]} {text[span.end :]}"
    return text
