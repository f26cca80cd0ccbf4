"""Every vector compared with the query, in NumPy: the oracle, and the index of small libraries.

Vectors are kept as float32 and read through a memory map: nothing is converted, a search
right after `load` is as fast as any, and 10,000 rows of 384 take 15 MB.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bozzetto.adapters import manifest
from bozzetto.adapters.vectors.ranking import best_in_order, empty, positions, sorted_rows
from bozzetto.errors import DataError
from bozzetto.ports import VectorIndexFeatures
from bozzetto.types import Keys, Vectors

__all__ = ["ExactIndex", "open_index"]

_VERSION = 1

_DENSE_SHARE = 8
"""Allowed rows are gathered when fewer than one in this many; else all are scored."""


_BLOCK = 256
"""Rows that stay in a processor's own memory while they are compared with several queries."""


class ExactIndex:
    """The index; empty until `build` or `load`."""

    def __init__(self) -> None:
        self._keys: Keys = np.empty(0, dtype=np.int64)
        self._vectors: Vectors = np.empty((0, 0), dtype=np.float32)

    @property
    def features(self) -> VectorIndexFeatures:
        """What the index is."""
        return VectorIndexFeatures(name="exact", exact=True, filters=True)

    def build(self, keys: Keys, vectors: Vectors) -> None:
        """Replace the content.

        Raises:
            ValueError: shapes differ, keys repeat, or a value is not finite.
        """
        self._keys, self._vectors = sorted_rows(keys, np.asarray(vectors, dtype=np.float32))

    def begin(self, sample: Vectors, rows: int) -> None:
        """Start anew; it needs to know nothing."""
        self._keys = np.empty(0, dtype=np.int64)
        self._vectors = np.empty((0, sample.shape[1]), dtype=np.float32)

    def put(self, keys: Keys, vectors: Vectors) -> None:
        """Add rows; those whose keys are there take the place of the old ones.

        Raises:
            ValueError: shapes differ, keys repeat, or a value is not finite.
        """
        stay = ~np.isin(self._keys, keys)
        kept = self._vectors[stay] if stay.any() else vectors[:0]
        self.build(np.concatenate([self._keys[stay], keys]), np.concatenate([kept, vectors]))

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """The k best keys and their inner products, best first, ties by key."""
        ((keys, scores),) = self.search_many([query], k, [allow])
        order = np.argsort(-scores, kind="stable")
        return keys[order], scores[order]

    def search_many(
        self, queries: Sequence[Vectors], k: int, allow: Sequence[Keys | None]
    ) -> list[tuple[Keys, Vectors]]:
        """What `search` finds for each query among the keys that it allows, by key."""
        if not len(self):
            return [empty() for _ in queries]
        asked = [np.asarray(query, dtype=np.float32) for query in queries]
        every = np.arange(len(self), dtype=np.int64)
        rows = [every if keys is None else positions(self._keys, keys) for keys in allow]
        found = [best_in_order(scores, k, at) for scores, at in self._scores(asked, rows)]
        return [(self._keys[at], scores) for at, scores in found]

    def _scores(
        self, queries: Sequence[Vectors], rows: Sequence[NDArray[np.int64]]
    ) -> Iterator[tuple[Vectors, NDArray[np.int64]]]:
        """The scores of the rows that each query may find, with those."""
        many = [place for place, at in enumerate(rows) if len(at) * _DENSE_SHARE >= len(self)]
        scored = dict(zip(many, self._score_all([queries[at] for at in many]), strict=True))
        for place, (query, at) in enumerate(zip(queries, rows, strict=True)):
            if place not in scored:
                yield self._vectors[at] @ query, at
            else:
                every = len(at) == len(self)
                yield scored[place] if every else scored[place][at], at

    def _score_all(self, queries: Sequence[Vectors]) -> Sequence[Vectors]:
        """The scores of every row for each query: block by block, while one is near at hand.

        A product of a matrix and a vector each, for that does not depend on the others.
        """
        if not queries:
            return []
        whole = len(self) // _BLOCK * _BLOCK
        blocks = self._vectors[:whole].reshape(-1, 1, _BLOCK, self._vectors.shape[1])
        products = np.matmul(blocks, np.stack(queries)[None, :, :, None])
        return [
            np.concatenate([products[:, place, :, 0].ravel(), self._vectors[whole:] @ query])
            for place, query in enumerate(queries)
        ]

    def save(self, folder: Path) -> None:
        """Write into an empty folder."""
        np.save(folder / "keys.npy", self._keys)
        np.save(folder / "vectors.npy", self._vectors)
        manifest.write(folder, "exact", _VERSION, ("keys.npy", "vectors.npy"))

    def load(self, folder: Path) -> None:
        """Map what `save` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of another version.
        """
        manifest.check(folder, "exact", _VERSION)
        try:
            keys = np.load(folder / "keys.npy")
            vectors = np.load(folder / "vectors.npy", mmap_mode="r")
            self._keys, self._vectors = keys, vectors.view(np.ndarray)
        except (OSError, ValueError) as error:
            raise DataError(f"the exact index in {folder} cannot be read: {error}") from error

    def __len__(self) -> int:
        return len(self._keys)


def open_index(rest: str = "") -> ExactIndex:
    """An empty index `exact:`."""
    return ExactIndex()
