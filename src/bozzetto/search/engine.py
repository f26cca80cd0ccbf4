"""From an idea to the prompts that fit it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import Embedder
from bozzetto.search.aim import Aim, aim_at
from bozzetto.search.beside import beside
from bozzetto.search.confidence import confidence
from bozzetto.search.diversify import Found, pick
from bozzetto.search.fuse import Leg, fuse, lookup, top
from bozzetto.search.hits import count, make_hit, whys
from bozzetto.search.indexes import Indexes
from bozzetto.search.liking import liking
from bozzetto.search.looks import BY_WORDS, LEGS, Embed, compared, look_words
from bozzetto.search.meaning import Bridge, Learn, Meaning, Meanings, Translate, lacking
from bozzetto.search.together import Together
from bozzetto.search.understand import Query, understand
from bozzetto.search.wording import WORDS_OF_A_SCRAP, by_words, counts_words, telling, word_for_word
from bozzetto.store.facets import Allowed
from bozzetto.store.facts import where_of
from bozzetto.store.store import Store
from bozzetto.text.words import words
from bozzetto.types import (
    Answer,
    By,
    Filters,
    Hit,
    Keys,
    PromptRecord,
    SearchResult,
    Vectors,
    Where,
)

__all__ = ["MAX_HITS", "Bridge", "Held", "Searcher"]

MAX_HITS = 1_000
"""More hits are not returned for one idea, however many are asked for."""

Held = Callable[[Sequence[str], Iterable[Collection[str]]], Vectors]
"""English words and the words of texts to the share each text says of the former, 0-1."""

Answers = Callable[[Sequence[str], Collection[str]], tuple[Answer, ...]]
"""English words and the words of a text to which of the latter say which of the former."""

Told = TypeVar("Told")

_WEIGHTS = {
    "english": {"english": 1.0, "many": 0.5},
    "many": {"bridge": 0.8, "translated": 0.8, "many": 1.0, "own": 1.0},
}
"""What each leg counts, for an idea in English and for one in another language."""

_HELD = 0.27
"""What saying all of an idea's words is worth, in whatever words, for the legs' total weight.
Anything from .2 to .35 is as good, in each language and on each half of the ideas."""

_CANDIDATES = 300
"""Prompts looked at one by one after the legs are fused, and four for each hit asked for."""

_FOUND_BY_WORDS = 300
"""Prompts that are found by words alone."""


_AT_ONCE, _PLACES = 16, 2
"""Ideas whose meaning is searched for in one go where several wait, and how many such goes run."""

_COUNTED = 100
"""The best prompts, of which facets count what they have."""


@dataclass(frozen=True, slots=True)
class _Ranking:
    """Prompts in order, with what explains it."""

    aim: Aim
    words: tuple[str, ...]
    records: tuple[PromptRecord, ...]
    scores: tuple[float, ...]
    legs: tuple[Leg, ...]
    confidence: float
    hidden: int
    notes: tuple[str, ...]

    def answers(self, record: PromptRecord, answers: Answers | None) -> tuple[Answer, ...]:
        """Which words of a prompt say those that are sought."""
        if answers is None or not self.words:
            return ()
        return answers(self.words, telling(self.aim.seen(record).text))


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What is sought, the keys that may be found, and what is told of what is found by meaning."""

    aim: Aim
    allow: Keys | None
    where: Where
    tell: Callable[[Meaning], object]


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
        answers: Answers | None = None,
        look: Embed | None = None,
        learn: Learn | None = None,
    ) -> None:
        self._store = store
        self._indexes = indexes
        self._meanings = Meanings(
            indexes,
            _WEIGHTS,
            embedders=embedders,
            bridge=bridge,
            translate=translate,
            learn=learn,
        )
        self._together = Together(self._answer, _AT_ONCE, _PLACES)
        self._held, self._answers, self._look = held, answers, look
        self._last: tuple[object, Meaning] | None = None

    def search(
        self,
        idea: str | None,
        k: int = 10,
        *,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        by: By = "both",
        explain: bool = False,
        filters: Filters | None = None,
        max_nsfw: float = 0.5,
    ) -> SearchResult:
        """The k prompts that fit an idea best: one a family, no two alike.

        `like` and `unlike` are ids of prompts, whose families are not among the hits; with
        `like` there need be no idea.

        Raises:
            InputError: the idea holds no word, k is below 1, or likes and dislikes cancel out.
            NotFoundError: an id is not in the library.
            SetupError: no embedder can be loaded.
            BackendError: an embedder or a store does not answer, and words alone find nothing.
        """
        aim = aim_at(idea, like, unlike, by, self._store.by_ids)
        varied = by != "look" and aim.query.kind != "scrap"
        explained = self._answers if explain else None

        def result(found: _Ranking) -> SearchResult:
            return self._result(found, min(k, MAX_HITS), explained, varied=varied)

        return self._rank(aim, k, filters or Filters(), max_nsfw, result)

    def _result(
        self, found: _Ranking, k: int, explained: Answers | None, *, varied: bool
    ) -> SearchResult:
        """The first k of a ranking as they are told."""
        by_seq = {record.seq: record for record in found.records}
        rows = zip(found.records, found.scores, strict=True)
        picked = pick((_found(record, score, varied) for record, score in rows), k)
        sizes = self._store.family_sizes([one.family for one in picked])
        reasons = whys(found.legs, [one.seq for one in picked])
        hits = tuple(
            make_hit(
                by_seq[one.seq],
                one.score,
                why,
                variants=sizes[one.family] - 1,
                answers=found.answers(by_seq[one.seq], explained),
            )
            for one, why in zip(picked, reasons, strict=True)
        )
        return SearchResult(
            idea=found.aim.query.idea,
            language=found.aim.query.language,
            hits=hits,
            confident=found.confidence >= 0.5 and bool(hits),
            confidence=found.confidence if hits else 0.0,
            hidden=found.hidden,
            notes=found.notes,
            facets=count(found.records[:_COUNTED]),
        )

    def neighbours(
        self,
        idea: str,
        k: int = 64,
        *,
        filters: Filters | None = None,
        max_nsfw: float = 0.5,
    ) -> tuple[Hit, ...]:
        """The k best prompts, families and near-duplicates included: matter for the writer."""

        def hits(found: _Ranking) -> tuple[Hit, ...]:
            rows = list(zip(found.records, found.scores, strict=True))[:k]
            reasons = whys(found.legs, [record.seq for record, _ in rows])
            return tuple(make_hit(*row, why) for row, why in zip(rows, reasons, strict=True))

        return self._rank(Aim(understand(idea)), k, filters or Filters(), max_nsfw, hits)

    def _rank(
        self, aim: Aim, k: int, filters: Filters, max_nsfw: float, then: Callable[[_Ranking], Told]
    ) -> Told:
        """What is to be told of the ranking of an aim."""
        if k < 1:
            raise InputError(f"k is {k}; ask for at least one prompt", hint="for example -k 10")
        allowed = self._store.allowed(filters, max_nsfw, apart=aim.families)

        def tell(meaning: Meaning, lexical: Leg) -> Told:
            return then(self._ranking(aim, k, allowed, meaning, lexical))

        where = Where() if allowed.keys is None else where_of(filters, max_nsfw)
        return self._legs(aim, (aim, filters, max_nsfw), allowed.keys, where, tell)

    def _ranking(
        self, aim: Aim, k: int, allowed: Allowed, meaning: Meaning, lexical: Leg
    ) -> _Ranking:
        query = aim.query
        legs = (*meaning.legs, lexical)
        records, fused = self._candidates(query, legs, _CANDIDATES + 4 * min(k, MAX_HITS))
        seen = records if aim.by == "both" else [aim.seen(record) for record in records]
        meaning, wording = self._wording(meaning, seen)
        looks = self._looks(aim, meaning, seen)
        beside = wording.weight * wording.scores + looks.weight * looks.scores
        scores = np.array(fused) + beside + _said_of(query, seen, meaning.weight)
        order = np.lexsort((wording.keys, -scores)).tolist()
        return _Ranking(
            aim=aim,
            words=meaning.words,
            records=tuple(records[i] for i in order),
            scores=tuple(scores[order].round(5).tolist()),
            legs=(*legs, *(leg.ascending() for leg in (wording, looks) if leg.weight)),
            confidence=(
                _best(wording)
                if aim.by == "look"
                else self._confidence(query, meaning, fused, seen, allowed.keys)
            ),
            hidden=allowed.hidden,
            notes=(*query.notes, *meaning.notes),
        )

    def _legs(
        self,
        aim: Aim,
        asked: object,
        allow: Keys | None,
        where: Where,
        then: Callable[[Meaning, Leg], Told],
    ) -> Told:
        """What is to be told of what is found by meaning and, beside it, by words.

        The legs are kept for the next call: the writer asks twice for one idea.
        """
        key = (asked, self._store.state(), self._store.ratings())
        index, last = self._indexes.lexical(), self._last
        with beside(1, long=self._indexes.large) as pool:
            said = (aim.text, aim.query.content, _FOUND_BY_WORDS, allow)
            words = pool.submit(index.search, *said) if aim.by != "look" else None

            def by_both(found: Meaning) -> tuple[Meaning, Leg]:
                if words is not None:
                    return found, words.result()
                # Of looks words tell the most, those that say it in English.
                lexical = index.search(found.said, found.words, _FOUND_BY_WORDS, allow)
                weaker = [replace(leg, weight=leg.weight * LEGS) for leg in found.legs]
                return replace(found, legs=tuple(weaker)), replace(lexical, weight=BY_WORDS)

            def tell(found: Meaning) -> Told | BackendError:
                self._last = None if found.notes else (key, found)
                meaning, lexical = by_both(found)
                nothing = not len(lexical.keys) and found.failed
                return nothing or then(meaning, lexical)

            if last is not None and last[0] == key:
                told = tell(last[1])
            elif aim.like or aim.unlike:  # which may cancel out: nobody else's matter
                told = tell(*self._meanings.find([(aim, allow, where)]))
            else:
                told = cast(Told | BackendError, self._together(_Asked(aim, allow, where, tell)))
        if isinstance(told, BackendError):  # not raised before: others are answered beside it
            raise told
        return told

    def _answer(self, asked: Sequence[_Asked]) -> Iterator[object]:
        """The answers to those that wait, one after the other, by one thread.

        Threads that each went on with their own would wait for the interpreter, and for each
        other, longer than they work.
        """
        found = self._meanings.find([(one.aim, one.allow, one.where) for one in asked])
        return (one.tell(meaning) for one, meaning in zip(asked, found, strict=True))

    def _looks(self, aim: Aim, meaning: Meaning, seen: Sequence[PromptRecord]) -> Leg:
        """How near the look of each record is to the one that is sought, in the records' order."""
        if aim.by != "look" or self._look is None:
            return _nothing("look", seen)
        return compared(self._look, meaning.said, meaning.words, seen)

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

    def _confidence(
        self,
        query: Query,
        meaning: Meaning,
        scores: Sequence[float],
        seen: Sequence[PromptRecord],
        allow: Keys | None,
    ) -> float:
        """How sure it is that one of the records fits; a scrap found word for word is."""
        if query.kind == "scrap" and any(word_for_word(query, record) for record in seen):
            return 1.0
        prompts = self._store.count() if allow is None else len(allow)
        return confidence(scores, meaning.weight, prompts, english=query.english)

    def _wording(self, meaning: Meaning, seen: Sequence[PromptRecord]) -> tuple[Meaning, Leg]:
        """How much of the idea each record says in whatever words, in the records' order."""
        if self._held is None or not meaning.words or not seen:
            return meaning, _nothing("wording", seen)
        try:
            shares = self._held(meaning.words, [telling(record.text) for record in seen])
        except SetupError as error:
            note = lacking(error)
            notes = meaning.notes if note in meaning.notes else (*meaning.notes, note)
            return replace(meaning, notes=notes), _nothing("wording", seen)
        leg = _nothing("wording", seen)
        return meaning, replace(leg, scores=shares, weight=_HELD * meaning.weight)


def _found(record: PromptRecord, score: float, varied: bool) -> Found:
    """A record as it is told from others, where it matters also by its look.

    Who asks for a look wants it more than once, and a scrap is what is remembered of one prompt.
    """
    look = look_words(record.text) if varied else frozenset[str]()
    return Found(record.seq, record.family, score, frozenset(words(record.text)), look)


def _said_of(query: Query, seen: Sequence[PromptRecord], weight: float) -> NDArray[np.float64]:
    """What the words of each record add to its score, and what people say of it."""
    words = np.array([by_words(query, one) for one in seen]) if counts_words(query) else 0.0
    rated = [0.0 if one.rating is None else liking(one.rating) for one in seen]
    return words + np.array(rated) * weight


def _best(wording: Leg) -> float:
    """How sure it is that a look is there: how much of it the best of them says."""
    return round(float(wording.scores.max(initial=0.0)), 3)


def _nothing(name: str, records: Sequence[PromptRecord]) -> Leg:
    """A leg over some records, in their order, that counts nothing yet."""
    keys = np.array([record.seq for record in records], dtype=np.int64)
    return Leg(name, keys, np.zeros(len(records), dtype=np.float32), 0.0)
