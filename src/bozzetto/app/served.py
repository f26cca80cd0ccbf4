"""What one choice of an embedder and a store is searched by, and the change to another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from bozzetto.app.serving import Serving, read
from bozzetto.errors import BozzettoError
from bozzetto.ports import Embedder
from bozzetto.search.engine import Searcher
from bozzetto.search.indexes import Indexes

__all__ = ["InForce", "Parts", "Served"]

T = TypeVar("T")


class Parts:
    """What puts together what a choice needs."""

    def __init__(
        self,
        own: Callable[[Serving], Embedder],
        indexes: Callable[[Serving], Indexes],
        searcher: Callable[[Served], Searcher],
    ) -> None:
        self.own, self.indexes, self.searcher = own, indexes, searcher


class Served:
    """One choice, its parts made at first use; they belong together, whatever comes after it."""

    def __init__(self, serving: Serving, parts: Parts) -> None:
        self.serving = serving
        self._parts = parts

    @cached_property
    def own(self) -> Embedder:
        """The embedder that was named."""
        return self._parts.own(self.serving)

    @cached_property
    def indexes(self) -> Indexes:
        """Its indexes."""
        return self._parts.indexes(self.serving)

    @cached_property
    def searcher(self) -> Searcher:
        """The search over them."""
        return self._parts.searcher(self)

    def close(self) -> None:
        """Let go of a store's connections; searches that still go on open their own."""
        if (indexes := self.__dict__.get("indexes")) is not None:
            indexes.close()


class InForce:
    """What serves a home by now: another process may put something else in force at any time."""

    def __init__(self, home: Path, parts: Parts) -> None:
        self._home, self._parts = home, parts
        self._lock = threading.Lock()
        self._last: Served | None = None

    @property
    def serving(self) -> Serving:
        """The choice; nothing is opened for it."""
        return read(self._home) or Serving()

    @property
    def now(self) -> Served:
        """What belongs to it."""
        serving = self.serving
        with self._lock:
            last = self._last
            if last is None or last.serving != serving:
                self._last = Served(serving, self._parts)
                if last is not None:
                    last.close()
            assert self._last is not None
            return self._last

    def ask(self, work: Callable[[Searcher], T]) -> T:
        """What a search gives; asked again where something else came in force meanwhile."""
        served = self.now
        try:
            found = work(served.searcher)
        except BozzettoError:
            if self.now is served:
                raise
        else:
            if self.now is served:
                return found
        return work(self.now.searcher)

    def close(self) -> None:
        """Let go of what was opened."""
        with self._lock:
            if self._last is not None:
                self._last.close()
