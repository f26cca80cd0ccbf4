"""The search by meaning: what is sought as each embedder sees it, and the prompts nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import cast

import numpy as np

from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import Embedder, QueryEmbedder
from bozzetto.search.aim import Aim, toward
from bozzetto.search.beside import beside
from bozzetto.search.dense import Sought
from bozzetto.search.fuse import Leg
from bozzetto.search.indexes import Indexes
from bozzetto.search.understand import Query
from bozzetto.search.views import ENGLISH, MANY, OWN, VIEWS
from bozzetto.text.words import content_words, owner
from bozzetto.types import Keys, Vectors, Where

__all__ = ["Bridge", "Learn", "Meaning", "Meanings", "Translate", "lacking"]

Bridge = Callable[[Vectors], Vectors]
"""Unit vectors of the many-language space to unit vectors of the English one, (n, dim)."""

Translate = Callable[[Sequence[tuple[str, str]]], Sequence[str | None]]
"""Texts with their languages (ISO 639-1) to their English, as far as it is understood, or None."""

Learn = Callable[[Sequence[str]], None]
"""English words that will be asked for are looked at in one go."""

_LEGS = ("own", "english", "bridge", "translated", "many")
_EMBEDDERS = (OWN, ENGLISH, MANY)

Weights = Mapping[str, Mapping[str, float]]
"""What each leg counts, for an idea in English ("english") and for another ("many")."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the legs by meaning found, and what a person should know.

    `said` is what is sought, in English as far as it is understood; `words` its content words.
    `failed` says why there are no legs, where an embedder or a store did not answer.
    """

    legs: tuple[Leg, ...]
    said: str
    words: tuple[str, ...]
    notes: tuple[str, ...]
    failed: BackendError | None = None

    @property
    def weight(self) -> float:
        """What all legs count together."""
        return sum(leg.weight for leg in self.legs)


@dataclass(slots=True, eq=False)
class _Search:
    """A search by meaning while it goes on."""

    aim: Aim
    allow: Keys | None
    where: Where = Where()  # noqa: RUF009 - frozen
    problems: list[BozzettoError] = field(default_factory=list)
    silent: set[str] = field(default_factory=set)
    """The embedders whose index did not answer."""
    vectors: dict[str, Vectors] = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    english: str | None = None

    @property
    def query(self) -> Query:
        """The idea."""
        return self.aim.query

    @property
    def failed(self) -> BackendError | None:
        """Why nothing is found by meaning."""
        down = (error for error in self.problems if isinstance(error, BackendError))
        return None if self.legs else next(down, None)


class Meanings:
    """Searches one library by meaning, for several ideas at a time.

    Where one embedder cannot be loaded the other does the work and a note says so; where one or
    a store does not answer, what is left.
    """

    def __init__(
        self,
        indexes: Indexes,
        weights: Weights,
        *,
        embedders: Mapping[str, Embedder],
        bridge: Bridge | None,
        translate: Translate | None,
        learn: Learn | None = None,
    ) -> None:
        self._indexes, self._weights = indexes, weights
        self._embedders, self._bridge, self._translate = embedders, bridge, translate
        self._learn = learn
        self._begun = False

    def find(self, asked: Sequence[tuple[Aim, Keys | None, Where]]) -> list[Meaning]:
        """For each aim and the keys it may find, the legs by meaning and what goes with them.

        The `Where` is what a store is asked for these keys.

        Raises:
            SetupError: no embedder can be loaded.
            InputError: what is liked and what is not cancel out.
        """
        all_ = [_Search(*one) for one in asked]
        self._see(all_)
        self._search(all_)
        found = [self._meaning(one) for one in all_]
        if self._learn is not None and len(found) > 1:
            with suppress(SetupError):  # who asks for the words is told
                self._learn([word for one in found for word in one.words])
        return found

    def _meaning(self, one: _Search) -> Meaning:
        aim, query = one.aim, one.query
        said, words = one.english or "", query.content
        if not query.english:
            words = tuple(content_words(said))
        if not query.text or aim.by == "look":
            said = ", ".join(filter(None, (said, aim.given)))
            words = (*words, *content_words(aim.given))
        words = tuple(dict.fromkeys(map(owner, words)))
        legs = tuple(sorted(one.legs, key=lambda leg: _LEGS.index(leg.name)))
        return Meaning(legs, said, words, self._notes(one), one.failed)

    def _see(self, searches: Sequence[_Search]) -> None:
        """Set the ideas as each embedder that reads their language sees them."""
        served = tuple(filter(self._indexes.serves, _EMBEDDERS))
        for one in searches:
            if not one.query.text:
                for name in filter(self._embedders.__contains__, served):
                    self._begin_nowhere(name, one)
        said = [one for one in searches if one.query.text]
        readers = {
            name: [one for one in said if name in self._readers(one.query, served)]
            for name in _EMBEDDERS
        }
        readers = {name: some for name, some in readers.items() if some}
        # The first search of a process loads the weights of both.
        long, self._begun = self._indexes.large or not self._begun, True
        with beside(max(1, len(readers)), long=long) as pool:
            list(pool.map(self._embed, readers, readers.values()))
        for other in () if OWN in self._embedders else (ENGLISH, MANY):
            self._embed(other, [one for one in said if not one.vectors])
        for one in said:
            if not one.vectors and not one.failed:
                raise one.problems[0]

    def _readers(self, query: Query, served: Sequence[str]) -> Sequence[str]:
        """The embedders that are asked for an idea, by its language."""
        if OWN in self._embedders:
            return (OWN,)
        return served if query.english else (MANY,)

    def _search(self, searches: Sequence[_Search]) -> None:
        """Set the legs, and the ideas in English as far as they are understood.

        While the first are searched ideas in other languages are put into English.
        """
        with beside(len(_LEGS), long=self._indexes.large) as pool:
            begun: list[tuple[str, Sequence[_Search], Future[list[Leg]]]] = []

            def begin(embedder: str, asked: Sequence[tuple[_Search, str, Vectors]]) -> None:
                # Threads of the pool end with it: the store would open its file anew for each.
                some = [one for one, *_ in asked]
                with self._answering(embedder, some):
                    if some:
                        index = self._indexes.dense(embedder)
                        sought = [self._sought(embedder, *one) for one in asked]
                        begun.append((embedder, some, pool.submit(index.search, sought)))

            direct = [(one, *way) for one in searches for way in self._direct(one)]
            for embedder in _EMBEDDERS:
                begin(embedder, [(one, leg, v) for one, by, leg, v in direct if by == embedder])
            for one in searches:
                one.english = one.query.text if one.query.english else None
            self._say_in_english([one for one in searches if not one.query.english])
            begin(ENGLISH, self._read([one for one in searches if not one.query.english]))
            for name, some, legs in begun:
                with self._answering(name, some):
                    for one, leg in zip(some, legs.result(), strict=True):
                        one.legs.append(leg)

    @contextmanager
    def _answering(self, embedder: str, searches: Sequence[_Search]) -> Iterator[None]:
        """Where an index does not answer these searches go on without it, and say so."""
        try:
            yield
        except BackendError as error:
            for one in searches:
                one.problems.append(error)
                one.silent.add(embedder)

    def _sought(self, embedder: str, one: _Search, leg: str, vector: Vectors) -> Sought:
        weights = self._weights["english" if ENGLISH in one.vectors else "many"]
        queries = self._toward(one.aim, embedder, vector)
        return Sought(queries, one.allow, leg, weights[leg], one.where)

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

    def _direct(self, one: _Search) -> Iterator[tuple[str, str, Vectors]]:
        """The searches for an idea as it stands: whose index, what the leg is called, for what."""
        vectors = one.vectors
        if OWN in vectors:
            yield OWN, "own", vectors[OWN]
            return
        if ENGLISH in vectors:
            yield ENGLISH, "english", vectors[ENGLISH]
        elif MANY in vectors and (mapped := self._mapped(vectors[MANY], one.problems)) is not None:
            yield ENGLISH, "bridge", mapped
        if MANY in vectors and self._indexes.serves(MANY):
            yield MANY, "many", vectors[MANY]

    def _notes(self, one: _Search) -> tuple[str, ...]:
        if one.failed is not None:
            return (_by_words_alone(one.failed),)
        missing = dict.fromkeys(lacking(error) for error in sorted(one.problems, key=str))
        names = [name for name in one.vectors if self._indexes.serves(name)] or [ENGLISH]
        answered = (name for name in names if name not in one.silent)
        waiting = max((self._indexes.dense(name).waiting for name in answered), default=0)
        if not waiting:
            return tuple(missing)
        note = f"{waiting:,} prompts are not embedded yet: they were searched by their words alone"
        return (*missing, note)

    def _begin_nowhere(self, name: str, one: _Search) -> None:
        """Begin at no place of an embedder's space; its dimension may have to be asked for."""
        try:
            one.vectors[name] = np.zeros(self._embedders[name].features.dim, dtype=np.float32)
        except BackendError as error:
            one.problems.append(error)

    def _embed(self, name: str, searches: Sequence[_Search]) -> None:
        """Set the vectors of an embedder for some ideas."""
        if name not in self._embedders or not searches:
            return
        try:
            vectors = _asking(self._embedders[name])([one.query.text for one in searches])
        except (SetupError, BackendError) as error:
            for one in searches:
                one.problems.append(error)
            return
        for one, vector in zip(searches, vectors, strict=True):
            one.vectors[name] = vector

    def _mapped(self, vector: Vectors, problems: list[BozzettoError]) -> Vectors | None:
        """A many-language vector in the English space, where there is a way."""
        if self._bridge is None or ENGLISH not in self._embedders:
            return None
        try:
            mapped: Vectors = self._bridge(vector[None, :])[0]
        except SetupError as error:
            problems.append(error)
            return None
        return mapped

    def _say_in_english(self, searches: Sequence[_Search]) -> None:
        """Set ideas put into English word by word, where there is a way."""
        if self._translate is None or not searches:
            return
        try:
            said = self._translate([(one.query.text, one.query.language) for one in searches])
        except SetupError as error:
            for one in searches:
                one.problems.append(error)
            return
        for one, english in zip(searches, said, strict=True):
            one.english = english or None

    def _read(self, searches: Sequence[_Search]) -> list[tuple[_Search, str, Vectors]]:
        """Those ideas that have an English, with the vectors of that."""
        there = [(one, one.english) for one in searches if one.english]
        if not there or ENGLISH not in self._embedders:
            return []
        try:
            vectors = self._embedders[ENGLISH].embed([english for _, english in there])
        except SetupError as error:
            for one, _ in there:
                one.problems.append(error)
            return []
        return [(one, "translated", v) for (one, _), v in zip(there, vectors, strict=True)]


def _asking(embedder: Embedder) -> Callable[[Sequence[str]], Vectors]:
    """How an embedder reads what is sought."""
    # Not `isinstance`: up to Python 3.11 that reads `features` too, which may be a call.
    if hasattr(type(embedder), "embed_queries"):
        return cast(QueryEmbedder, embedder).embed_queries
    return embedder.embed


def lacking(error: BozzettoError) -> str:
    """What a person is told of a part that cannot be loaded."""
    return f"a part of the search is missing: {error.message}"


def _by_words_alone(error: BackendError) -> str:
    """What a person is told where nothing could be sought by meaning, with the way out."""
    return "; ".join(filter(None, (f"found by words alone: {error.message}", error.hint)))
