"""The search by meaning: what is sought as each embedder sees it, and the prompts nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from bozzetto.errors import SetupError
from bozzetto.ports import Embedder
from bozzetto.search.aim import Aim, toward
from bozzetto.search.fuse import Leg
from bozzetto.search.indexes import Indexes
from bozzetto.search.understand import Query
from bozzetto.search.views import ENGLISH, MANY, VIEWS
from bozzetto.text.words import content_words, owner
from bozzetto.types import Keys, Vectors

__all__ = ["Bridge", "Meaning", "Meanings", "Translate", "lacking"]

Bridge = Callable[[Vectors], Vectors]
"""Unit vectors of the many-language space to unit vectors of the English one, (n, dim)."""

Translate = Callable[[str, str], str | None]
"""A text and its language (ISO 639-1) to its English, as far as it is understood, or None."""

_LEGS = ("english", "bridge", "translated", "many")

Weights = Mapping[str, Mapping[str, float]]
"""What each leg counts, for an idea in English ("english") and for another ("many")."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the legs by meaning found, and what a person should know.

    `said` is what is sought, in English as far as it is understood; `words` its content words.
    """

    legs: tuple[Leg, ...]
    said: str
    words: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def weight(self) -> float:
        """What all legs count together."""
        return sum(leg.weight for leg in self.legs)


class Meanings:
    """Searches one library by meaning.

    Where one embedder cannot be loaded the other does the work and a note says so.
    """

    def __init__(
        self,
        indexes: Indexes,
        weights: Weights,
        *,
        embedders: Mapping[str, Embedder],
        bridge: Bridge | None,
        translate: Translate | None,
    ) -> None:
        self._indexes, self._weights = indexes, weights
        self._embedders, self._bridge, self._translate = embedders, bridge, translate

    def find(self, aim: Aim, allow: Keys | None) -> Meaning:
        """The legs by meaning, and what goes with them.

        Raises:
            SetupError: no embedder can be loaded.
            InputError: what is liked and what is not cancel out.
        """
        problems: list[SetupError] = []
        query = aim.query
        vectors = self._vectors(query, problems)
        legs, english = self._legs(aim, vectors, allow, problems)
        said, words = english or "", query.content
        if not query.english:
            words = tuple(content_words(said))
        if not query.text or aim.by == "look":
            said = ", ".join(filter(None, (said, aim.given)))
            words = (*words, *content_words(aim.given))
        words = tuple(dict.fromkeys(map(owner, words)))
        return Meaning(legs, said, words, self._notes(vectors, problems))

    def _vectors(self, query: Query, problems: list[SetupError]) -> dict[str, Vectors]:
        """The idea as each embedder that reads its language sees it."""
        vectors: dict[str, Vectors] = {}
        served = tuple(filter(self._indexes.serves, (ENGLISH, MANY)))
        names = served if query.english else (MANY,)
        if not query.text:
            return {name: self._nowhere(name) for name in served if name in self._embedders}
        # Side by side: the first search of a process loads the weights of both.
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(lambda name: self._embed(name, query, vectors, problems), names))
        for other in (ENGLISH, MANY):
            if not vectors and other not in names:
                self._embed(other, query, vectors, problems)
        if not vectors:
            raise problems[0]
        return vectors

    def _legs(
        self,
        aim: Aim,
        vectors: Mapping[str, Vectors],
        allow: Keys | None,
        problems: list[SetupError],
    ) -> tuple[tuple[Leg, ...], str | None]:
        """The legs in their usual order, and the idea in English as far as it is understood.

        While the first are searched an idea in another language is put into English.
        """
        query = aim.query
        weights = self._weights["english" if ENGLISH in vectors else "many"]
        searches: list[Future[Leg]] = []
        with ThreadPoolExecutor(len(_LEGS)) as pool:

            def begin(embedder: str, name: str, vector: Vectors) -> None:
                # Threads of the pool end with it: the store would open its file anew for each.
                index = self._indexes.dense(embedder)
                by = self._toward(aim, embedder, vector)
                searches.append(
                    pool.submit(index.search, by, allow, name=name, weight=weights[name])
                )

            for one in self._direct(vectors, problems):
                begin(*one)
            english = query.text if query.english else self._said_in_english(query, problems)
            if not query.english and (said := self._read(english, problems)) is not None:
                begin(ENGLISH, "translated", said)
            legs = [search.result() for search in searches]
        return tuple(sorted(legs, key=lambda leg: _LEGS.index(leg.name))), english

    def _toward(self, aim: Aim, embedder: str, idea: Vectors) -> Sequence[Vectors | None]:
        """The query for each view that is asked: the idea's, drawn by the prompts given."""

        def drawn(at: int) -> Vectors:
            view = VIEWS[embedder][at]
            like, unlike = (
                self._given(embedder, [view.text(record) for record in records])
                for records in (aim.like, aim.unlike)
            )
            return toward(idea, like, unlike)

        views = range(len(VIEWS[embedder]))
        if not aim.like and not aim.unlike:
            return [idea if aim.asks(at) else None for at in views]
        return [drawn(at) if aim.asks(at) else None for at in views]

    def _given(self, embedder: str, texts: Sequence[str]) -> Vectors:
        """Vectors of prompts' texts: those that are kept, the others made now."""
        return self._indexes.vectors(embedder, texts, self._embedders[embedder].embed)

    def _direct(
        self, vectors: Mapping[str, Vectors], problems: list[SetupError]
    ) -> Iterator[tuple[str, str, Vectors]]:
        """The searches for the idea as it stands: whose index, what the leg is called, for what."""
        if ENGLISH in vectors:
            yield ENGLISH, "english", vectors[ENGLISH]
        elif (mapped := self._mapped(vectors[MANY], problems)) is not None:
            yield ENGLISH, "bridge", mapped
        if MANY in vectors and self._indexes.serves(MANY):
            yield MANY, "many", vectors[MANY]

    def _notes(
        self, vectors: Mapping[str, Vectors], problems: Sequence[SetupError]
    ) -> tuple[str, ...]:
        missing = [lacking(error) for error in sorted(problems, key=str)]
        names = list(filter(self._indexes.serves, vectors)) or [ENGLISH]
        waiting = max(self._indexes.dense(name).waiting for name in names)
        if not waiting:
            return tuple(missing)
        note = f"{waiting:,} prompts are not embedded yet: they were searched by their words alone"
        return (*missing, note)

    def _nowhere(self, name: str) -> Vectors:
        return np.zeros(self._embedders[name].features.dim, dtype=np.float32)

    def _embed(
        self, name: str, query: Query, into: dict[str, Vectors], problems: list[SetupError]
    ) -> None:
        if name not in self._embedders:
            return
        try:
            into[name] = self._embedders[name].embed([query.text])[0]
        except SetupError as error:
            problems.append(error)

    def _mapped(self, vector: Vectors, problems: list[SetupError]) -> Vectors | None:
        """A many-language vector in the English space, where there is a way."""
        if self._bridge is None or ENGLISH not in self._embedders:
            return None
        try:
            mapped: Vectors = self._bridge(vector[None, :])[0]
        except SetupError as error:
            problems.append(error)
            return None
        return mapped

    def _said_in_english(self, query: Query, problems: list[SetupError]) -> str | None:
        """An idea put into English word by word, where there is a way."""
        if self._translate is None or ENGLISH not in self._embedders:
            return None
        try:
            return self._translate(query.text, query.language) or None
        except SetupError as error:
            problems.append(error)
            return None

    def _read(self, english: str | None, problems: list[SetupError]) -> Vectors | None:
        """The vector of English words."""
        if not english:
            return None
        try:
            read: Vectors = self._embedders[ENGLISH].embed([english])[0]
        except SetupError as error:
            problems.append(error)
            return None
        return read


def lacking(error: SetupError) -> str:
    """What a person is told of a part that cannot be loaded."""
    return f"a part of the search is missing: {error.message}"
