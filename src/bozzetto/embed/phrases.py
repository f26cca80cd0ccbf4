"""The nearest English phrases to phrases of other languages, by USE's cosine.

Two sources: a general English vocabulary, fitted by `python -m bench.fit_vocabulary`, that
serves a home of ten prompts; and the phrases of the user's own library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bozzetto.embed.fitted import FittedFile
from bozzetto.embed.recent import Recent
from bozzetto.embed.texts import vectors_of
from bozzetto.errors import SetupError
from bozzetto.ports import Embedder
from bozzetto.store.vectors import VectorCache
from bozzetto.text.words import content_words, words
from bozzetto.types import Vectors

__all__ = ["FILE", "PhraseBook", "Vocabulary", "common_phrases"]

FILE = FittedFile(
    "vocabulary_v1.npz", "76e29172c47a3cb1a5b95edb715faade3fd90c1c4ac156dd49e954a9584c2944"
)

_PRIOR = 0.02
"""What a phrase gains for each e-fold of its count: common words are likelier meant."""

_SAME = 0.9
"""The most a phrase spelled like the text itself counts: Italian "sole" is not a sole."""

_UNREAD = "\ue000"
"""A text of one character that no encoder knows: what is embedded like it was not read."""

_READ = 0.999

_LONGEST = 3

_REMEMBERED = 4_096
"""Phrases whose English is kept, about 1 KB each."""

_AT_ONCE = 16
"""Phrases that are looked up together: an embedder treats so few alike, alone or not."""

_BLOCK = 256
"""Phrases that stay in a processor's own memory while they are compared with several texts."""

