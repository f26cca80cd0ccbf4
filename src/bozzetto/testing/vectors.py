"""The contract of `bozzetto.ports.VectorIndex`, as tests to inherit.

    class TestMine(VectorIndexContract):
        @pytest.fixture
        def make(self) -> Callable[[], VectorIndex]:
            return MyIndex

An index that is not exact must still find the true nearest of the few rows used here, and
.95 of the true ten among `many` clustered ones.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bozzetto.errors import DataError
from bozzetto.ports import VectorIndex
from bozzetto.types import Keys, Vectors

__all__ = ["VectorIndexContract", "clustered"]


def clustered(rows: int, dim: int, seed: int = 0) -> Vectors:
    """Unit vectors around one centre for every hundred rows, as texts of a library lie."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((max(1, rows // 100), dim), dtype=np.float32)
    vectors = centres[random.integers(len(centres), size=rows)]
    vectors += 0.7 * random.standard_normal((rows, dim), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


class VectorIndexContract:
    """Subclass with a fixture `make` that returns a factory of empty indexes."""

    many = 5_000
    """Rows of the recall test; raise it to where the index changes its structure."""

    @pytest.fixture
    def make(self) -> Callable[[], VectorIndex]:
        """A factory of the index under test."""
        raise NotImplementedError("override the fixture `make`")

    @pytest.fixture
    def vectors(self) -> Vectors:
        """Five hundred rows of 32."""
        return clustered(500, 32)

    @pytest.fixture
    def keys(self) -> Keys:
        """Keys that are neither dense nor in order."""
        keys = np.arange(500, dtype=np.int64) * 7 + 3
        return np.random.default_rng(1).permutation(keys)

    @pytest.fixture
    def index(self, make: Callable[[], VectorIndex], keys: Keys, vectors: Vectors) -> VectorIndex:
        """An index of the five hundred."""
        index = make()
        index.build(keys, vectors)
        return index

    def test_features_are_stated(self, make: Callable[[], VectorIndex]) -> None:
        """A name, and whether filters are honoured inside."""
        features = make().features
        assert features.name
        assert features.filters

    def test_a_new_index_is_empty(
        self, make: Callable[[], VectorIndex], vectors: Vectors, tmp_path: Path
    ) -> None:
        """It holds and finds nothing, before and after a journey over the disk."""
        index = make()
        index.build(np.empty(0, np.int64), np.empty((0, 32), np.float32))
        index.save(tmp_path)
        loaded = make()
        loaded.load(tmp_path)
        for empty in (make(), index, loaded):
            assert len(empty) == 0
            assert [len(part) for part in empty.search(vectors[0], 5)] == [0, 0]

    def test_the_best_come_first_with_their_scores(
        self, index: VectorIndex, keys: Keys, vectors: Vectors
    ) -> None:
        """As NumPy finds them."""
        assert len(index) == 500
        scores = vectors @ vectors[7]
        order = np.lexsort((keys, -scores))[:10]
        found, given = index.search(vectors[7], 10)
        assert found.dtype == np.int64
        assert given.dtype == np.float32
        assert found.tolist() == keys[order].tolist()
        assert given == pytest.approx(scores[order], abs=0.01)

    def test_any_k_is_answered(self, index: VectorIndex, keys: Keys, vectors: Vectors) -> None:
        """None, one, all, and no more than there are."""
        assert [len(part) for part in index.search(vectors[0], 0)] == [0, 0]
        assert index.search(vectors[0], 1)[0].tolist() == [keys[0]]
        assert sorted(index.search(vectors[0], 10**9)[0].tolist()) == sorted(keys.tolist())

    def test_a_thorough_search_misses_nothing(
        self, index: VectorIndex, keys: Keys, vectors: Vectors
    ) -> None:
        """It looks at every row, with a filter and without."""
        for allow in (None, np.sort(keys)):
            found, _ = index.search(vectors[5], 500, allow, thorough=True)
            assert sorted(found.tolist()) == sorted(keys.tolist())

    def test_ties_go_by_key(self, make: Callable[[], VectorIndex]) -> None:
        """Equal vectors come in the order of their keys, at the cut too."""
        index = make()
        row = clustered(1, 32)
        index.build(np.array([9, 4, 7, 1, 5], np.int64), np.repeat(row, 5, axis=0))
        assert index.search(row[0], 5)[0].tolist() == [1, 4, 5, 7, 9]
        assert index.search(row[0], 2)[0].tolist() == [1, 4]

    @pytest.mark.parametrize("share", [1, 3, 60, 499])
    def test_only_allowed_keys_are_found(
        self, index: VectorIndex, keys: Keys, vectors: Vectors, share: int
    ) -> None:
        """The best of those allowed; unknown keys among them are no matter."""
        allowed = np.sort(keys)[::share]
        asked = np.sort(np.concatenate([allowed, allowed[:3] + 1]))
        rows = np.flatnonzero(np.isin(keys, allowed))
        scores = vectors[rows] @ vectors[3]
        order = np.lexsort((keys[rows], -scores))[:10]
        assert index.search(vectors[3], 10, asked)[0].tolist() == keys[rows][order].tolist()

    def test_nothing_allowed_finds_nothing(self, index: VectorIndex, vectors: Vectors) -> None:
        """An empty list of keys is not the lack of one."""
        assert len(index.search(vectors[0], 5, np.empty(0, np.int64))[0]) == 0
        assert len(index.search(vectors[0], 5, np.array([1, 2], np.int64))[0]) == 0

    def test_what_was_saved_is_loaded(
        self, make: Callable[[], VectorIndex], index: VectorIndex, vectors: Vectors, tmp_path: Path
    ) -> None:
        """The same answers, filters included."""
        index.save(tmp_path)
        loaded = make()
        loaded.load(tmp_path)
        assert len(loaded) == len(index)
        for allow in (None, np.arange(3, 900, 7, dtype=np.int64)):
            mine, theirs = loaded.search(vectors[9], 20, allow), index.search(vectors[9], 20, allow)
            assert mine[0].tolist() == theirs[0].tolist()
            assert mine[1].tolist() == theirs[1].tolist()

    def test_building_again_replaces(self, index: VectorIndex, vectors: Vectors) -> None:
        """Nothing of the old content is left."""
        index.build(np.array([2, 1], np.int64), vectors[:2])
        assert len(index) == 2
        assert index.search(vectors[0], 10)[0].tolist() == [2, 1]

    def test_rows_come_in_pieces(
        self, make: Callable[[], VectorIndex], keys: Keys, vectors: Vectors, tmp_path: Path
    ) -> None:
        """As if they had been there at once: new ones, and others in the place of old ones."""
        index = make()
        index.begin(vectors[:100], len(keys))
        index.put(keys[:300], vectors[:300])
        index.put(keys[200:], vectors[200:][::-1])
        index.save(tmp_path)
        loaded = make()
        loaded.load(tmp_path)
        loaded.put(keys[200:], vectors[200:])
        once = make()
        once.build(keys, vectors)
        assert len(loaded) == len(once) == 500
        for allow in (None, np.sort(keys)[::7]):
            mine, theirs = loaded.search(vectors[9], 20, allow), once.search(vectors[9], 20, allow)
            assert mine[0].tolist() == theirs[0].tolist()
            assert mine[1] == pytest.approx(theirs[1], abs=1e-5)

    def test_bad_rows_are_refused(self, make: Callable[[], VectorIndex], vectors: Vectors) -> None:
        """Shapes that differ, keys that repeat, values that are not finite."""
        broken = vectors[:2].copy()
        broken[1, 0] = np.nan
        for keys, rows in (([1, 2, 3], vectors[:2]), ([1, 1], vectors[:2]), ([1, 2], broken)):
            with pytest.raises(ValueError):
                make().build(np.array(keys, np.int64), rows)

    def test_a_broken_folder_is_told(
        self, make: Callable[[], VectorIndex], index: VectorIndex, tmp_path: Path
    ) -> None:
        """Each file truncated, emptied, changed at its end, or missing."""
        index.save(tmp_path)
        for path in sorted(tmp_path.iterdir()):
            content = path.read_bytes()
            half, last = content[: len(content) // 2], bytes([content[-1] ^ 0x55])
            for damaged in (half, b"", content[:-1] + last, None):
                path.unlink()
                if damaged is not None:
                    path.write_bytes(damaged)
                with pytest.raises(DataError):
                    make().load(tmp_path)
                path.write_bytes(content)
        make().load(tmp_path)
        with pytest.raises(DataError):
            make().load(tmp_path / "nothing here")

    def test_recall_among_many(self, make: Callable[[], VectorIndex]) -> None:
        """.95 of the true ten nearest; all of them where the index says it is exact."""
        vectors = clustered(self.many, 64, seed=2)
        index = make()
        index.build(np.arange(self.many, dtype=np.int64), vectors)
        queries = vectors[:: self.many // 100]
        found = [set(index.search(query, 10)[0].tolist()) for query in queries]
        true = [set(np.argsort(-(vectors @ query))[:10].tolist()) for query in queries]
        recall = np.mean([len(a & b) / 10 for a, b in zip(found, true, strict=True)])
        assert recall >= (0.999 if index.features.exact else 0.95)
