from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bozzetto.adapters.vectors.exact import ExactIndex
from bozzetto.adapters.vectors.faiss import FaissIndex
from bozzetto.testing.vectors import clustered

ROWS = 30_000


@pytest.fixture(scope="module")
def pair() -> tuple[ExactIndex, FaissIndex]:
    vectors = clustered(ROWS, 48, seed=5)
    keys = np.arange(ROWS, dtype=np.int64) * 2
    exact, faiss = ExactIndex(), FaissIndex()
    exact.build(keys, vectors)
    faiss.build(keys, vectors)
    return exact, faiss


@pytest.mark.parametrize("share", [2, 50, 3_000])
def test_few_allowed_rows_are_found_among_many(
    pair: tuple[ExactIndex, FaissIndex], share: int
) -> None:
    exact, faiss = pair
    allow = np.arange(0, ROWS * 2, 2 * share, dtype=np.int64)
    queries = clustered(20, 48, seed=6)
    shared = [
        len(set(exact.search(q, 10, allow)[0]) & set(faiss.search(q, 10, allow)[0]))
        / len(exact.search(q, 10, allow)[0])
        for q in queries
    ]
    assert np.mean(shared) >= 0.9


def test_inverted_lists_survive_the_disk(
    pair: tuple[ExactIndex, FaissIndex], tmp_path: Path
) -> None:
    _, faiss = pair
    faiss.save(tmp_path)
    loaded = FaissIndex()
    loaded.load(tmp_path)
    query = clustered(1, 48, seed=7)[0]
    allow = np.arange(0, 6_000, 2, dtype=np.int64)
    assert loaded.search(query, 10, allow)[0].tolist() == faiss.search(query, 10, allow)[0].tolist()


def test_inverted_lists_from_the_disk_take_rows(
    pair: tuple[ExactIndex, FaissIndex], tmp_path: Path
) -> None:
    exact, faiss = pair
    faiss.save(tmp_path)
    before = (tmp_path / "vectors.faiss").read_bytes()
    loaded = FaissIndex()
    loaded.load(tmp_path)
    old, new = clustered(2, 48, seed=8)
    loaded.put(np.array([10, ROWS * 2], dtype=np.int64), np.stack([old, new]))
    assert len(loaded) == ROWS + 1
    assert loaded.search(old, 1)[0].tolist() == [10]
    assert loaded.search(new, 1)[0].tolist() == [ROWS * 2]
    nearest = exact.search(clustered(1, 48, seed=9)[0], 1)[0]
    assert loaded.search(clustered(1, 48, seed=9)[0], 1)[0].tolist() == nearest.tolist()
    assert (tmp_path / "vectors.faiss").read_bytes() == before
