"""What every vector index shares: checked input, and the best of some scores with ties by key."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bozzetto.types import Keys, Vectors

__all__ = ["best", "best_in_order", "empty", "positions", "sorted_rows"]

_DIGITS = 6
"""Scores are told apart to here: the same row scores alike wherever it lies in a block."""


def sorted_rows(keys: Keys, vectors: Vectors) -> tuple[Keys, Vectors]:
    """Keys and vectors in the order of the keys, which makes ties by key ties by row.

    Raises:
        ValueError: the shapes differ, keys repeat, or a value is not finite.
    """
    keys = np.asarray(keys, dtype=np.int64)
    if vectors.ndim != 2 or keys.shape != (len(vectors),):
        raise ValueError(f"keys of shape {keys.shape} do not fit vectors of {vectors.shape}")
    if len(keys) > 1 and not (np.diff(keys) > 0).all():
        order = np.argsort(keys, kind="stable")
        keys, vectors = keys[order], vectors[order]
        if (np.diff(keys) == 0).any():
            raise ValueError("keys repeat")
    if not all(np.isfinite(vectors[a : a + 65_536]).all() for a in range(0, len(keys), 65_536)):
        raise ValueError("a vector holds a value that is not finite")
    return keys, vectors


def best(scores: Vectors, k: int, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Vectors]:
    """The k best rows and their scores, best first, the lower row first among equals."""
    if k <= 0 or not len(scores):
        return empty()
    scores, rows = _rounded(scores, k, rows)
    order = np.lexsort((rows, -scores))[:k]
    return rows[order], scores[order]


def best_in_order(
    scores: Vectors, k: int, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Vectors]:
    """What `best` finds among ascending rows, ascending: a tenth of the time, without sorting."""
    if k <= 0 or not len(scores):
        return empty()
    scores, rows = _rounded(scores, k, rows)
    if k < len(scores):
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        equal = np.flatnonzero(scores == cut)
        taken = scores > cut
        taken[equal[: k - int(taken.sum())]] = True
        scores, rows = scores[taken], rows[taken]
    return rows, scores


def _rounded(scores: Vectors, k: int, rows: NDArray[np.int64]) -> tuple[Vectors, NDArray[np.int64]]:
    """The scores, as they are told apart, of those rows that may be among the k best."""
    if k < len(scores):
        cut = np.partition(scores, len(scores) - k)[len(scores) - k]
        near = np.flatnonzero(scores >= cut - 2 * 10.0**-_DIGITS)
        scores, rows = scores[near], rows[near]
    return np.round(scores, _DIGITS).astype(np.float32), rows


def positions(keys: Keys, allow: Keys) -> NDArray[np.int64]:
    """The rows of those of the allowed keys that are there, ascending; `keys` is sorted."""
    if not len(keys):
        return np.empty(0, dtype=np.int64)
    rows = np.searchsorted(keys, allow)
    rows = np.minimum(rows, len(keys) - 1)
    found: NDArray[np.int64] = np.unique(rows[keys[rows] == allow]).astype(np.int64)
    return found


def empty() -> tuple[Keys, Vectors]:
    """No results."""
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
