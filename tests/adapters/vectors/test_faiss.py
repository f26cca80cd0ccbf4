from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.adapters.vectors.exact import ExactIndex
from bozzetto.adapters.vectors.faiss import FaissIndex
from bozzetto.testing.vectors import clustered
from bozzetto.types import Keys, Vectors

ROWS = 30_000


@pytest.fixture(scope="module")
def pair() -> tuple[ExactIndex, FaissIndex]:
    vectors = clustered(ROWS, 48, seed=5)
    keys = np.arange(ROWS, dtype=np.int64) * 2
    exact, faiss = ExactIndex(), FaissIndex()
    exact.build(keys, vectors)
    faiss.build(keys, vectors)
    return exact, faiss


def shared(pair: tuple[ExactIndex, FaissIndex], allow: Keys, queries: Vectors) -> float:
    """The share of the true ten nearest of those allowed that are found."""
    exact, faiss = pair
    true = [set(exact.search(query, 10, allow)[0]) for query in queries]
    found = [set(faiss.search(query, 10, allow)[0]) for query in queries]
    return float(np.mean([len(a & b) / len(a) for a, b in zip(true, found, strict=True)]))


@pytest.mark.parametrize("share", [2, 10, 100, 1_000, 3_000])
def test_few_allowed_rows_are_found_among_many(
    pair: tuple[ExactIndex, FaissIndex], share: int
) -> None:
    allow = np.arange(0, ROWS * 2, 2 * share, dtype=np.int64)
    assert shared(pair, allow, clustered(50, 48, seed=6)) >= 0.95


@pytest.mark.parametrize("share", [0.001, 0.01, 0.5])
def test_those_allowed_are_found_far_from_what_is_asked(
    pair: tuple[ExactIndex, FaissIndex], share: float
) -> None:
    queries = clustered(ROWS, 48, seed=5)[::600] + 0.1 * clustered(50, 48, seed=6)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    far, _ = pair[0].search(-queries.mean(axis=0), int(ROWS * share))
    assert shared(pair, np.sort(far), queries) >= 0.95


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.integers(0, 7), min_size=1, max_size=60),
    allow=st.sets(st.integers(-3, 130)),
    k=st.integers(1, 70),
)
def test_order_and_ties_are_those_of_the_exact_index(
    rows: list[int], allow: set[int], k: int
) -> None:
    """Eight directions only, so that most rows tie with others."""
    vectors = clustered(8, 16, seed=3)[rows]
    keys = np.arange(len(rows), dtype=np.int64) * 2
    exact, faiss = ExactIndex(), FaissIndex()
    for index in (exact, faiss):
        index.build(keys, vectors)
    allowed = np.array(sorted(allow), dtype=np.int64)
    for filtered in (None, allowed):
        mine, theirs = (index.search(vectors[0], k, filtered) for index in (faiss, exact))
        assert mine[0].tolist() == theirs[0].tolist()
        assert mine[1] == pytest.approx(theirs[1], abs=1e-5)


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
