"""How near the looks of prompts are to one that is sought.

No index holds looks by themselves: embedding them would take as long as all the rest. The
candidates' are compared when they are found, by a static embedder and by the words they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from bozzetto.search.fuse import Leg
from bozzetto.search.lexical import coverage
from bozzetto.text.split import split
from bozzetto.text.words import stem, words
from bozzetto.types import PromptRecord, Vectors

__all__ = ["BY_WORDS", "LEGS", "Embed", "compared", "look_words"]

Embed = Callable[[Sequence[str]], Vectors]
"""Texts to unit vectors, thousands a second."""

LEGS = 0.3
"""What each leg by meaning counts in a search by look: they see look and subject at once."""

BY_WORDS = 0.5
"""What the leg by words counts there."""

_NEAR, _HELD = 1.0, 2.0
"""What likeness counts, and the share of the words sought that a look holds."""


@lru_cache(maxsize=1 << 14)
def look_words(text: str) -> frozenset[str]:
    """The words of a prompt's modifiers; those of the prompts asked for last are kept."""
    return frozenset(word for part in split(text).modifiers for word in words(part))


def compared(embed: Embed, said: str, sought: Sequence[str], seen: Sequence[PromptRecord]) -> Leg:
    """The leg "look", in the order of the records, whose texts are their looks; 0-1."""
    near = embed([one.text for one in seen]) @ embed([said])[0] if seen else np.empty(0)
    near[[not one.text for one in seen]] = 0.0
    terms = tuple(dict.fromkeys(map(stem, sought)))
    held = [coverage(terms, frozenset(words(one.text))) for one in seen]
    weight = _NEAR + _HELD
    scores = (_NEAR * np.clip(near, 0, 1) + _HELD * np.array(held)) / weight
    keys = np.array([one.seq for one in seen], dtype=np.int64)
    return Leg("look", keys, scores.astype(np.float32), weight)
