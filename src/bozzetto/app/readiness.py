"""A library made ready to be searched: the starter prompts where there is none, families."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bozzetto.app.clock import now
from bozzetto.app.indexing import Indexing
from bozzetto.library import families, starter
from bozzetto.store.store import Store
from bozzetto.types import Progress

__all__ = ["Readiness"]

FEW = 2_000
"""Prompts up to which looking for texts that wait takes no time; the starter holds fewer."""


class Readiness:
    """Has a library ready; asked again while nothing has changed, it does nothing.

    Of several threads that ask at once one makes it ready, and the others wait.
    """

    def __init__(
        self, store: Store, indexing: Indexing, actor: str, progress: Callable[[Progress], None]
    ) -> None:
        self._store = store
        self._indexing = indexing
        self._actor = actor
        self._progress = progress
        self._lock = threading.Lock()
        self._at = -1  # the library's state when it was last made ready

    def ensure(self) -> None:
        """Load the starter prompts into an empty library, work out families."""
        if self._at == self._store.state():
            return
        with self._lock:
            if self._at != self._store.state():
                self._make_ready()

    def _make_ready(self) -> None:
        if starter.load(self._store, actor=self._actor, now=now()):
            self.renew_families()
            self._indexing.embed()
        elif self._at < 0:
            self._finish_starter()
        self.renew_families()
        self._indexing.warm()
        self._at = self._store.state()

    def _finish_starter(self) -> None:
        """Embed what a first search, killed at it, has left waiting."""
        if self._store.count() > FEW:
            return
        only = {info.kind for info in self._store.sources()} == {starter.KIND}
        if only and self._indexing.waiting():
            self._indexing.embed()

    def renew_families(self) -> None:
        """Work out families where prompts have changed."""
        if self._store.families_stale():
            families.renew(self._store, progress=self._progress)
