"""The assistant's writing: an order, what the library holds for it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256

from bozzetto.app.clock import now
from bozzetto.app.counts import library_counts
from bozzetto.app.indexing import Indexing
from bozzetto.app.orders import Order
from bozzetto.app.sessions import Listening, session
from bozzetto.app.writing import Material, Rework, brief_of, sized, write
from bozzetto.config import Settings
from bozzetto.errors import InputError, NotFoundError
from bozzetto.optimize.revising import revise
from bozzetto.search.hits import make_hit
from bozzetto.store.candidates import KeptCandidate
from bozzetto.store.store import Store
from bozzetto.text.normalise import plain
from bozzetto.types import Candidate, Hit, OptimizeResult, PromptRecord

__all__ = ["Writer"]

WRITTEN_FROM = 10
"""Hits that an optimize result shows."""

MOST_PROMPT = 20_000
"""Characters of a prompt that a user wrote."""


class Writer:
    """Writes to orders over one home; `show` gives prompts by id or says which is missing."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        indexing: Indexing,
        show: Callable[[Sequence[str]], Sequence[PromptRecord]],
    ) -> None:
        self._settings, self._store, self._indexing = settings, store, indexing
        self._show = show

    def write(
        self,
        order: Order,
        listening: Listening,
        *,
        k: int | None = None,
        save: bool = True,
        rework: Rework | None = None,
    ) -> OptimizeResult:
        """Write to an order, and keep what was written unless `save` is False."""
        words, most = order.words, self._settings.max_nsfw
        count = WRITTEN_FROM if k is None else k
        shown = self._indexing.ask(
            lambda one: one.search(words, k=count, filters=order.filters, max_nsfw=most)
        )
        picked = tuple(map(_hit, self._show(order.pick)))
        material = self._material(order, shown.language, picked, shown.hits)

        def keep(result: OptimizeResult) -> OptimizeResult:
            found = replace(result, notes=(*shown.notes, *result.notes))
            if save:
                self._keep(order, found)
            return found

        return write(
            order,
            material,
            sessions=lambda chat: session(self._settings, self._store, chat, listening),
            hear=listening.hear,
            keep=keep,
            rework=rework,
        )

    def _material(
        self, order: Order, language: str, picked: Sequence[Hit], hits: Sequence[Hit]
    ) -> Material:
        """What an order is written from: the hits shown, and many more of their kind."""
        book = self._indexing.phrase_book
        most = self._settings.max_nsfw
        wide = self._indexing.ask(
            lambda one: one.neighbours(order.words, filters=order.filters, max_nsfw=most)
        )
        return Material(
            language=language,
            hits=_first(picked, hits),
            wide=_first(picked, wide),
            library=library_counts(self._store, self._indexing.folder),
            book=book,
            similar=book.similar,
        )

    def _keep(self, order: Order, result: OptimizeResult) -> None:
        sizes = {one.size for one in result.candidates}
        self._store.save_candidates(
            result,
            order.settings() | {"size": next(iter(sizes), None)},
            actor=self._settings.actor,
            now=now(),
        )

    def rewrite(
        self,
        identity: str,
        wish: str | None,
        listening: Listening,
        *,
        chat: str | None,
        seed: int | None,
        save: bool,
    ) -> OptimizeResult:
        """Write a kept candidate again, or change it by a wish; its lineage is kept.

        Without a `seed` the next one is taken that no candidate made from it has had.

        Raises:
            NotFoundError: nothing is kept under that id, or its profile is gone.
            InputError: the wish is empty.
        """
        kept = self._kept(identity)
        if wish is not None and not wish.strip():
            raise InputError("say what to change", hint='such as "warmer, less crowded"')
        order = self._order(kept)
        parent, there = kept.candidate, self._store.by_ids(kept.candidate.references)
        seeds = [one.seed or 0 for one in (parent, *self._store.children(identity))]
        rework = Rework(
            parent, max(seeds) + 1 if seed is None else seed, tuple(map(_hit, there)), wish
        )
        order = replace(
            order,
            n=1,
            seed=rework.seed,
            chat=chat or order.chat,
            pick=tuple(record.id for record in self._store.by_ids(order.pick)),
            prefer=(*order.prefer, wish) if wish else order.prefer,
        )
        return self.write(order, listening, save=save, rework=rework)

    def revise(self, identity: str, prompt: str, negative: str | None) -> Candidate:
        """A kept candidate with another text, which its user wrote; kept too.

        Without a `negative` the old one stays; an empty one is none.

        Raises:
            NotFoundError: nothing is kept under that id, or its profile is gone.
            InputError: the prompt is empty or too long.
        """
        text, other = plain(prompt).strip(), plain(negative or "").strip()
        if not any(letter.isalnum() for letter in text):
            raise InputError("the prompt is empty", hint="say what is to be drawn")
        if (length := max(len(text), len(other))) > MOST_PROMPT:
            raise InputError(f"the prompt has {length:,} characters of {MOST_PROMPT:,}")
        kept = self._kept(identity)
        against = kept.candidate.negative if negative is None else other or None
        if (text, against) == (kept.candidate.prompt, kept.candidate.negative):
            return kept.candidate
        return self._keep_revised(kept, self._revised(kept, text, against))

    def _revised(self, kept: KeptCandidate, prompt: str, negative: str | None) -> Candidate:
        order, old = self._order(kept), kept.candidate
        order = replace(order, pick=tuple(one.id for one in self._store.by_ids(order.pick)))
        picked = tuple(map(_hit, self._show(order.pick)))
        material = self._material(order, kept.language, picked, ())
        found = revise(
            old, prompt, negative, brief_of(order, material), material.wide, material.library,
            similar=material.similar,
        )  # fmt: skip
        return sized(replace(found, size=None), old.size)

    def _keep_revised(self, kept: KeptCandidate, made: Candidate) -> Candidate:
        """Keep it under an id that nothing of another idea has; an equal one may be there."""
        there = self._store.candidate(made.id)
        if there and there.idea != kept.idea:
            made = replace(
                made, id=sha256(f"{kept.candidate.id}\0{made.id}".encode()).hexdigest()[:16]
            )
            there = self._store.candidate(made.id)
        if there:
            return there.candidate
        hits = tuple(map(_hit, self._store.by_ids(kept.hits)))
        result = OptimizeResult(kept.idea, kept.language, hits, (made,))
        self._store.save_candidates(result, kept.settings, actor=self._settings.actor, now=now())
        return made

    def _kept(self, identity: str) -> KeptCandidate:
        kept = self._store.candidate(identity)
        if kept is None:
            raise NotFoundError(
                f"no candidate is called {identity!r}",
                hint="optimize shows ids; those written with --no-save are not kept",
            )
        return kept

    def _order(self, kept: KeptCandidate) -> Order:
        """The order that a kept candidate was written to."""
        return Order.kept(
            kept.idea,
            kept.settings,
            timeout=self._settings.timeout,
            home=self._settings.home,
        )


def _hit(record: PromptRecord) -> Hit:
    """A prompt of the library as if it had been found."""
    return make_hit(record, 1.0, ())


def _first(picked: Sequence[Hit], hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The picked hits, as they were found where they were, and then the others."""
    found = {hit.id: hit for hit in hits}
    chosen = {hit.id for hit in picked}
    return (
        *(found.get(hit.id, hit) for hit in picked),
        *(hit for hit in hits if hit.id not in chosen),
    )
