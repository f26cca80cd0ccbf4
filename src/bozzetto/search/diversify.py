"""One hit a family, no two hits alike, and other looks before the same again."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from bozzetto.text.words import jaccard

__all__ = ["ALIKE", "Found", "pick"]

ALIKE = 0.7
"""Word-set Jaccard of whole prompts from which on two results look the same."""


SAME_LOOK = 0.5
"""Word-set Jaccard of modifiers from which on two prompts have the same look."""

_LEAST = 3
"""Words of modifiers that make a look; fewer are shared by chance."""

_SOON = 3
"""Among so many times what is asked for another look is sought: further down prompts fit less,
and a team's library may have one look only."""


@dataclass(frozen=True, slots=True)
class Found:
    """A prompt that was found: its number, family, score, and sets of words.

    `look` holds those of its modifiers; empty where hits may well share one.
    """

    seq: int
    family: int
    score: float
    words: frozenset[str]
    look: frozenset[str] = frozenset()


def pick(found: Iterable[Found], k: int) -> tuple[Found, ...]:
    """The first k of a ranking (best first) of which no two share a family or look alike.

    The member of a family that comes first stands for it, so it is the one that fits best.
    Prompts without words are alike to none. One that has the look of another gives way to
    those of other looks that come soon behind it. What is picked stays in order.
    """
    picked: list[Found] = []
    waiting: list[Found] = []
    places: dict[int, int] = {}
    for place, one in enumerate(found):
        if len(picked) >= k or (place >= _SOON * k and len(picked) + len(waiting) >= k):
            break
        if _new(one, (*picked, *waiting)):
            places[id(one)] = place
            seen = any(_alike(one.look, other.look, SAME_LOOK) for other in picked)
            (waiting if seen and len(one.look) >= _LEAST else picked).append(one)
    return tuple(sorted((picked + waiting)[:k], key=lambda one: places[id(one)]))


def _new(one: Found, others: Iterable[Found]) -> bool:
    return not any(
        one.family == other.family or _alike(one.words, other.words, ALIKE) for other in others
    )


def _alike(a: Set[str], b: Set[str], least: float) -> bool:
    # The sizes alone bound the overlap: most pairs need no intersection.
    small, large = sorted((len(a), len(b)))
    return small > 0 and small >= least * large and jaccard(a, b) >= least
