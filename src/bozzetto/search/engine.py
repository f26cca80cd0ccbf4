"""From an idea to the prompts that fit it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from bozzetto.errors import InputError, SetupError
from bozzetto.ports import Embedder
from bozzetto.search.confidence import confidence
from bozzetto.search.dense import Dense
from bozzetto.search.diversify import Found, pick
from bozzetto.search.fuse import Leg, fuse, lookup, top
from bozzetto.search.indexes import Indexes
from bozzetto.search.understand import Query, understand
from bozzetto.search.views import ENGLISH, MANY
from bozzetto.search.wording import WORDS_OF_A_SCRAP, by_words, telling, word_for_word
from bozzetto.store.store import Store
from bozzetto.text.words import content_words, words
from bozzetto.types import Filters, Hit, Keys, PromptRecord, SearchResult, Vectors, Why

__all__ = ["MAX_HITS", "Searcher"]

MAX_HITS = 1_000
"""More hits are not returned for one idea, however many are asked for."""

Bridge = Callable[[Vectors], Vectors]
"""Unit vectors of the many-language space to unit vectors of the English one, (n, dim)."""

Translate = Callable[[str, str], str | None]
"""A text and its language (ISO 639-1) to its English, as far as it is understood, or None."""

Held = Callable[[Sequence[str], Iterable[Set[str]]], Vectors]
"""English words and the words of texts to the share each text says of the former, 0-1."""

_WEIGHTS = {
    "english": {"english": 1.0, "many": 0.5},
    "many": {"bridge": 0.8, "translated": 0.8, "many": 1.0},
}
"""What each leg counts, for an idea in English and for one in another language."""

_HELD = 0.27
"""What saying all of an idea's words is worth, in whatever words, for the legs' total weight.
Anything from .2 to .35 is as good, in each language and on each half of the ideas."""

_CANDIDATES = 300
"""Prompts looked at one by one after the legs are fused, and four for each hit asked for."""

_BY_WORDS = 300
"""Prompts that are found by words alone."""


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the legs by meaning found, the idea's words in English, what a person should know."""

    legs: tuple[Leg, ...]
    words: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def weight(self) -> float:
        """What all legs count together."""
        return sum(leg.weight for leg in self.legs)


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Prompts in order, with what explains it."""

    query: Query
    records: tuple[PromptRecord, ...]
    scores: tuple[float, ...]
    legs: tuple[Leg, ...]
    confidence: float
    hidden: int
    notes: tuple[str, ...]


class Searcher:
    """Searches one library. Deterministic; safe to share between threads."""

    def __init__(
        self,
        store: Store,
        indexes: Indexes,
        *,
        embedders: Mapping[str, Embedder],
        bridge: Bridge | None,
        translate: Translate | None = None,
        held: Held | None = None,
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._embedders = embedders
        self._bridge = bridge
        self._translate = translate
        self._held = held
        self._last: tuple[object, _Meaning] | None = None

    def search(
        self,
        idea: str,
        k: int = 10,
        *,
        filters: Filters | None = None,
        max_nsfw: float = 0.5,
    ) -> SearchResult:
        """The k prompts that fit an idea best: one a family, no two alike.

        Raises:
            InputError: the idea holds no word, or k is below 1.
            SetupError: no embedder can be loaded.
        """
        found = self._rank(idea, k, filters or Filters(), max_nsfw)
        by_seq = {record.seq: record for record in found.records}
        picked = pick(
            (
                Found(record.seq, record.family, score, frozenset(words(record.text)))
                for record, score in zip(found.records, found.scores, strict=True)
            ),
            min(k, MAX_HITS),
        )
        sizes = self._store.family_sizes([one.family for one in picked])
        hits = tuple(
            _hit(by_seq[one.seq], one.score, sizes[one.family] - 1, found.legs) for one in picked
        )
        return SearchResult(
            idea=found.query.idea,
            language=found.query.language,
            hits=hits,
            confident=found.confidence >= 0.5 and bool(hits),
            confidence=found.confidence if hits else 0.0,
            hidden=found.hidden,
            notes=found.notes,
        )

    def neighbours(
        self,
        idea: str,
        k: int = 100,
        *,
        filters: Filters | None = None,
        max_nsfw: float = 0.5,
    ) -> tuple[Hit, ...]:
        """The k best prompts, families and near-duplicates included: matter for the writer."""
        found = self._rank(idea, k, filters or Filters(), max_nsfw)
        rows = list(zip(found.records, found.scores, strict=True))[:k]
        return tuple(_hit(record, score, 0, found.legs) for record, score in rows)

    def _rank(self, idea: str, k: int, filters: Filters, max_nsfw: float) -> _Ranking:
        if k < 1:
            raise InputError(f"k is {k}; ask for at least one prompt", hint="for example -k 10")
        query = understand(idea)
        allowed = self._store.allowed(filters, max_nsfw)
        meaning = self._meaning_once(query, filters, max_nsfw, allowed.keys)
        wanted = _CANDIDATES + 4 * min(k, MAX_HITS)
        lexical = self._indexes.lexical().search(query.text, query.content, _BY_WORDS, allowed.keys)
        legs = (*meaning.legs, lexical)
        records, dense = self._candidates(query, legs, wanted)
        meaning, wording = self._wording(meaning, records)
        scores = [
            score + wording.weight * float(share) + by_words(query, record)
            for record, score, share in zip(records, dense, wording.scores, strict=True)
        ]
        order = sorted(range(len(records)), key=lambda i: (-scores[i], records[i].seq))
        return _Ranking(
            query=query,
            records=tuple(records[i] for i in order),
            scores=tuple(round(scores[i], 5) for i in order),
            legs=(*legs, _sorted(wording)) if wording.weight else legs,
            confidence=self._confidence(query, meaning, dense, records, allowed.keys),
            hidden=allowed.hidden,
            notes=(*query.notes, *meaning.notes),
        )

    def _meaning_once(
        self, query: Query, filters: Filters, max_nsfw: float, allow: Keys | None
    ) -> _Meaning:
        """The legs, kept for the next call: the writer asks twice for one idea."""
        key = (query, filters, max_nsfw, self._store.state())
        last = self._last
        if last is not None and last[0] == key:
            return last[1]
        found = self._meaning(query, allow)
        self._last = None if found.notes else (key, found)
        return found

    def _candidates(
        self, query: Query, legs: Sequence[Leg], count: int
    ) -> tuple[list[PromptRecord], list[float]]:
        """The records worth a closer look, with their fused score."""
        keys, scores = fuse(legs)
        lexical = legs[-1]
        lift = WORDS_OF_A_SCRAP if query.kind == "scrap" else 0.0
        first = scores + np.float32(lift) * lookup(lexical.keys, lexical.scores, keys, 0.0)
        chosen, _ = top(keys, first, count)
        records = self._store.records(chosen)
        seqs = np.array([record.seq for record in records], dtype=np.int64)
        return records, lookup(keys, scores, seqs, 0.0).tolist()

    def _meaning(self, query: Query, allow: Keys | None) -> _Meaning:
        """The legs by meaning, and what goes with them.

        Where one embedder cannot be loaded the other does the work and a note says so.
        """
        problems: list[SetupError] = []
        vectors = self._vectors(query, problems)
        english = query.text if query.english else self._said_in_english(query, problems)
        legs = self._legs(query, vectors, english, allow, problems)
        sought = query.content if query.english else tuple(content_words(english or ""))
        return _Meaning(legs, tuple(dict.fromkeys(sought)), self._notes(vectors, problems))

    def _vectors(self, query: Query, problems: list[SetupError]) -> dict[str, Vectors]:
        """The idea as each embedder that reads its language sees it."""
        vectors: dict[str, Vectors] = {}
        served = tuple(filter(self._indexes.serves, (ENGLISH, MANY)))
        names = served if query.english else (MANY,)
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
        query: Query,
        vectors: Mapping[str, Vectors],
        english: str | None,
        allow: Keys | None,
        problems: list[SetupError],
    ) -> tuple[Leg, ...]:
        weights = _WEIGHTS["english" if ENGLISH in vectors else "many"]
        wanted = tuple(self._wanted(query, vectors, english, problems))
        # Threads of the pool end with it: the store would open its file anew for each.
        indexes = [self._indexes.dense(embedder) for embedder, _, _ in wanted]

        def search(index: Dense, one: tuple[str, str, Vectors]) -> Leg:
            return index.search((one[2], one[2]), allow, name=one[1], weight=weights[one[1]])

        with ThreadPoolExecutor(len(wanted) or 1) as pool:
            return tuple(pool.map(search, indexes, wanted))

    def _wanted(
        self,
        query: Query,
        vectors: Mapping[str, Vectors],
        english: str | None,
        problems: list[SetupError],
    ) -> Iterator[tuple[str, str, Vectors]]:
        """The searches by meaning: whose indexes, what the leg is called, and for what."""
        if ENGLISH in vectors:
            yield ENGLISH, "english", vectors[ENGLISH]
        elif (mapped := self._mapped(vectors[MANY], problems)) is not None:
            yield ENGLISH, "bridge", mapped
        if not query.english and (said := self._read(english, problems)) is not None:
            yield ENGLISH, "translated", said
        if MANY in vectors and self._indexes.serves(MANY):
            yield MANY, "many", vectors[MANY]

    def _notes(
        self, vectors: Mapping[str, Vectors], problems: Sequence[SetupError]
    ) -> tuple[str, ...]:
        missing = [_missing(error) for error in sorted(problems, key=str)]
        names = list(filter(self._indexes.serves, vectors)) or [ENGLISH]
        waiting = max(self._indexes.dense(name).waiting for name in names)
        if not waiting:
            return tuple(missing)
        note = f"{waiting:,} prompts are not embedded yet: they were searched by their words alone"
        return (*missing, note)

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

    def _confidence(
        self,
        query: Query,
        meaning: _Meaning,
        scores: Sequence[float],
        records: Sequence[PromptRecord],
        allow: Keys | None,
    ) -> float:
        """How sure it is that one of the records fits; a scrap found word for word is."""
        if query.kind == "scrap" and any(word_for_word(query, record) for record in records):
            return 1.0
        prompts = self._store.count() if allow is None else len(allow)
        return confidence(scores, meaning.weight, prompts, english=query.english)

    def _wording(self, meaning: _Meaning, records: Sequence[PromptRecord]) -> tuple[_Meaning, Leg]:
        """How much of the idea each record says in whatever words, in the records' order."""
        keys = np.array([record.seq for record in records], dtype=np.int64)
        nothing = Leg("wording", keys, np.zeros(len(records), dtype=np.float32), 0.0)
        if self._held is None or not meaning.words or not records:
            return meaning, nothing
        try:
            shares = self._held(meaning.words, [telling(record.text) for record in records])
        except SetupError as error:
            note = _missing(error)
            notes = meaning.notes if note in meaning.notes else (*meaning.notes, note)
            return replace(meaning, notes=notes), nothing
        return meaning, Leg("wording", keys, shares, _HELD * meaning.weight)


def _missing(error: SetupError) -> str:
    return f"a part of the search is missing: {error.message}"


def _sorted(leg: Leg) -> Leg:
    order = np.argsort(leg.keys, kind="stable")
    return replace(leg, keys=leg.keys[order], scores=leg.scores[order])


def _hit(record: PromptRecord, score: float, variants: int, legs: Sequence[Leg]) -> Hit:
    return Hit(
        id=record.id,
        prompt=record.text,
        negative=record.negative,
        score=score,
        source=record.source,
        variants=variants,
        tags=record.tags,
        rating=record.rating,
        use=record.use,
        model_family=record.model_family,
        core=record.core,
        why=tuple(why for leg in legs if (why := _why(leg, record.seq)) is not None),
    )


def _why(leg: Leg, seq: int) -> Why | None:
    """A leg's part in a hit, where it found it."""
    at = int(np.searchsorted(leg.keys, seq))
    if at == len(leg.keys) or leg.keys[at] != seq:
        return None
    score = float(leg.scores[at])
    return Why(leg.name, 1 + int((leg.scores > score).sum()), round(score, 5))
