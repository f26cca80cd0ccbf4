from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.adapters.embedders import use
from bozzetto.embed.texts import Progress, blocks, embed_texts, missing, next_size, vectors_of
from bozzetto.embed.workers import Workers
from bozzetto.errors import BackendError
from bozzetto.ports import EmbedderFeatures
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Vectors

USE = use.open_embedder()
MANY = [f"picture {number} of a small {'dog' * (number % 7)}" for number in range(2_100)]


class Fragile:
    """USE, until it has embedded some blocks; then it is interrupted."""

    def __init__(self, blocks: int) -> None:
        self.left = blocks

    @property
    def features(self) -> EmbedderFeatures:
        return USE.features

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return USE.embed(texts)


@pytest.fixture
def cache(tmp_path: Path) -> VectorCache:
    return VectorCache(tmp_path / "vectors.sqlite")


def test_each_distinct_text_is_embedded_once(cache: VectorCache) -> None:
    steps: list[Progress] = []
    assert embed_texts(USE, cache, ["cat", "dog", "cat", ""], progress=steps.append) == 3
    assert steps == [Progress(done=3, total=3, seconds_left=None)]
    assert embed_texts(USE, cache, ["dog", "fox"]) == 1
    assert embed_texts(USE, cache, ["dog", "fox"]) == 0
    found = cache.get(USE.features.id, text_hashes(["fox", "cat"]))
    assert (found * USE.embed(["fox", "cat"])).sum(axis=1) == pytest.approx(1, abs=1e-3)


def test_vectors_come_in_the_order_of_the_texts(cache: VectorCache) -> None:
    texts = ["a red fox", "dog", "a red fox", "夜"]
    found = vectors_of(USE, cache, texts)
    assert found.dtype == np.float32
    assert np.linalg.norm(found, axis=1) == pytest.approx(1, abs=1e-6)
    assert (found * USE.embed(texts)).sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert vectors_of(USE, cache, []).shape == (0, 512)


def test_an_interrupted_run_goes_on(cache: VectorCache) -> None:
    with pytest.raises(KeyboardInterrupt):
        embed_texts(Fragile(blocks=2), cache, MANY)
    left = missing(USE, cache, MANY)
    assert 0 < len(left) < len(MANY)
    assert embed_texts(USE, cache, MANY) == len(left)
    assert missing(USE, cache, MANY) == []


class Far:
    """An embedder across a network, which is quick."""

    features = EmbedderFeatures("far:1", 2, (), 512, remote=True)

    def __init__(self, fails: int = 0) -> None:
        self.blocks: list[int] = []
        self._fails = fails

    def embed(self, texts: Sequence[str]) -> Vectors:
        if len(self.blocks) + 1 == self._fails:
            raise BackendError("far is down")
        self.blocks.append(len(texts))
        return np.ones((len(texts), 2), np.float32)


SHORT = [f"{number:07}" for number in range(20_000)]


def test_blocks_for_a_service_grow_while_it_is_quick(cache: VectorCache) -> None:
    far = Far()
    assert embed_texts(far, cache, SHORT) == 20_000
    assert far.blocks == [1_024, 2_048, 4_096, 8_192, 4_640]


def test_what_a_service_has_done_is_kept_when_it_goes_down(cache: VectorCache) -> None:
    with pytest.raises(BackendError, match="far is down"):
        embed_texts(Far(fails=3), cache, SHORT)
    far = Far()
    assert embed_texts(far, cache, SHORT) == 20_000 - 3_072
    assert sum(far.blocks) == 20_000 - 3_072


@pytest.mark.parametrize(
    ("seconds", "before", "after"),
    [(0.1, 1, 2), (0.1, 32, 32), (3.0, 8, 8), (30.0, 8, 4), (30.0, 1, 1)],
)
def test_a_block_is_as_large_as_some_seconds_allow(seconds: float, before: int, after: int) -> None:
    assert next_size(before, seconds, 32) == after


def test_processes_give_what_one_gives(cache: VectorCache, tmp_path: Path) -> None:
    steps: list[Progress] = []
    count = embed_texts(USE, cache, MANY, name="use:", processes=2, progress=steps.append)
    assert count == len(MANY) == steps[-1].done == steps[-1].total
    assert steps[-1].seconds_left == 0
    alone = VectorCache(tmp_path / "alone.sqlite")
    both = vectors_of(USE, cache, MANY), vectors_of(USE, alone, MANY)
    assert (both[0] * both[1]).sum(axis=1).min() > 1 - 1e-3


def test_a_process_that_fails_says_why() -> None:
    workers = Workers("no-such-embedder:", 1)
    with pytest.raises(BackendError, match="no embedder is called 'no-such-embedder'"):
        list(workers.embed([["dog"]]))
    workers.close()


def test_a_process_that_dies_is_told() -> None:
    workers = Workers("use:", 1)
    workers.processes[0].kill()
    with pytest.raises(BackendError, match="died"):
        list(workers.embed([["dog"]]))
    workers.close()


@settings(max_examples=50)
@given(st.lists(st.integers(0, 30_000), max_size=60))
def test_blocks_are_a_partition_of_bounded_work(lengths: list[int]) -> None:
    texts = ["x" * length for length in sorted(lengths)]
    cut = list(blocks(texts))
    assert [text for block in cut for text in block] == texts
    assert all(len(block) == 1 or sum(map(len, block)) <= 24_576 for block in cut)
    assert all(0 < len(block) <= 1_024 for block in cut)
