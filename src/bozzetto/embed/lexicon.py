"""How much of an idea's words a prompt holds, in whatever words it says them.

A vector of a whole prompt loses the parts for the sum. So each word of the idea looks for the
word of the prompt that is nearest in meaning, and the rarer words count more: late interaction
(Khattab and Zaharia 2020, ColBERT) with words instead of tokens. A near word counts as much as
the word itself: people do not remember which of the two the prompt has.

English words have their places in a fitted file (`python -m bench.fit_lexicon`), which serves
a home of ten prompts; the two encoders place words that are not in it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bozzetto.embed.fitted import FittedFile
from bozzetto.embed.recent import Recent
from bozzetto.errors import SetupError
from bozzetto.ports import Embedder
from bozzetto.text.english_words import QUALITIES
from bozzetto.types import Answer, Vectors

__all__ = ["FILE", "HEAVIEST", "Lexicon", "Wording", "side_by_side"]

FILE = FittedFile(
    "lexicon_v2.npz", "d763013afae83c51e19b04cc8003ed562bb4f439982a2e10e2fdee35882a13c4"
)

HEAVIEST = 6.0
"""The weight of a word that hardly any prompt holds, and of one that is not in the file."""

_SAME = 0.55
"""Words whose cosine is that high or higher mean the same; below it counts by its square, so
that what is only akin (a creature for a dog) does not stand in for the thing."""

_ANSWERED = 0.35
"""From that on, of 1, a word is told to say another; below it is hardly akin."""

_REMEMBERED = 4_096
"""Words that are not in the file whose places are kept: 4 MB."""

_AT_ONCE = 16
"""Words that are placed in one go."""

_TEXTS = 1 << 15
"""Texts the places of whose words are kept, 15 MB."""

Places = NDArray[np.int64]

_QUALITY = 0.5
"""What a word that tells how a thing is weighs beside one that names it: people who remember
a small dog take a big one rather than a small monster."""


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """English words with their weights, shape (n,), and unit vectors, shape (n, d).

    `english` and `many` are the ids of the embedders; `centre` (384 + 512,) and `axes`
    (384 + 512, d) bring their vectors of any word into the same space.
    """

    english: str
    many: str
    words: tuple[str, ...]
    weights: Vectors
    vectors: Vectors
    centre: Vectors
    axes: Vectors

    @classmethod
    def load(cls, folder: Path | None = None) -> Lexicon:
        """The one that ships.

        Raises:
            SetupError: the file is missing or its content is another.
        """
        arrays = FILE.read(folder)
        vectors = arrays["vectors"].astype(np.float32) * arrays["scales"].astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return cls(
            english=str(arrays["english"]),
            many=str(arrays["many"]),
            words=tuple(str(arrays["words"]).split("\n")),
            weights=arrays["weights"].astype(np.float32),
            vectors=vectors,
            centre=arrays["centre"].astype(np.float32),
            axes=arrays["axes"].astype(np.float32),
        )

    def place(self, english: Vectors, many: Vectors) -> Vectors:
        """Unit vectors of both embedders, (n, 384) and (n, 512), as unit vectors (n, d)."""
        placed: Vectors = side_by_side(english, many, self.centre) @ self.axes
        placed /= np.linalg.norm(placed, axis=1, keepdims=True)
        return placed


class Wording:
    """Compares words by meaning. The file is read at the first question.

    Safe to share between threads.
    """

    def __init__(self, english: Embedder, many: Embedder) -> None:
        self._english, self._many = english, many
        self._placed = Recent[str, Vectors](self._place, _REMEMBERED)
        self._held = lru_cache(maxsize=_TEXTS)(self._held_by)

    def held(self, wanted: Sequence[str], texts: Iterable[Collection[str]]) -> Vectors:
        """The weighted share of the wanted words that each text's words say, 0-1.

        Raises:
            SetupError: weights or the lexicon are missing or not ours.
        """
        texts, places = list(texts), self._places
        weights = np.array([self._weight(word) for word in wanted], dtype=np.float32)
        total = weights.sum()
        if not texts or not total:
            return np.zeros(len(texts), dtype=np.float32)
        best = self._best(wanted, texts)
        for row, word in enumerate(wanted):
            if word not in places:
                best[row, [word in text for text in texts]] = 1.0
        shares: Vectors = weights @ best / total
        return shares

    def _best(self, wanted: Sequence[str], texts: Sequence[Collection[str]]) -> Vectors:
        """How well the best word of each text says each wanted one, (wanted, texts)."""
        held = [self._held(tuple(text)) for text in texts]
        starts = np.cumsum([0, *map(len, held[:-1])])
        near, columns = self._near(wanted, np.concatenate(held))
        best: Vectors = np.maximum.reduceat(near[:, columns], starts, axis=1)
        return best

    def _held_by(self, text: tuple[str, ...]) -> Places:
        """The places of a text's words; -1, which says nothing, first and for those without one."""
        return np.array([-1, *map(self._places.get, text, repeat(-1))], dtype=np.int64)

    def answers(self, wanted: Sequence[str], text: Collection[str]) -> tuple[Answer, ...]:
        """The word of a text that says each wanted word best, as far as one does.

        Raises:
            SetupError: weights or the lexicon are missing or not ours.
        """
        known = sorted(word for word in set(text) if word in self._places)
        near, columns = self._near(wanted, np.array([self._places[word] for word in known], int))
        near = near[:, columns]
        found: list[Answer] = []
        for row, word in enumerate(wanted):
            if word in text:
                found.append(Answer(word, word, 1.0))
            elif known and (best := float(near[row].max())) >= _ANSWERED:
                found.append(Answer(word, known[int(near[row].argmax())], round(best, 3)))
        return tuple(found)

    def _near(self, wanted: Sequence[str], held: Places) -> tuple[Vectors, Places]:
        """How well words of the lexicon say each wanted one, 0-1, and the column of each held.

        The columns are the distinct places of those that are held, ascending; -1, first where
        there is one, says nothing.
        """
        there = np.zeros(len(self._places) + 1, dtype=bool)
        there[held + 1] = True
        distinct = np.flatnonzero(there) - 1
        near: Vectors = self._vectors(wanted) @ self._lexicon.vectors[distinct].T
        np.clip(near, 0, _SAME, out=near)
        near /= np.float32(_SAME)
        near *= near
        near[:, distinct < 0] = 0.0
        return near, (np.cumsum(there) - 1)[held + 1]

    def _weight(self, word: str) -> float:
        place = self._places.get(word)
        rare = HEAVIEST if place is None else float(self._lexicon.weights[place])
        return rare * _QUALITY if word in QUALITIES else rare

    def _vectors(self, wanted: Sequence[str]) -> Vectors:
        lexicon, places = self._lexicon, self._places
        vectors = np.empty((len(wanted), lexicon.vectors.shape[1]), dtype=np.float32)
        for row, word in enumerate(wanted):
            place = places.get(word)
            vectors[row] = self._placed([word])[0] if place is None else lexicon.vectors[place]
        return vectors

    def learn(self, words: Sequence[str]) -> None:
        """Look at words that will be wanted, in less than the sum of their times.

        Raises:
            SetupError: weights or the lexicon are missing or not ours.
        """
        self._placed([word for word in words if word not in self._places])

    def _place(self, words: Sequence[str]) -> list[Vectors]:
        """Where words that are not in the file lie: the same whatever stands beside them.

        A few at a time: an embedder treats so few alike, alone or not.
        """
        if len(words) > _AT_ONCE:
            return [*self._place(words[:_AT_ONCE]), *self._place(words[_AT_ONCE:])]
        seen = self._english.embed(words), self._many.embed(words)
        each = zip(*(vectors[:, None] for vectors in seen), strict=True)
        return [self._lexicon.place(english, many)[0] for english, many in each]

    @cached_property
    def _lexicon(self) -> Lexicon:
        lexicon = Lexicon.load()
        ids = self._english.features.id, self._many.features.id
        if (lexicon.english, lexicon.many) != ids:
            raise SetupError(
                f"the lexicon was made for the embedders {lexicon.english} and {lexicon.many}, "
                f"not for {ids[0]} and {ids[1]}",
                hint="refit it: python -m bench.fit_lexicon",
            )
        return lexicon

    @cached_property
    def _places(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self._lexicon.words)}


def side_by_side(english: Vectors, many: Vectors, centre: Vectors) -> Vectors:
    """Vectors of two embedders, each centred and of unit length, as one of unit length."""
    split = english.shape[1]
    halves = english - centre[:split], many - centre[split:]
    unit = [half / np.linalg.norm(half, axis=1, keepdims=True) for half in halves]
    joined: Vectors = np.concatenate(unit, axis=1).astype(np.float32) / np.float32(2**0.5)
    return joined
