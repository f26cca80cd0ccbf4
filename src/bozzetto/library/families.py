"""Families: prompts alike in core and in whole, the same whatever the order of import.

Two prompts are alike when their cores share `CORE` of their words and the whole texts share
`WHOLE` (Jaccard); a family is what such pairs connect. Pairs are found by MinHash bands
(Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets" 3.4) over both texts,
then measured exactly. All of it depends on the texts alone: see docs/decisions/0003-families.md.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bozzetto.library.word_sets import WordSets, word_sets
from bozzetto.store.entries import hash_of
from bozzetto.store.store import Store
from bozzetto.types import Progress

__all__ = ["CORE", "WHOLE", "partition", "renew"]

CORE = 0.7
"""Jaccard of the words of two cores from which on they are alike."""

WHOLE = 0.7
"""Jaccard of the words of two whole prompts from which on they are alike."""

_BANDS = 12
_WINDOW = 32
_CHUNK = 20_000
_PAIRS = 200_000
_THREADS = os.cpu_count() or 1
_RNG = np.random.default_rng(20_221_025)
_CORE_ODD = (_RNG.integers(1, 2**31, size=2 * _BANDS) * 2 + 1).tolist()
_WHOLE_ODD = (_RNG.integers(1, 2**31, size=2 * _BANDS) * 2 + 1).tolist()
_AGREE = 10
"""Of 24 hashes, those that must agree before a pair is measured: three deviations
below what the thresholds let expect."""

Rows = NDArray[np.int64]


def renew(store: Store, progress: Callable[[Progress], None] | None = None) -> bool:
    """Work out all families anew if prompts have changed since the last time.

    Returns whether they had. Killed at any moment, it leaves the families as they were and
    still out of date.
    """
    if not store.families_stale():
        return False
    state = store.state()
    total = store.count()
    seqs, hashes = array("q"), array("q")
    core_parts, whole_parts = [WordSets.empty()], [WordSets.empty()]
    for texts, core_texts, numbers, ids in _chunks(store):
        seqs.extend(numbers)
        hashes.extend(ids)
        core_parts.append(word_sets(core_texts))
        whole_parts.append(word_sets(texts))
        if progress is not None:
            progress(Progress("families", len(seqs), total))
    cores = WordSets.join(core_parts)
    core_parts.clear()
    wholes = WordSets.join(whole_parts)
    whole_parts.clear()
    labels = partition(cores, wholes, np.array(hashes, dtype=np.int64))
    keys = np.array(seqs, dtype=np.int64)
    rest = np.flatnonzero(labels != np.arange(len(labels)))
    store.set_families(zip(keys[rest].tolist(), keys[labels[rest]].tolist(), strict=True), state)
    return True


def _chunks(store: Store) -> Iterator[tuple[list[str], list[str], list[int], list[int]]]:
    texts: list[str] = []
    cores: list[str] = []
    seqs: list[int] = []
    ids: list[int] = []
    for row in store.scan():
        texts.append(row.text)
        cores.append(row.core)
        seqs.append(row.seq)
        ids.append(hash_of(row.id))
        if len(texts) == _CHUNK:
            yield texts, cores, seqs, ids
            texts, cores, seqs, ids = [], [], [], []
    if texts:
        yield texts, cores, seqs, ids


def partition(cores: WordSets, wholes: WordSets, hashes: Rows) -> Rows:
    """For each row the first row of its family, shape (n,).

    `hashes` are ids of the rows: they decide in which order crowded buckets are compared, so
    that the order of the rows does not.
    """
    parents = np.arange(len(cores), dtype=np.int64)
    texts = _Texts(cores, wholes, _marks(cores, _CORE_ODD), _marks(wholes, _WHOLE_ODD))
    by_content = np.argsort(hashes, kind="stable")
    for band in range(_BANDS):
        keys = _band(cores, wholes, band)[by_content]
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], by_content[order]
        _join(parents, _pairs(keys, rows), texts)
        parents = _roots(parents, parents)
    return parents


@dataclass(frozen=True, slots=True)
class _Texts:
    """Word sets and, of each MinHash, the lowest byte, eight to a word: shape (n, hashes / 8)."""

    cores: WordSets
    wholes: WordSets
    core_marks: NDArray[np.uint64]
    whole_marks: NDArray[np.uint64]

    def alike(self, a: Rows, b: Rows) -> tuple[Rows, Rows]:
        """Those pairs whose rows are alike: guessed first, then measured."""
        for marks in (self.whole_marks, self.core_marks):
            left = _agreeing(marks[a], marks[b]) >= _AGREE
            a, b = a[left], b[left]
        for sets, least in ((self.cores, CORE), (self.wholes, WHOLE)):
            left = sets.jaccard(a, b) >= least
            a, b = a[left], b[left]
        return a, b


def _agreeing(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.int64]:
    """How many bytes of each row are equal: no byte without a bit set in the difference."""
    apart = a ^ b
    apart = (((apart & _LOW) + _LOW) | apart) & ~_LOW
    equal: NDArray[np.int64] = 8 * a.shape[1] - np.bitwise_count(apart).sum(axis=1, dtype=np.int64)
    return equal


_LOW = np.uint64(0x7F7F7F7F7F7F7F7F)


def _marks(sets: WordSets, odds: list[int]) -> NDArray[np.uint64]:
    marks = np.empty((len(sets), len(odds)), dtype=np.uint8)
    with ThreadPoolExecutor(_THREADS) as pool:
        for at, least in enumerate(pool.map(sets.least, odds)):
            marks[:, at] = least  # the lowest byte
    return marks.view(np.uint64)


def _band(cores: WordSets, wholes: WordSets, band: int) -> NDArray[np.uint64]:
    """A key a row; rows alike in both texts have equal keys in some band almost surely.

    Two least hashes of the core, which tells more, and one of the whole: equal with .7 x .7 x
    .7 at the thresholds, in one of 12 bands with .993.
    """
    key = wholes.least(_WHOLE_ODD[band]).astype(np.uint64)
    for odd in _CORE_ODD[2 * band : 2 * band + 2]:
        key = (key ^ (key >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15) + cores.least(odd)
    return key


def _pairs(keys: NDArray[np.uint64], rows: Rows) -> Iterator[tuple[Rows, Rows]]:
    """Pairs of rows whose sorted keys are equal, the nearest first.

    Rows of one bucket are compared up to the window's size apart; those of a larger bucket
    have eleven more bands to meet.
    """
    places = np.arange(len(keys))
    for step in range(1, _WINDOW + 1):
        places = places[: np.searchsorted(places, len(keys) - step)]
        places = places[keys[places] == keys[places + step]]
        if not len(places):
            return
        yield rows[places], rows[places + step]


def _join(parents: Rows, pairs: Iterable[tuple[Rows, Rows]], texts: _Texts) -> None:
    """Unite the families of those pairs that are alike and apart so far."""
    with ThreadPoolExecutor(_THREADS) as pool:
        for one, other in pairs:
            apart = _roots(parents, one) != _roots(parents, other)
            one, other = one[apart], other[apart]
            cuts = range(_PAIRS, len(one), _PAIRS)
            for a, b in pool.map(texts.alike, np.split(one, cuts), np.split(other, cuts)):
                _unite(parents, a, b)


def _unite(parents: Rows, a: Rows, b: Rows) -> None:
    """Connected components: hook the higher root to the lower until no pair is apart."""
    while len(a):
        one, other = _roots(parents, a), _roots(parents, b)
        apart = one != other
        a, b, one, other = a[apart], b[apart], one[apart], other[apart]
        np.minimum.at(parents, np.maximum(one, other), np.minimum(one, other))


def _roots(parents: Rows, rows: Rows) -> Rows:
    """The first row of each row's family so far."""
    found = parents[rows]
    while (found != (above := parents[found])).any():
        found = above
    return found
