"""How near to everything a prompt is, and how near to anything an embedder thinks texts are.

Vectors that are near to everything are found for everything (Radovanović et al. 2010), so a share
of the mean similarity to a prompt's nearest neighbours in a sample of the library is taken off,
as CSLS does (Conneau et al. 2018).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from bozzetto.search.fuse import Leg, lookup
from bozzetto.types import Keys, Vectors

__all__ = ["HUBNESS", "Scale", "hubness", "less_hubs", "scale_of", "spread"]

Rows = TypeVar("Rows", Vectors, Keys)

HUBNESS = 0.25
_SAMPLE = 1_400
_SAMPLE_LEAST = 200
_NEIGHBOURS = 20
_USUAL_HUBNESS = 0.46
"""Taken for prompts of a library too small to tell, so that scores mean the same there."""

_USUAL_PAIR = 0.15
"""How alike two prompts are to our English embedder, in the mean over ten thousand."""

_BLOCK = 16_384


def less_hubs(keys: Keys, hubs: Vectors, found: Keys, scores: Vectors) -> tuple[Keys, Vectors]:
    """What was found with its hubness taken off; `keys` ascend and have one each."""
    return found, scores - HUBNESS * lookup(keys, hubs, found, 0.0)


def spread(vectors: Rows, most: int = _SAMPLE) -> Rows:
    """Rows spread evenly over the library, against which hubness is measured; none of a few."""
    if len(vectors) < _SAMPLE_LEAST:
        return vectors[:0]
    return vectors[:: -(-len(vectors) // most)].copy()


def hubness(vectors: Vectors, sample: Vectors) -> Vectors:
    """The mean similarity of vectors to their nearest of a sample, shape (n,)."""
    hubs = np.full(len(vectors), _USUAL_HUBNESS, dtype=np.float32)
    if not len(sample):
        return hubs
    count = max(1, round(len(sample) * _NEIGHBOURS / _SAMPLE))
    for start in range(0, len(vectors), _BLOCK):
        near = vectors[start : start + _BLOCK] @ sample.T
        near = np.partition(near, len(sample) - count, axis=1)[:, -count:]
        hubs[start : start + _BLOCK] = near.mean(axis=1)
    return hubs


@dataclass(frozen=True, slots=True)
class Scale:
    """What puts one embedder's similarities on the scale of another's.

    Some crowd all texts between .7 and .9, and what is near is hardly nearer than what is not;
    beside the other legs, which are weighed for our own embedders, that would count for nothing.
    """

    factor: float
    shift: float

    def of(self, leg: Leg) -> Leg:
        """A leg on the other scale; its order stays."""
        moved = leg.scores * np.float32(self.factor) + np.float32((1 - HUBNESS) * self.shift)
        return replace(leg, scores=moved)


def scale_of(sample: Vectors, hubs: Vectors) -> Scale | None:
    """The scale on which two prompts, and a prompt and its nearest, are as alike as for ours.

    None for a library too small to tell.
    """
    if not len(sample) or not len(hubs):
        return None
    pairs = sample @ sample.T
    far = float((pairs.sum() - np.trace(pairs)) / (len(sample) * (len(sample) - 1)))
    factor = (_USUAL_HUBNESS - _USUAL_PAIR) / max(float(hubs.mean()) - far, 1e-3)
    return Scale(factor, _USUAL_PAIR - factor * far)
