"""How much of the truth an index finds, asked of a sample."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np

from bozzetto.types import Keys, Vectors

__all__ = ["Searchable", "Truth", "sampled_recall"]

_QUERIES = 50
_K = 10

_WIDE = 4 * _K
"""Asked for, so that ten are left where some of them were deleted since."""

_DEEP = 100
"""What an index ranks beyond that by its shortened vectors is not among the true first ten."""

_SAME = 1e-4
"""Scores that differ by less are ties, of which any will do."""


class Searchable(Protocol):
    """What can be asked for the rows nearest to a query."""

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """As `VectorIndex.search`."""
        ...


Truth = Callable[[Keys], tuple[Keys, Vectors]]
"""Ascending keys to those still there and their vectors, as they were before any shortening."""


def sampled_recall(index: Searchable, keys: Keys, truth: Truth) -> float | None:
    """The share of the true ten nearest that the index finds, 0-1; None where it is empty.

    The queries lie between two prompts each, spread evenly over the library.
    """
    there, ends = truth(keys[:: -(-len(keys) // (2 * _QUERIES)) or 1])
    if not len(there):
        return None
    queries = ends + ends[::-1]
    queries = queries[: max(1, len(queries) // 2)]
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    found = [index.search(query, _WIDE)[0] for query in queries]
    deep = [index.search(query, _DEEP, thorough=True)[0] for query in queries]
    there, vectors = truth(_distinct([*found, *deep]))
    shares = [
        _share(near[np.isin(near, there)][:_K], there, vectors @ query)
        for near, query in zip(found, queries, strict=True)
    ]
    return float(np.mean(shares))


def _share(found: Keys, keys: Keys, scores: Vectors) -> float:
    """How many of those found are among the best, over how many there are to find."""
    wanted = min(_K, len(keys))
    if not wanted:  # a store that shows nothing yet of what it holds
        return 0.0
    least = np.sort(scores)[-wanted] - _SAME
    return min(1.0, float((scores[np.searchsorted(keys, found)] >= least).sum()) / wanted)


def _distinct(parts: list[Keys]) -> Keys:
    keys = np.sort(np.concatenate(parts))
    return keys[np.diff(keys, prepend=-1) > 0]
