"""Persons whom a prompt credits or names."""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise

from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.artist_names import ALSO_WORDS, NAMES
from bozzetto.text.words import content_words, words

__all__ = ["named"]

_CREDIT = re.compile(r"(\w+\s+)?\b(?:by|style of|styles of)\s+((?:[\w.'’-]+\s*){1,4})", re.I)
_MAKERS = frozenset(
    ["painted", "drawn", "designed", "illustrated", "directed", "created", "made", "inspired"]
)


def named(prompt: str, own: Set[str], library: LibraryStats) -> str | None:
    """A person the prompt credits or names and who is not among our own words.

    "Surrounded by" credits nobody.
    """
    for credit in _CREDIT.finditer(prompt):
        before = (credit[1] or "").strip().lower()
        verb = before.endswith("ed") and before not in _MAKERS
        for word in content_words(credit[2]):
            known = word in NAMES or _is_credit(word, library)
            if known and not verb and word not in own:
                return word
    for first, last in pairwise(words(prompt)):
        both = {first, last}
        if both <= NAMES and not both <= ALSO_WORDS and not both & own:
            return f"{first} {last}"
    return None


def _is_credit(word: str, library: LibraryStats) -> bool:
    """A word that the library knows, and nearly only after "by"."""
    return word in library.after_by and not library.ordinary(word)
