"""The assistant's writing: an order, what the library holds for it, and what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from bozzetto.app.clock import now
from bozzetto.app.counts import library_counts
from bozzetto.app.indexing import Indexing
from bozzetto.app.orders import Order
from bozzetto.app.sessions import Listening, session
from bozzetto.app.writing import Material, Rework, write
from bozzetto.config import Settings
from bozzetto.errors import InputError, NotFoundError
from bozzetto.search.hits import make_hit
from bozzetto.store.store import Store
from bozzetto.types import Hit, OptimizeResult, PromptRecord

__all__ = ["Writer"]

WRITTEN_FROM = 10
"""Hits that an optimize result shows."""


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
        words, searcher = order.words, self._indexing.searcher
        most = self._settings.max_nsfw
        shown = searcher.search(
            words, k=WRITTEN_FROM if k is None else k, filters=order.filters, max_nsfw=most
        )
        picked = tuple(map(_hit, self._show(order.pick)))
        material = Material(
            language=shown.language,
            hits=_first(picked, shown.hits),
            wide=_first(picked, searcher.neighbours(words, filters=order.filters, max_nsfw=most)),
            library=library_counts(self._store, self._indexing.folder),
            book=self._indexing.phrase_book,
            similar=self._indexing.phrase_book.similar,
        )

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
        kept = self._store.candidate(identity)
        if kept is None:
            raise NotFoundError(
                f"no candidate is called {identity!r}",
                hint="optimize shows ids; those written with --no-save are not kept",
            )
        if wish is not None and not wish.strip():
            raise InputError("say what to change", hint='such as "warmer, less crowded"')
        order = Order.kept(
            kept.idea,
            kept.settings,
            timeout=self._settings.timeout,
            profiles=self._settings.home / "profiles",
        )
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
