"""What hangs below the assistant as `a.library`: look, edit, rate, delete, export."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from bozzetto.app.clock import now
from bozzetto.app.wire import record_json
from bozzetto.errors import InputError, NotFoundError
from bozzetto.library.reading import LONGEST_PROMPT, work_out
from bozzetto.store.editing import Edit, Wording
from bozzetto.store.entries import storable
from bozzetto.store.facets import Stats, Values
from bozzetto.store.store import Store
from bozzetto.types import Filters, PromptRecord

__all__ = ["Shelf"]

PAGE = 1000

LONGEST_TAG = 100
"""Characters."""


class Shelf:
    """The prompts of a library."""

    def __init__(
        self,
        store: Store,
        actor: str,
        waiting: Callable[[], int],
        embed: Callable[[Sequence[PromptRecord]], None],
    ) -> None:
        self._store = store
        self._actor = actor
        self._embed = embed
        self.waiting = waiting
        """How many prompts cannot be found by meaning yet."""

    def count(self, filters: Filters = Filters()) -> int:  # noqa: B008 - frozen
        """How many prompts there are, in all or as filters want them."""
        return self._store.count(filters)

    def stats(self) -> tuple[Stats, Values]:
        """The library in numbers, and what filters can ask for."""
        return self._store.stats(), self._store.values()

    def list(
        self,
        *,
        limit: int = 50,
        after: str | None = None,
        filters: Filters = Filters(),  # noqa: B008 - frozen
    ) -> Sequence[PromptRecord]:
        """A page of prompts, oldest first; go on after the last one's id.

        Raises:
            NotFoundError: nothing is called `after`.
        """
        start = self.show([after])[0].seq if after is not None else 0
        return self._store.page(filters, start, limit)

    def page(
        self,
        place: int = 0,
        *,
        limit: int = 50,
        filters: Filters = Filters(),  # noqa: B008 - frozen
    ) -> tuple[Sequence[PromptRecord], int | None]:
        """A page of prompts and the place of the next one, None after the last.

        A place stays right when what stood before it is deleted.
        """
        found = self._store.page(filters, place, limit + 1)
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

    def variants(self, identity: str) -> Sequence[PromptRecord]:
        """The other prompts of its family, oldest first.

        Raises:
            NotFoundError: the prompt is not there.
        """
        record = self.show([identity])[0]
        return [one for one in self._store.family(record.family) if one.seq != record.seq]

    def edit(
        self,
        identity: str,
        text: str | None = None,
        *,
        negative: str | None = None,
        tags: Sequence[str] | None = None,
    ) -> PromptRecord:
        """Change a prompt; what is None stays as it is, an empty `negative` is none.

        Another text is another prompt: its id is new. Where it came from, its rating, its tags
        and what campaigns kept of it go over to it, and the old text is its `original`.

        Raises:
            NotFoundError: the prompt is not there.
            InputError: the text holds no word or is too long, or the library has it already.
        """
        wanted = Edit(
            _wording(text) if text is not None else None,
            None if negative is None else _negative(negative),
            None if tags is None else frozenset(map(_tag, tags)),
        )
        edited = self._store.edit(identity, wanted, actor=self._actor, now=now())
        (record,) = self.show([edited or identity])
        if text is not None:
            self._embed([record])
        return record

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

    def export(self, filters: Filters = Filters()) -> Iterator[dict[str, Any]]:  # noqa: B008
        """Every prompt as `import` reads it back, oldest first."""
        after = 0
        while page := self._store.page(filters, after, PAGE):
            yield from map(record_json, page)
            after = page[-1].seq


def _wording(text: str) -> Wording:
    ((number, clean, core),) = work_out([text])
    if number is None:
        raise InputError(f"the text cannot be kept: {clean}")
    return Wording(number, clean, core)


def _negative(text: str) -> str:
    if len(text) > LONGEST_PROMPT:
        raise InputError(f"the negative prompt has more than {LONGEST_PROMPT:,} characters")
    return storable(text).strip()


def _tag(tag: str) -> str:
    found = storable(tag).strip().casefold()
    if not found or len(found) > LONGEST_TAG:
        raise InputError(f"tag: {tag[:60]!r} is empty, or longer than {LONGEST_TAG} characters")
    return found
