"""The words of many texts as hashes in flat arrays, so that NumPy can compare millions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["WordSets", "word_sets"]

# Letters that are words by themselves: Chinese, Japanese, Korean.
_CJK = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")

_IN_WORD = np.zeros(256, dtype=bool)
_IN_WORD[[*range(ord("0"), ord("9") + 1), *range(ord("a"), ord("z") + 1), *range(128, 256)]] = True
_POWERS = np.cumprod(np.full(64, 0x9E3779B97F4A7C15, dtype=np.uint64), dtype=np.uint64)

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class WordSets:
    """Row i has the word hashes `hashes[starts[i]:starts[i + 1]]`, distinct and ascending."""

    hashes: NDArray[np.uint32]
    starts: Rows

    @classmethod
    def empty(cls) -> Self:
        """No rows."""
        return cls(np.empty(0, np.uint32), np.zeros(1, np.int64))

    @classmethod
    def join(cls, parts: Sequence[WordSets]) -> Self:
        """The rows of all parts, in order."""
        sizes = np.concatenate([np.diff(part.starts) for part in parts])
        starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
        return cls(np.concatenate([part.hashes for part in parts]), starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def least(self, odd: int) -> NDArray[np.uint32]:
        """MinHash: the least of each row's hashes in the order that an odd number makes."""
        found = np.full(len(self), 0xFFFFFFFF, dtype=np.uint32)
        filled = np.flatnonzero(np.diff(self.starts))
        if len(filled):
            mixed = (self.hashes ^ (self.hashes >> np.uint32(15))) * np.uint32(odd)
            found[filled] = np.minimum.reduceat(mixed, self.starts[filled])
        return found

    def jaccard(self, a: Rows, b: Rows) -> NDArray[np.float64]:
        """The Jaccard index of pairs of rows; 1 where both are empty."""
        both = self._sizes(a) + self._sizes(b)
        shared = self._shared(a, b)
        return np.where(both == 0, 1.0, shared / np.maximum(both - shared, 1))

    def _shared(self, a: Rows, b: Rows) -> Rows:
        keys = np.concatenate((self._keys(a), self._keys(b)))
        keys.sort()
        twice = keys[1:][keys[1:] == keys[:-1]]
        return np.bincount((twice >> np.uint64(32)).astype(np.int64), minlength=len(a))

    def _sizes(self, rows: Rows) -> Rows:
        return self.starts[rows + 1] - self.starts[rows]

    def _keys(self, rows: Rows) -> NDArray[np.uint64]:
        """The hashes of rows one after the other, each with the row's place above its bits."""
        sizes = self._sizes(rows)
        places = np.repeat(np.arange(len(rows), dtype=np.uint64), sizes)
        offsets = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        hashes = self.hashes[np.repeat(self.starts[rows], sizes) + offsets]
        keys: NDArray[np.uint64] = (places << np.uint64(32)) | hashes
        return keys


def word_sets(texts: Sequence[str]) -> WordSets:
    """The word sets of texts without line breaks: runs of letters and digits, case folded."""
    joined = "\n".join(texts).lower()
    if not joined.isascii():
        joined = _CJK.sub(r" \g<0> ", joined)
    data = np.frombuffer(f"\n{joined}\n".encode("utf-8", "replace"), dtype=np.uint8)
    inside = _IN_WORD[data]
    starts = np.flatnonzero(inside[1:] & ~inside[:-1]) + 1
    if not len(starts):
        return WordSets(np.empty(0, np.uint32), np.zeros(len(texts) + 1, np.int64))
    ends = np.flatnonzero(inside[:-1] & ~inside[1:]) + 1
    hashes = _hash(data[inside], ends - starts)
    rows = np.searchsorted(np.flatnonzero(data == ord("\n")), starts) - 1
    keys = np.sort((rows.astype(np.uint64) << np.uint64(32)) | hashes)
    keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))]
    sizes = np.bincount((keys >> np.uint64(32)).astype(np.int64), minlength=len(texts))
    return WordSets(
        (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32),
        np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
    )


def _hash(letters: NDArray[np.uint8], lengths: Rows) -> NDArray[np.uint64]:
    """A 32-bit hash of each word, in 64: a polynomial over its bytes, then mixed."""
    firsts = np.cumsum(lengths) - lengths
    places = np.arange(len(letters)) - np.repeat(firsts, lengths)
    terms = (letters.astype(np.uint64) + np.uint64(1)) * _POWERS[places & 63]
    sums = np.add.reduceat(terms, firsts)
    sums = (sums ^ (sums >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
    hashes: NDArray[np.uint64] = sums >> np.uint64(32)
    return hashes
