"""What hangs below the assistant as `a.library`: look, rate, delete, export."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bozzetto.app.clock import now
from bozzetto.app.wire import record_json
from bozzetto.errors import InputError, NotFoundError
from bozzetto.store.store import Store
from bozzetto.types import Filters, PromptRecord

__all__ = ["Shelf"]

PAGE = 1000


class Shelf:
    """The prompts of a library."""

    def __init__(self, store: Store, actor: str, waiting: Callable[[], int]) -> None:
        self._store = store
        self._actor = actor
        self.waiting = waiting
        """How many prompts cannot be found by meaning yet."""

    def count(self, *, source: Sequence[str] = ()) -> int:
        """How many prompts there are, in all or in any of the sources named."""
        if not source:
            return self._store.count()
        keys = self._store.allowed(Filters(source=tuple(source)), math.inf).keys
        return self._store.count() if keys is None else len(keys)

    def list(
        self, *, limit: int = 50, after: str | None = None, source: Sequence[str] = ()
    ) -> Sequence[PromptRecord]:
        """A page of prompts, oldest first; go on after the last one's id.

        Raises:
            NotFoundError: nothing is called `after`.
        """
        start = self.show([after])[0].seq if after is not None else 0
        return self._store.page(Filters(source=tuple(source)), start, limit)

    def page(
        self, place: int = 0, *, limit: int = 50, source: Sequence[str] = ()
    ) -> tuple[Sequence[PromptRecord], int | None]:
        """A page of prompts and the place of the next one, None after the last.

        A place stays right when what stood before it is deleted.
        """
        found = self._store.page(Filters(source=tuple(source)), place, limit + 1)
        page = found[:limit]
        return page, page[-1].seq if len(found) > limit else None

    def show(self, ids: Sequence[str]) -> Sequence[PromptRecord]:
        """Prompts by id.

        Raises:
            NotFoundError: one of them is not there.
        """
        found = {record.id: record for record in self._store.by_ids(ids)}
        for identity in ids:
            if identity not in found:
                raise NotFoundError(
                    f"no prompt is called {identity!r}", hint="search and library list show ids"
                )
        return [found[identity] for identity in ids]

    def rate(self, ids: Sequence[str], rating: int | None) -> int:
        """Rate prompts, 1-5; None or 0 takes that back, so that what stood before stands again.

        Returns how many changed.

        Raises:
            InputError: the rating is none of these.
            NotFoundError: an id is not there; nothing is rated then.
        """
        if rating is not None and not 0 <= rating <= 5:
            raise InputError(f"rating: {rating} is not between 1 and 5", hint="0 takes it back")
        self.show(ids)
        return self._store.kept.rate(ids, rating or None, actor=self._actor, now=now())

    def delete(self, *, ids: Sequence[str] = (), source: str | None = None) -> int:
        """Delete prompts by id, or a source with all that was seen nowhere else.

        The starter prompts, deleted as a source, are never loaded again. Where another source
        is called `starter` too, they go first.

        Raises:
            NotFoundError: an id or the source is not there; nothing is deleted then.
        """
        if source is not None:
            return self._store.delete_source(source, actor=self._actor, now=now())
        self.show(ids)
        return self._store.delete(ids, actor=self._actor, now=now())

    def export(self, *, source: Sequence[str] = ()) -> Iterator[dict[str, Any]]:
        """Every prompt as `import` reads it back, oldest first."""
        after, filters = 0, Filters(source=tuple(source))
        while page := self._store.page(filters, after, PAGE):
            yield from map(record_json, page)
            after = page[-1].seq
