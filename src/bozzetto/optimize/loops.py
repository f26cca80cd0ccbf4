"""Texts that repeat themselves, cut where the repetition begins."""

from __future__ import annotations

import re
from collections import Counter

__all__ = ["cut_loops"]

_WORD = re.compile(r"\S+")
_PIECE = re.compile(r"[^,.;!?]+[,.;!?]*\s*")
_LONGEST = 12
_TIMES = 3
_MAX_WORD = 60
_STRESS = re.compile(r"\b(\w+)(?:[ ,]+\1\b){2,5}(?=[ ,]+(?!\1\b)\w)", re.I)
"""One word said a few times on end, with other words behind: "very very very old"."""


def cut_loops(text: str) -> str:
    """The text up to the first loop, that loop said once, and no phrase said twice.

    A loop is a run of one to twelve words said three times on end; one word of more than
    sixty letters ends the text too, where its script has spaces. A word said three to six
    times before others is only stressed, and is said once.
    """
    return _once_each(_unlooped(_STRESS.sub(r"\1", text)))


def _unlooped(text: str) -> str:
    found = list(_WORD.finditer(text))
    folded = [m[0].casefold().strip(".,;:!?") for m in found]
    for i, word in enumerate(folded):
        if len(word) > _MAX_WORD and word.isascii():
            return text[: found[i].start()].rstrip()
        for length in range(1, min(_LONGEST, (len(folded) - i) // _TIMES) + 1):
            block = folded[i : i + length]
            if all(
                folded[i + k * length : i + (k + 1) * length] == block for k in range(1, _TIMES)
            ):
                return text[: found[i + length - 1].end()]
    return text


def _once_each(text: str) -> str:
    """Drop clauses of three words that were said before, and of fewer said twice before."""
    said: Counter[str] = Counter()
    kept: list[str] = []
    for match in _PIECE.finditer(text):
        key = " ".join(match[0].casefold().strip(" ,.;!?").split())
        if said[key] < (1 if key.count(" ") >= 2 else 2):
            kept.append(match[0])
        said[key] += 1
    return "".join(kept)
