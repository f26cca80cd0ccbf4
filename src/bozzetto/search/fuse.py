"""The scores of several legs as one ranking; pure functions over arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bozzetto.types import Keys, Vectors

__all__ = ["Leg", "among", "best_of", "fuse", "lookup", "top"]

_CLOSE = 1 << 16
"""Keys that lie within so many numbers are looked up in a table, in a fifth of the time that
searching takes; beyond it the table leaves the processor's own memory."""


@dataclass(frozen=True, slots=True)
class Leg:
    """What one way of searching found: keys (ascending, distinct), scores, and its weight.

    A prompt the leg did not return scores `floor`, the lowest it did return: it would have
    scored no higher.
    """

    name: str
    keys: Keys
    scores: Vectors
    weight: float = 1.0

    @property
    def floor(self) -> float:
        """The score of what was not found."""
        return float(self.scores.min()) if len(self.scores) else 0.0

    def ascending(self) -> Leg:
        """The same, by key."""
        order = np.argsort(self.keys, kind="stable")
        return replace(self, keys=self.keys[order], scores=self.scores[order])


def best_of(name: str, parts: Sequence[tuple[Keys, Vectors]], weight: float = 1.0) -> Leg:
    """One leg from several searches, by the better score of each prompt."""
    keys = np.concatenate([np.empty(0, np.int64), *(part for part, _ in parts)])
    scores = np.concatenate([np.empty(0, np.float32), *(scores for _, scores in parts)])
    if not len(keys):
        return Leg(name, keys, scores, weight)
    if (span := _span(keys)) is not None:
        table = np.full(span[1], -np.inf, dtype=np.float32)
        for some, their in parts:  # the keys of one part are distinct
            table[some - span[0]] = np.maximum(table[some - span[0]], their)
        there = np.flatnonzero(table > -np.inf)
        return Leg(name, there + span[0], table[there], weight)
    order = np.argsort(keys)
    keys, scores = keys[order], scores[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    return Leg(name, keys[first], np.maximum.reduceat(scores, first), weight)


def fuse(legs: Sequence[Leg]) -> tuple[Keys, Vectors]:
    """The weighted sum of the legs: keys ascending, and their scores.

    A leg of weight 0 adds nothing to a score, but what it found is among the keys. With one
    leg the order is the leg's own; raising one prompt's score never lowers its place.
    """
    keys = _distinct(np.concatenate([np.empty(0, np.int64), *(leg.keys for leg in legs)]))
    total = np.zeros(len(keys), dtype=np.float32)
    for leg in legs:
        if leg.weight:
            total += np.float32(leg.weight) * lookup(leg.keys, leg.scores, keys, leg.floor)
    return keys, total


def lookup(keys: Keys, values: Vectors, wanted: Keys, missing: float) -> Vectors:
    """The values of wanted keys; `keys` ascends; `missing` stands for those not there."""
    if not len(keys) or not len(wanted):
        return np.full(len(wanted), missing, dtype=np.float32)
    if (span := _span(wanted, keys[:1], keys[-1:])) is not None:
        table = np.full(span[1], missing, dtype=np.float32)
        table[keys - span[0]] = values
        return table[wanted - span[0]]
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], np.float32(missing)).astype(np.float32)


def _distinct(keys: Keys) -> Keys:
    """Each key once, ascending."""
    if (span := _span(keys)) is not None:
        there = np.zeros(span[1], dtype=bool)
        there[keys - span[0]] = True
        return np.flatnonzero(there) + span[0]
    # np.unique would load a sixth of a second of NumPy that nothing else here needs.
    keys = np.sort(keys)
    return keys[np.diff(keys, prepend=-1) > 0]


def _span(*parts: Keys) -> tuple[int, int] | None:
    """The lowest key and how many numbers there are to the highest, where those are few."""
    if not all(map(len, parts)):
        return None
    low = min(int(part.min()) for part in parts)
    size = max(int(part.max()) for part in parts) - low + 1
    return (low, size) if size <= _CLOSE else None


def among(keys: Keys, allow: Keys) -> NDArray[np.bool_]:
    """Which keys are allowed; `allow` ascends."""
    if not len(allow):
        return np.zeros(len(keys), dtype=bool)
    at = np.minimum(np.searchsorted(allow, keys), len(allow) - 1)
    found: NDArray[np.bool_] = allow[at] == keys
    return found


def top(keys: Keys, scores: Vectors, k: int) -> tuple[Keys, Vectors]:
    """The k best, best first, ties by key."""
    if 0 < k < len(scores):
        near = np.flatnonzero(scores >= np.partition(scores, len(scores) - k)[len(scores) - k])
        keys, scores = keys[near], scores[near]
    order = np.lexsort((keys, -scores))[:k]
    return keys[order], scores[order]
