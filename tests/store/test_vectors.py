from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from bozzetto.errors import SetupError
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Vectors

KEYS = text_hashes([f"text {n}" for n in range(3000)])


def vectors(count: int, seed: int = 0) -> Vectors:
    return np.random.default_rng(seed).random((count, 8), dtype=np.float32)


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "vectors.sqlite")


def test_what_was_put_comes_back_in_any_order(cache: VectorCache, tmp_path: Path) -> None:
    given = vectors(3000)
    for start in range(0, 3000, 1000):
        cache.put("e", KEYS[start : start + 1000], given[start : start + 1000])
    cache.close()
    again = VectorCache(tmp_path / "vectors.sqlite")
    order = np.random.default_rng(1).permutation(3000)
    found = again.get("e", KEYS[order])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, given[order], atol=1e-3)
    assert again.get("e", KEYS[:0]).shape[0] == 0
    again.close()


def test_missing_are_distinct_and_in_order(cache: VectorCache) -> None:
    cache.put("e", KEYS[:2], vectors(2))
    asked = KEYS[[3, 0, 2, 3, 1]]
    assert cache.missing("e", asked).tolist() == KEYS[[3, 2]].tolist()
    assert cache.missing("other", asked).tolist() == KEYS[[3, 0, 2, 1]].tolist()
    with pytest.raises(KeyError):
        cache.get("e", KEYS[:3])
    cache.close()


def test_the_first_vector_of_a_text_stays(cache: VectorCache) -> None:
    first = vectors(2)
    cache.put("e", KEYS[[0, 0]], first)
    cache.put("e", KEYS[[0, 1]], vectors(2, seed=1))
    np.testing.assert_allclose(cache.get("e", KEYS[:1]), first[:1], atol=1e-3)
    cache.close()


def test_many_small_puts_end_in_few_blocks(cache: VectorCache, tmp_path: Path) -> None:
    given = vectors(200)
    for at in range(200):
        cache.put("e", KEYS[at : at + 1], given[at : at + 1])
    np.testing.assert_allclose(cache.get("e", KEYS[:200]), given, atol=1e-3)
    cache.close()
    connection = sqlite3.connect(tmp_path / "vectors.sqlite")
    assert connection.execute("SELECT count(*) FROM blocks").fetchone()[0] < 70
    connection.close()


def test_only_what_is_asked_for_is_kept(cache: VectorCache, tmp_path: Path) -> None:
    given = vectors(3000)
    cache.put("e", KEYS[:1500], given[:1500])
    cache.put("e", KEYS[1500:], given[1500:])
    cache.put("other", KEYS[:5], vectors(5, seed=1))
    assert cache.keep_only("e", KEYS[[0, 2, 2999]]) == 2997
    assert cache.keep_only("e", KEYS) == 0
    assert cache.missing("e", KEYS[[0, 1, 2, 2998, 2999]]).tolist() == KEYS[[1, 2998]].tolist()
    np.testing.assert_allclose(cache.get("e", KEYS[[2999, 0]]), given[[2999, 0]], atol=1e-3)
    assert cache.size("other") == 5
    cache.close()
    gone = given[1].astype("<f2").tobytes()
    assert gone not in (tmp_path / "vectors.sqlite").read_bytes(), "no trace of it is left"


def test_a_file_that_is_looked_at_does_not_change(cache: VectorCache, tmp_path: Path) -> None:
    cache.put("e", KEYS[:5], vectors(5))
    cache.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    looked = VectorCache(tmp_path / "vectors.sqlite", looking=True)
    looked.check()
    assert looked.size("e") == 5
    with pytest.raises(SetupError):
        looked.put("e", KEYS[5:6], vectors(1))
    looked.close()
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("empty", [False, True])
def test_a_missing_file_that_is_looked_at_holds_nothing(tmp_path: Path, empty: bool) -> None:
    path = tmp_path / "vectors.sqlite"
    if empty:
        path.touch()
    looked = VectorCache(path, looking=True)
    looked.check()
    assert looked.missing("e", KEYS[:3]).tolist() == KEYS[:3].tolist()
    looked.close()
    assert [child.stat().st_size for child in tmp_path.iterdir()] == [0] * empty


def test_another_process_is_seen(cache: VectorCache, tmp_path: Path) -> None:
    other = VectorCache(tmp_path / "vectors.sqlite")
    assert len(cache.missing("e", KEYS[:3])) == 3
    other.put("e", KEYS[:2], vectors(2))
    assert len(cache.missing("e", KEYS[:3])) == 1
    cache.put("e", KEYS[:3], vectors(3))
    assert len(other.missing("e", KEYS[:3])) == 0
    cache.close()
    other.close()


@pytest.mark.parametrize("damage", ["junk", "torn", "cut", "newer"])
def test_a_damaged_file_is_started_anew(cache: VectorCache, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "vectors.sqlite"
    cache.put("e", KEYS, vectors(3000))
    cache.close()
    content = bytearray(path.read_bytes())
    if damage == "junk":
        path.write_bytes(b"junk" * 1000)
    elif damage == "torn":
        content[-30_000:-20_000] = b"\xff" * 10_000
        path.write_bytes(content)
    elif damage == "cut":
        path.write_bytes(content[:5000])
    else:
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA user_version=99")
        connection.close()
    damaged = VectorCache(path)
    try:
        damaged.get("e", KEYS)
    except KeyError:
        assert len(damaged.missing("e", KEYS)) == 3000
    damaged.put("e", KEYS, vectors(3000))
    np.testing.assert_allclose(damaged.get("e", KEYS), vectors(3000), atol=1e-3)
    damaged.close()


def test_twenty_thousand_vectors_load_quickly(cache: VectorCache) -> None:
    keys = text_hashes([str(n) for n in range(20_000)])
    cache.put("e", keys, np.ones((20_000, 384), dtype=np.float16))
    started = time.perf_counter()
    assert cache.get("e", keys).shape == (20_000, 384)
    assert time.perf_counter() - started < 2.0
    cache.close()


def test_blocks_give_every_vector_of_an_embedder_once(cache: VectorCache) -> None:
    given = vectors(3000)
    for start in range(0, 3000, 1000):
        cache.put("e", KEYS[start : start + 1000], given[start : start + 1000])
    cache.put("other", KEYS[:5], given[:5])
    blocks = list(cache.blocks("e"))
    hashes = np.concatenate([part for part, _ in blocks])
    order = np.argsort(hashes)
    assert hashes[order].tolist() == sorted(KEYS.tolist())
    found = np.concatenate([part for _, part in blocks])[order]
    np.testing.assert_allclose(found, given[np.argsort(KEYS)], atol=1e-3)
    assert list(cache.blocks("nobody")) == []
