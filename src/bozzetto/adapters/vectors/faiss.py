"""FAISS: inverted lists of 8-bit scalar-quantised vectors; flat where the library is small.

Douze et al. 2024, "The Faiss library". Inner product throughout. Lists are read through a
memory map: a search reads the few it probes, and a library of millions takes little memory.
"""

from __future__ import annotations

import math
from pathlib import Path

import faiss
import numpy as np

from bozzetto.adapters import manifest
from bozzetto.adapters.vectors.ranking import best, empty, sorted_rows
from bozzetto.errors import DataError
from bozzetto.ports import VectorIndexFeatures
from bozzetto.types import Keys, Vectors

__all__ = ["FaissIndex", "open_index"]

_VERSION = 2

_FLAT_BELOW = 20_000
"""Fewer rows are compared one by one: training lists would not pay."""

_TRAINING_PER_LIST = 40
_TRAINING_ROUNDS = 8
_PROBED_SHARE = 1 / 36
_COMPARED_LEAST = 32_768
"""Lists are probed by their share, and as many as hold so many rows: of 134,000 a share alone
found .93 of the true ten nearest."""
_SLACK = 16
"""Asked for beyond k, so that ties at the end are broken by key and not by chance."""

_CHUNK = 65_536


class FaissIndex:
    """The index; empty until `build`, `begin` or `load`."""

    def __init__(self) -> None:
        self._index: faiss.Index | None = None
        self._last = -1  # no key is higher
        self._mapped: Path | None = None
        self._allowed: tuple[Keys, faiss.IDSelector] | None = None

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
        self.begin(vectors, len(keys))
        self.put(keys, vectors)

    def begin(self, sample: Vectors, rows: int) -> None:
        """Start anew, for about so many rows like those of the sample."""
        dim = sample.shape[1]
        few = rows < _FLAT_BELOW
        self._index = faiss.IndexIDMap(faiss.IndexFlatIP(dim)) if few else _lists(sample, rows)
        self._last, self._allowed, self._mapped = -1, None, None

    def put(self, keys: Keys, vectors: Vectors) -> None:
        """Add rows; those whose keys are there take the place of the old ones.

        Raises:
            ValueError: shapes differ, keys repeat, or a value is not finite.
        """
        if self._index is None:
            raise ValueError("an index takes rows once it has begun")
        keys, vectors = sorted_rows(keys, vectors)
        if not len(keys):
            return
        index = self._index = self._writable(self._index)
        if keys[0] <= self._last:
            index.remove_ids(faiss.IDSelectorBatch(keys))
        for start in range(0, len(keys), _CHUNK):
            rows = np.ascontiguousarray(vectors[start : start + _CHUNK], dtype=np.float32)
            index.add_with_ids(rows, keys[start : start + _CHUNK])
        self._last = max(self._last, int(keys[-1]))

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """The k best keys and their inner products, best first, ties by key."""
        count = len(self) if allow is None else min(len(self), len(allow))
        if self._index is None or not count or k <= 0:
            return empty()
        wanted = min(k + _SLACK, count)
        row = np.ascontiguousarray(query, dtype=np.float32)[None, :]
        scores, found = self._index.search(
            row, wanted, params=self._parameters(allow, thorough=thorough)
        )
        real = found[0] >= 0
        return best(scores[0][real], k, found[0][real])

    def save(self, folder: Path) -> None:
        """Write into an empty folder."""
        names = []
        if self._index is not None:
            faiss.write_index(self._index, str(folder / "vectors.faiss"))
            names.append("vectors.faiss")
        manifest.write(folder, "faiss", _VERSION, names, last=self._last, rows=len(self))

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of another version.
        """
        facts = manifest.check(folder, "faiss", _VERSION)
        path = folder / "vectors.faiss"
        mapped = path if path.exists() else None
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP) if mapped else None
        except (OSError, ValueError, RuntimeError) as error:
            raise DataError(f"the faiss index in {folder} cannot be read: {error}") from error
        if facts.get("rows") != (index.ntotal if index is not None else 0):
            raise DataError(f"the faiss index in {folder} does not hold what its header says")
        self._index, self._last, self._allowed = index, facts.get("last", -1), None
        self._mapped = mapped

    def __len__(self) -> int:
        return self._index.ntotal if self._index is not None else 0

    def _writable(self, index: faiss.Index) -> faiss.Index:
        """The index in memory: what is mapped from the disk cannot be changed."""
        if self._mapped is not None:
            index = faiss.read_index(str(self._mapped))
            self._mapped = None
        return index

    def _parameters(self, allow: Keys | None, *, thorough: bool) -> faiss.SearchParameters:
        """How to search: which rows, and how many lists, more the fewer rows are allowed."""
        chosen = {} if allow is None else {"sel": self._selector(allow)}
        index = self._index
        if not isinstance(index, faiss.IndexIVF):
            return faiss.SearchParameters(**chosen)
        probed = index.nlist * max(_PROBED_SHARE, _COMPARED_LEAST / max(1, len(self)))
        if thorough:
            probed = index.nlist
        elif allow is not None:
            # Squared, for those that are allowed may all lie in other lists than the nearest.
            probed *= max(1.0, len(self) / len(allow)) ** 2
        # The wrapper takes fields by name, which its stub does not know.
        lists = min(index.nlist, math.ceil(probed))
        return faiss.SearchParametersIVF(nprobe=lists, **chosen)  # type: ignore[call-arg]

    def _selector(self, allow: Keys) -> faiss.IDSelector:
        """A bit for each key; that of the last search is kept, for a million take long."""
        if self._allowed is None or self._allowed[0] is not allow:
            self._allowed = allow, _selector(allow, self._last + 1)
        return self._allowed[1]


def open_index(rest: str = "") -> FaissIndex:
    """An empty index `faiss:`."""
    return FaissIndex()


def _lists(sample: Vectors, rows: int) -> faiss.Index:
    """Inverted lists trained on an even share of the sample: the same rows, the same index."""
    dim = sample.shape[1]
    count = 1 << round(math.log2(2 * math.sqrt(rows)))
    kind = faiss.ScalarQuantizer.QT_8bit
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dim), dim, count, kind, faiss.METRIC_INNER_PRODUCT
    )
    index.cp.niter = _TRAINING_ROUNDS
    index.cp.max_points_per_centroid = _TRAINING_PER_LIST
    step = max(1, len(sample) // (count * _TRAINING_PER_LIST))
    index.train(np.ascontiguousarray(sample[::step], dtype=np.float32))
    return index


def _selector(allow: Keys, count: int) -> faiss.IDSelector:
    mask = np.zeros(count, dtype=bool)
    mask[allow[(allow >= 0) & (allow < count)]] = True
    # The wrapper takes the array alone, whatever its stub says.
    return faiss.IDSelectorBitmap(np.packbits(mask, bitorder="little"))  # type: ignore[call-arg, arg-type]
