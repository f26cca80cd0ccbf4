"""A static student of the English embedder: its vectors, nearly, for a hundredth of the work.

A text is the weighted sum of the vectors of its word pieces, sent through one small hidden
layer: no attention, no order of words. Tables and weights are fitted onto the teacher's
vectors by `python -m bench.fit_student`. It stands for the teacher in libraries of millions
until the teacher has come round to them; ideas are still embedded by the teacher.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bozzetto.embed.fitted import FittedFile
from bozzetto.errors import SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.types import Vectors

__all__ = ["FILE", "Pieces", "Student", "flattened", "pooled"]

FILE = FittedFile(
    "student_v1.npz", "b5a8bdcb671c78721047739e258e53aeaa69a1f159b3aa750831a3266fdd0930"
)

_MAX_PIECES = 128
_MAX_CHARACTERS = 2_048
_BATCH = 512
_MOST_WORDS = 200_000
"""Words whose pieces are remembered; beyond that, the memory starts anew."""

_WORD = re.compile(r"[a-z0-9]+")
_INSIDE = "##"

Rows = NDArray[np.int64]


class Pieces(dict[str, tuple[int, ...]]):
    """Word to the numbers of its pieces, longest first from the left; filled as words come.

    `vocabulary` are whole words and, after "##", pieces inside of words. What holds no known
    piece has number 0.
    """

    def __init__(self, vocabulary: Iterable[str]) -> None:
        super().__init__()
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}

    def __missing__(self, word: str) -> tuple[int, ...]:
        if len(self) >= _MOST_WORDS:
            self.clear()
        self[word] = found = tuple(self._cut(word[:64]))
        return found

    def of(self, text: str) -> list[int]:
        """The numbers of a text's pieces, one at least."""
        numbers = [n for word in _WORD.findall(_folded(text)) for n in self[word]]
        return numbers[:_MAX_PIECES] or [0]

    def _cut(self, word: str) -> Iterable[int]:
        start = 0
        while start < len(word):
            head = _INSIDE if start else ""
            for end in range(len(word), start, -1):
                number = self._numbers.get(head + word[start:end])
                if number is not None:
                    yield number
                    start = end
                    break
            else:
                yield 0
                return


class Student:
    """The embedder. Its file is read by the first call of `embed`."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is."""
        return EmbedderFeatures(f"student:{FILE.sha256[:8]}-1", 384, ("en",), _MAX_PIECES)

    @property
    def teacher(self) -> str:
        """The id of the embedder whose vectors it gives, nearly.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        return str(self._arrays["teacher"])

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), 384), rows of unit length.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        vectors = np.empty((len(texts), self.features.dim), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            numbers = [self._pieces.of(text) for text in texts[start : start + _BATCH]]
            vectors[start : start + _BATCH] = self._map(pooled(self._table, *flattened(numbers)))
        return vectors

    def _map(self, pooled: Vectors) -> Vectors:
        skip, bias, inner, inner_bias, outer = self._weights
        hidden = np.maximum(pooled @ inner + inner_bias, 0)
        mapped: Vectors = pooled @ skip + bias + hidden @ outer
        mapped /= np.linalg.norm(mapped, axis=1, keepdims=True)
        return mapped

    @cached_property
    def _arrays(self) -> dict[str, NDArray[np.generic]]:
        arrays = FILE.read(self._folder)
        if arrays["skip"].shape[1] != self.features.dim:
            raise SetupError(f"{FILE.name} gives vectors of another width")
        return arrays

    @cached_property
    def _pieces(self) -> Pieces:
        return Pieces(self._arrays["pieces"].tobytes().decode("ascii").split("\n"))

    @cached_property
    def _table(self) -> Vectors:
        """A vector for each piece."""
        scales = self._arrays["scales"].astype(np.float32)
        table: Vectors = self._arrays["table"].astype(np.float32) * scales
        return table

    @cached_property
    def _weights(self) -> tuple[Vectors, ...]:
        names = ("skip", "bias", "inner", "inner_bias", "outer")
        return tuple(self._arrays[name].astype(np.float32) for name in names)


def flattened(numbers: Sequence[Sequence[int]]) -> tuple[Rows, Rows]:
    """The numbers of all texts in a row, and how many each text has."""
    counts = np.fromiter(map(len, numbers), dtype=np.int64, count=len(numbers))
    return np.fromiter(chain.from_iterable(numbers), np.int64, int(counts.sum())), counts


def pooled(table: Vectors, flat: Rows, counts: Rows) -> Vectors:
    """The sum of the pieces of each text over the root of their count, shape (n, d)."""
    sums: Vectors = np.add.reduceat(table[flat], np.cumsum(counts) - counts, axis=0)
    sums /= np.sqrt(counts, dtype=np.float32)[:, None]
    return sums


def _folded(text: str) -> str:
    """Small letters without accents."""
    text = text[:_MAX_CHARACTERS].lower()
    if text.isascii():
        return text
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c))
