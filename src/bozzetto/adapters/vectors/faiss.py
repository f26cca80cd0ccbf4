"""FAISS: inverted lists of 8-bit scalar-quantised vectors; flat where the library is small.

Douze et al. 2024, "The Faiss library". Inner product throughout.
"""

from __future__ import annotations

import math
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from bozzetto.adapters import manifest
from bozzetto.adapters.vectors.ranking import best, empty, positions, sorted_rows
from bozzetto.errors import DataError
from bozzetto.ports import VectorIndexFeatures
from bozzetto.types import Keys, Vectors

__all__ = ["FaissIndex", "open_index"]

_VERSION = 1

_FLAT_BELOW = 20_000
"""Fewer rows are compared one by one: training lists would not pay."""

_TRAINING_PER_LIST = 40
_TRAINING_ROUNDS = 8
_PROBED_SHARE = 1 / 24
_PROBED_LEAST = 24
_SLACK = 16
"""Asked for beyond k, so that ties at the end are broken by key and not by chance."""


class FaissIndex:
    """The index; empty until `build` or `load`."""

    def __init__(self) -> None:
        self._keys: Keys = np.empty(0, dtype=np.int64)
        self._index: faiss.Index | None = None

    @property
    def features(self) -> VectorIndexFeatures:
        """What the index is."""
        return VectorIndexFeatures(name="faiss", exact=False, filters=True)

    def build(self, keys: Keys, vectors: Vectors) -> None:
        """Replace the content.

        Raises:
            ValueError: shapes differ, keys repeat, or a value is not finite.
        """
        keys, vectors = sorted_rows(keys, vectors)
        index = _flat(vectors) if len(keys) < _FLAT_BELOW else _lists(vectors)
        self._keys, self._index = keys, index

    def search(self, query: Vectors, k: int, allow: Keys | None = None) -> tuple[Keys, Vectors]:
        """The k best keys and their inner products, best first, ties by key."""
        rows = None if allow is None else positions(self._keys, allow)
        count = len(self) if rows is None else len(rows)
        if self._index is None or not count or k <= 0:
            return empty()
        wanted = min(k + _SLACK, count)
        row = np.ascontiguousarray(query, dtype=np.float32)[None, :]
        scores, found = self._index.search(row, wanted, params=self._parameters(self._index, rows))
        real = found[0] >= 0
        picked, top = best(scores[0][real], k, found[0][real])
        return self._keys[picked], top

    def save(self, folder: Path) -> None:
        """Write into an empty folder."""
        names = ["keys.npy"]
        np.save(folder / "keys.npy", self._keys)
        if self._index is not None:
            faiss.write_index(self._index, str(folder / "vectors.faiss"))
            names.append("vectors.faiss")
        manifest.write(folder, "faiss", _VERSION, names)

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of another version.
        """
        manifest.check(folder, "faiss", _VERSION)
        path = folder / "vectors.faiss"
        try:
            keys = np.load(folder / "keys.npy")
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP) if path.exists() else None
        except (OSError, ValueError, RuntimeError) as error:
            raise DataError(f"the faiss index in {folder} cannot be read: {error}") from error
        if len(keys) != (index.ntotal if index is not None else 0):
            raise DataError(f"the faiss index in {folder} does not hold what its keys say")
        self._keys, self._index = keys, index

    def __len__(self) -> int:
        return len(self._keys)

    def _parameters(
        self, index: faiss.Index, rows: NDArray[np.int64] | None
    ) -> faiss.SearchParameters:
        """How to search: which rows, and how many lists, more the fewer rows are allowed."""
        chosen = {} if rows is None else {"sel": _selector(rows, len(self))}
        if not isinstance(index, faiss.IndexIVF):
            return faiss.SearchParameters(**chosen)
        probed = max(_PROBED_LEAST, index.nlist * _PROBED_SHARE)
        if rows is not None:
            probed *= len(self) / len(rows)
        # The wrapper takes fields by name, which its stub does not know.
        lists = min(index.nlist, math.ceil(probed))
        return faiss.SearchParametersIVF(nprobe=lists, **chosen)  # type: ignore[call-arg]


def open_index(rest: str = "") -> FaissIndex:
    """An empty index `faiss:`."""
    return FaissIndex()


def _flat(vectors: Vectors) -> faiss.Index:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors))
    return index


def _lists(vectors: Vectors) -> faiss.Index:
    """Inverted lists trained on an even sample: the same rows give the same index."""
    dim = vectors.shape[1]
    count = 1 << round(math.log2(2 * math.sqrt(len(vectors))))
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, count, kind, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.max_points_per_centroid = _TRAINING_PER_LIST
    step = max(1, len(vectors) // (count * _TRAINING_PER_LIST))
    index.train(np.ascontiguousarray(vectors[::step]))
    for start in range(0, len(vectors), 65_536):
        index.add(np.ascontiguousarray(vectors[start : start + 65_536]))
    return index


def _selector(rows: NDArray[np.int64], count: int) -> faiss.IDSelector:
    mask = np.zeros(count, dtype=bool)
    mask[rows] = True
    # The wrapper takes the array alone, whatever its stub says.
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