_Found = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """English phrases, their counts, their vectors in a space of fewer dimensions.

    `vectors` (n, d) times `axes` (512, d) transposed are the embedder's own vectors, nearly;
    `source` is that embedder's id.
    """

    source: str
    phrases: tuple[str, ...]
    counts: Vectors
    axes: Vectors
    vectors: Vectors

    @classmethod
    def load(cls, folder: Path | None = None) -> Vocabulary:
        """The one that ships.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        arrays = FILE.read(folder)
        scales = arrays["scales"].astype(np.float32)
        return cls(
            source=str(arrays["source"]),
            phrases=tuple(str(arrays["phrases"]).split("\n")),
            counts=arrays["counts"].astype(np.float32),
            axes=arrays["axes"].astype(np.float32),
            vectors=arrays["vectors"].astype(np.float32) * scales,
        )


class PhraseBook:
    """English for phrases of other languages. Files are read at the first question.

    What was looked up last is kept. Safe to share between threads.

    `phrases` are those of the library with their counts (`common_phrases`); their vectors
    are kept in `cache`.
    """

    def __init__(
        self,
        embedder: Embedder,
        phrases: Mapping[str, int] | None = None,
        cache: VectorCache | None = None,
    ) -> None:
        if phrases and cache is None:
            raise ValueError("phrases of a library need a cache for their vectors")
        self._embedder = embedder
        self._phrases = dict(phrases or {})
        self._cache = cache
        self._nearest = Recent[tuple[str, int], _Found](self._look_up, _REMEMBERED)

    def nearest(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        """For each text, up to k English phrases with their cosine, likeliest first.

        None for a text of which the encoder knows no piece.

        Raises:
            SetupError: the embedder's weights or the vocabulary are missing or not ours.
        """
        if k <= 0:
            return [[] for _ in texts]
        return [list(found) for found in self._nearest([(text, k) for text in texts])]

    def _look_up(self, asked: Sequence[tuple[str, int]]) -> list[_Found]:
        """The answer for each text, a few at a time, so that many are like one."""
        parts = [asked[at : at + _AT_ONCE] for at in range(0, len(asked), _AT_ONCE)]
        return [found for part in parts for found in self._look_up_some(part)]

    def _look_up_some(self, asked: Sequence[tuple[str, int]]) -> Iterator[_Found]:
        queries = self._embedder.embed([text for text, _ in asked])
        shelves = (self._general, self._own) if self._phrases else (self._general,)
        scores = [shelf.scores(queries) for shelf in shelves]
        for row, (text, k) in enumerate(asked):
            if queries[row] @ self._unread >= _READ:
                yield ()
            else:
                ranked = zip(shelves, scores, strict=True)
                yield tuple(_merged((one.best(text, near[row], k) for one, near in ranked), k))

    @cached_property
    def _unread(self) -> Vectors:
        unread: Vectors
        (unread,) = self._embedder.embed([_UNREAD])
        return unread

    @cached_property
    def _general(self) -> _Shelf:
        vocabulary = self._vocabulary
        return _Shelf(vocabulary.phrases, vocabulary.counts, vocabulary.vectors, vocabulary.axes)

    @cached_property
    def _own(self) -> _Shelf:
        counts = np.fromiter(self._phrases.values(), dtype=np.float32)
        return _Shelf(tuple(self._phrases), counts, self._vectors)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        vocabulary = Vocabulary.load()
        if vocabulary.source != self._embedder.features.id:
            raise SetupError(
                f"the English vocabulary was made for the embedder {vocabulary.source}, "
                f"not for {self._embedder.features.id}",
                hint="refit it: python -m bench.fit_vocabulary",
            )
        return vocabulary

    @cached_property
    def _vectors(self) -> Vectors:
        if self._cache is None:
            return np.empty((0, self._embedder.features.dim), dtype=np.float32)
        return vectors_of(self._embedder, self._cache, tuple(self._phrases))


def common_phrases(texts: Iterable[str], least: int = 2, most: int = 20_000) -> dict[str, int]:
    """Phrases of one to three words, no stop word at either end, in `least` texts or more.

    The `most` commonest with how many texts have them, commonest first.
    """
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(_phrases(text))
    common = (item for item in counts.items() if item[1] >= least)
    return dict(sorted(common, key=lambda item: (-item[1], item[0]))[:most])


_Ranked = tuple[float, str, float]
"""What decides the order, the phrase, its cosine."""


class _Shelf:
    """Phrases with their counts and vectors; `axes` bring a query into the vectors' space."""

    def __init__(
        self,
        phrases: Sequence[str],
        counts: Vectors,
        vectors: Vectors,
        axes: Vectors | None = None,
    ) -> None:
        self._phrases, self._vectors, self._axes = phrases, vectors, axes
        self._places = {phrase: place for place, phrase in enumerate(phrases)}
        self._gains = np.float32(_PRIOR) * np.log1p(counts)

    def scores(self, queries: Vectors) -> list[Vectors]:
        """The cosine of every phrase to each query; a block of phrases is read once for all."""
        asked = [query if self._axes is None else query @ self._axes for query in queries]
        whole = len(self._vectors) // _BLOCK * _BLOCK
        blocks = self._vectors[:whole].reshape(-1, 1, _BLOCK, self._vectors.shape[1])
        products = np.matmul(blocks, np.stack(asked)[None, :, :, None])
        return [
            np.concatenate([products[:, row, :, 0].ravel(), self._vectors[whole:] @ query])
            for row, query in enumerate(asked)
        ]

    def best(self, text: str, scores: Vectors, k: int) -> list[_Ranked]:
        """The k likeliest phrases for a text by their cosines, likeliest first, then in order."""
        same = self._places.get(text.strip().casefold())
        if same is not None:
            scores[same] = min(scores[same], _SAME)
        likely = scores + self._gains
        k = min(k, len(likely))
        near = np.flatnonzero(likely >= np.partition(likely, len(likely) - k)[len(likely) - k])
        order = near[np.argsort(-likely[near], kind="stable")][:k]
        return [
            (float(likely[at]), self._phrases[at], min(1.0, float(scores[at])))
            for at in order.tolist()
        ]


def _merged(lists: Iterable[list[_Ranked]], k: int) -> list[tuple[str, float]]:
    ranked = sorted((item for part in lists for item in part), key=lambda item: -item[0])
    distinct: dict[str, float] = {}
    for _, phrase, cosine in ranked:
        distinct.setdefault(phrase, cosine)
    return list(distinct.items())[:k]


def _phrases(text: str) -> set[str]:
    """Runs of words of English letters."""
    found = words(text)
    content = {word for word in content_words(text) if word.isascii() and word.isalpha()}
    return {
        " ".join(found[start:end])
        for start in range(len(found))
        for end in range(start + 1, min(start + _LONGEST, len(found)) + 1)
        if found[start] in content
        and found[end - 1] in content
        and all(word.isascii() and word.isalpha() for word in found[start:end])
    }
