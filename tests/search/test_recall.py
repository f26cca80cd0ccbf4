from __future__ import annotations

import numpy as np
import pytest

from bozzetto.plugins import load
from bozzetto.ports import VectorIndex
from bozzetto.search.recall import sampled_recall
from bozzetto.testing.vectors import clustered
from bozzetto.types import Keys, Vectors

ROWS = 2_000
KEYS = np.arange(ROWS, dtype=np.int64) * 3 + 1
VECTORS = clustered(ROWS, 32, seed=3)


class Forgetful:
    """An exact index that finds only every second of the rows it has."""

    def __init__(self) -> None:
        self._inner: VectorIndex = load("vectors", "exact")()
        self._inner.build(KEYS, VECTORS)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        keys, scores = self._inner.search(query, k, allow)
        return (keys, scores) if thorough else (keys[::2], scores[::2])


def truth(keys: Keys) -> tuple[Keys, Vectors]:
    return keys, VECTORS[(keys - 1) // 3]


def half_gone(keys: Keys) -> tuple[Keys, Vectors]:
    there = keys[keys < ROWS * 3 // 2]
    return truth(there)


def index(scheme: str) -> VectorIndex:
    made: VectorIndex = load("vectors", scheme)()
    made.build(KEYS, VECTORS)
    return made


@pytest.mark.parametrize("known", [truth, half_gone])
def test_an_exact_index_finds_all(known: object) -> None:
    assert sampled_recall(index("exact"), KEYS, known) == 1.0  # type: ignore[arg-type]


def test_an_index_that_misses_half_is_told() -> None:
    found = sampled_recall(Forgetful(), KEYS, truth)
    assert found == pytest.approx(0.5)


def test_ties_are_as_good_as_each_other() -> None:
    made: VectorIndex = load("vectors", "exact")()
    alike = np.repeat(clustered(1, 32), 40, axis=0)
    made.build(KEYS[:40], alike)
    assert sampled_recall(made, KEYS[:40], lambda keys: (keys, alike[: len(keys)])) == 1.0


def test_nothing_has_no_recall() -> None:
    made: VectorIndex = load("vectors", "exact")()
    empty = np.empty(0, np.int64)
    assert sampled_recall(made, empty, lambda keys: (keys, VECTORS[:0])) is None


def test_few_rows_are_enough_to_ask() -> None:
    made: VectorIndex = load("vectors", "exact")()
    made.build(KEYS[:1], VECTORS[:1])
    assert sampled_recall(made, KEYS[:1], truth) == 1.0


def test_a_store_that_shows_nothing_yet_finds_nothing() -> None:
    made: VectorIndex = load("vectors", "exact")()
    made.build(KEYS[:0], VECTORS[:0])
    assert sampled_recall(made, KEYS, truth) == 0.0
