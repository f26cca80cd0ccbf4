"""Texts to vectors that last: what the cache lacks is embedded in blocks, each kept when done.

An interrupted run loses the blocks it was working on and nothing else; the next run goes on.
A service across a network has several calls open at a time, each with many texts: there the
blocks grow as long as one takes no more than some seconds.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bozzetto.embed.workers import Workers, processors
from bozzetto.ports import Embedder
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Vectors

__all__ = ["Progress", "embed_texts", "vectors_of"]

Block = Sequence[str]
Embedded = tuple[Block, NDArray[np.float16]]

_BLOCK_CHARACTERS = 24_576
"""About one second of MiniLM: what an interruption costs, and the grain of the progress."""

_BLOCK_ROWS = 1_024

_GROWN = 32
"""So many times larger a block becomes at most: 786,432 characters, four calls of 196 KB."""

_QUICK, _SLOW = 2.0, 5.0
"""Seconds of a remote block below which the next is twice as large, and above which half as large:
what an interruption costs."""

_ALONE = 2_000
"""Fewer texts are done before worker processes have loaded their weights."""

_KEEP_ROWS = 8_192
_KEEP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an embedding run is. `seconds_left` is an estimate, None at the start."""

    done: int
    total: int
    seconds_left: float | None


def embed_texts(
    embedder: Embedder,
    cache: VectorCache,
    texts: Iterable[str],
    *,
    name: str = "",
    progress: Callable[[Progress], None] | None = None,
    processes: int | None = None,
) -> int:
    """Put the vectors of the texts into the cache, those that are not there; how many.

    `name` is the embedder's "scheme:rest", by which worker processes load their own; without
    it, and for few texts, all is done here. `processes` is how many, by default one for each
    processor. One thread each: two threads of one MiniLM session are slower than one.

    Raises:
        SetupError: weights are missing or their hash is wrong.
        BackendError: a worker process died; what was done is kept.
    """
    wanted = missing(embedder, cache, texts)
    if not wanted:
        return 0
    features, todo = embedder.features, list(blocks(wanted))
    many = len(wanted) > _ALONE and len(todo) > 1 and name
    count = (processors() if processes is None else processes) if many else 1
    keeper = _Keeper(features.id, cache, wanted, progress)
    done = (
        _side_by_side(embedder, name, todo, count)
        if count > 1
        else _in_order(embedder, wanted, _GROWN if features.remote else 1)
    )
    try:
        for block, vectors in done:
            keeper.take(block, vectors)
    finally:
        keeper.flush()
    return len(wanted)


def vectors_of(embedder: Embedder, cache: VectorCache, texts: Sequence[str]) -> Vectors:
    """The vectors of texts, shape (len(texts), dim), unit rows; missing ones are embedded."""
    if not texts:
        return np.empty((0, embedder.features.dim), dtype=np.float32)
    embed_texts(embedder, cache, texts)
    vectors = cache.get(embedder.features.id, text_hashes(texts))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def missing(embedder: Embedder, cache: VectorCache, texts: Iterable[str]) -> list[str]:
    """The distinct texts that the cache has no vector of, shortest first."""
    distinct = list(dict.fromkeys(texts))
    hashes = text_hashes(distinct)
    lacking = np.isin(hashes, cache.missing(embedder.features.id, hashes))
    return sorted((distinct[row] for row in np.flatnonzero(lacking)), key=len)


def blocks(texts: Sequence[str]) -> Iterator[Block]:
    """Cut texts into blocks of bounded work, in their order."""
    start = 0
    while start < len(texts):
        end = _end(texts, start, 1)
        yield texts[start:end]
        start = end


def _end(texts: Sequence[str], start: int, times: int) -> int:
    """Where a block ends that begins there and is so many times the smallest."""
    size = 0
    for row in range(start, min(start + times * _BLOCK_ROWS, len(texts))):
        size += len(texts[row]) + 1
        if row > start and size > times * _BLOCK_CHARACTERS:
            return row
    return min(start + times * _BLOCK_ROWS, len(texts))


def _side_by_side(
    embedder: Embedder, name: str, blocks: Sequence[Block], processes: int
) -> Iterator[Embedded]:
    with closing(Workers(name, min(processes, len(blocks)))) as workers:
        embedder.embed(blocks[0][:1])  # proves the weights while the processes start
        yield from workers.embed(blocks)


def _in_order(embedder: Embedder, texts: Sequence[str], most: int) -> Iterator[Embedded]:
    """One block after the other, the next by how long one took; up to `most` times the smallest."""
    start, times = 0, 1
    while start < len(texts):
        began, end = time.monotonic(), _end(texts, start, times)
        block = texts[start:end]
        vectors = embedder.embed(block).astype(np.float16)
        start, times = end, next_size(times, time.monotonic() - began, most)
        yield block, vectors


def next_size(times: int, seconds: float, most: int) -> int:
    """How large the block after one of so many seconds is."""
    if seconds < _QUICK:
        return min(2 * times, most)
    return max(times // 2, 1) if seconds > _SLOW else times


class _Keeper:
    """Puts finished blocks into the cache, several at a time, and tells how far it is."""

    def __init__(
        self,
        embedder: str,
        cache: VectorCache,
        texts: Sequence[str],
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._embedder, self._cache, self._progress = embedder, cache, progress
        self._total, self._work = len(texts), sum(map(len, texts)) + len(texts)
        self._done = self._work_done = 0
        self._started = self._kept = time.monotonic()
        self._held: list[Embedded] = []
        self._first: tuple[float, int] | None = None

    def take(self, block: Block, vectors: NDArray[np.float16]) -> None:
        self._held.append((block, vectors))
        self._done += len(block)
        self._work_done += sum(map(len, block)) + len(block)
        rows = sum(len(texts) for texts, _ in self._held)
        if rows >= _KEEP_ROWS or time.monotonic() - self._kept >= _KEEP_SECONDS:
            self.flush()
        if self._progress is not None:
            self._progress(Progress(self._done, self._total, self._seconds_left()))

    def flush(self) -> None:
        if self._held:
            texts = [text for block, _ in self._held for text in block]
            vectors = np.concatenate([vectors for _, vectors in self._held])
            self._held.clear()
            self._cache.put(self._embedder, text_hashes(texts), vectors)
        self._kept = time.monotonic()

    def _seconds_left(self) -> float | None:
        """From the pace since the first block, which paid for loading the weights."""
        now = time.monotonic()
        if self._first is None:
            self._first = now, self._work_done
            return None
        elapsed, work = now - self._first[0], self._work_done - self._first[1]
        return elapsed * (self._work - self._work_done) / work
