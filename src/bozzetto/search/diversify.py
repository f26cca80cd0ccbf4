"""One hit a family, and no two hits alike."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from bozzetto.text.words import jaccard

__all__ = ["ALIKE", "Found", "pick"]

ALIKE = 0.7
"""Word-set Jaccard of whole prompts from which on two results look the same."""


@dataclass(frozen=True, slots=True)
class Found:
    """A prompt that was found: its number, family, score and set of words."""

    seq: int
    family: int
    score: float
    words: frozenset[str]


def pick(found: Iterable[Found], k: int) -> tuple[Found, ...]:
    """The first k of a ranking (best first) of which no two share a family or look alike.

    The member of a family that comes first stands for it, so it is the one that fits best.
    Prompts without words are alike to none.
    """
    picked: list[Found] = []
    families: set[int] = set()
    for one in found:
        if len(picked) >= k:
            break
        if one.family in families or any(_alike(one.words, other.words) for other in picked):
            continue
        families.add(one.family)
        picked.append(one)
    return tuple(picked)


def _alike(a: Set[str], b: Set[str]) -> bool:
    # The sizes alone bound the overlap: most pairs need no intersection.
    small, large = sorted((len(a), len(b)))
    return small > 0 and small >= ALIKE * large and jaccard(a, b) >= ALIKE
