"""The disposable indexes of a library: opened, followed, or built again, as they need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from bozzetto.ports import EmbedderFeatures, TextIndex
from bozzetto.search.dense import Dense, DenseFactory, MakeIndex
from bozzetto.search.examine import Factory, IndexState, compare, examine
from bozzetto.search.folders import Stamp
from bozzetto.search.lexical import Lexical, LexicalFactory
from bozzetto.search.views import VIEWS
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache

__all__ = ["Indexes"]

_FOLLOWED = 2_000
_FOLLOWED_SHARE = 20
"""Rows newer than an index are searched one by one up to so many, or one in so many."""


class Indexes:
    """The indexes of one library. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        cache: VectorCache,
        folder: Path,
        *,
        embedders: Mapping[str, EmbedderFeatures],
        vectors: MakeIndex,
        texts: Callable[[], TextIndex],
    ) -> None:
        self._store = store
        self._folder = folder
        self._dense = {
            name: DenseFactory(
                name,
                features,
                VIEWS[name],
                store=store,
                cache=cache,
                folder=folder,
                make=vectors,
            )
            for name, features in embedders.items()
        }
        self._lexical = LexicalFactory(store=store, folder=folder, make=texts)
        self._open_dense: dict[str, Dense] = {}
        self._open_lexical: Lexical | None = None
        self._seen: dict[str, int] = {}
        self._lock = threading.RLock()

    def dense(self, name: str) -> Dense:
        """The vector indexes of an embedder, as new as the library and its vectors."""
        with self._lock:
            state = self._store.state()
            factory, index = self._dense[name], self._open_dense.get(name)
            current = index is not None and self._seen[name] == state
            if index is not None and current and not factory.arrived(index):
                return index
            index = self._renewed(factory, index or factory.open())
            self._open_dense[name], self._seen[name] = index, state
            return index

    def _renewed(self, factory: DenseFactory, index: Dense | None) -> Dense:
        """The index with what it lacks, or a new one."""
        arrived = 0 if index is None else factory.arrived(index)
        rows = None if index is None else self._newer(index.stamp)
        if index is None or rows is None or arrived + index.followed > _limit(index.stamp):
            return factory.build()
        left_out = set(index.left_out.keys.tolist())
        if left_out and (rows or arrived):
            rows = [row for row in self._store.scan() if row.seq in left_out] + rows
        if rows:
            factory.follow(index, rows)
        return index

    def lexical(self) -> Lexical:
        """The text index, as new as the library."""
        with self._lock:
            state = self._store.state()
            index = self._open_lexical
            if index is not None and self._seen["words"] == state:
                return index
            index = index or self._lexical.open()
            rows = None if index is None else self._newer(index.stamp)
            if index is None or rows is None:
                index = self._lexical.build()
            else:
                index.follow(rows)
            self._open_lexical, self._seen["words"] = index, state
            return index

    def refresh(self) -> None:
        """Bring every index up to date now, so that no search has to wait for it."""
        self.lexical()
        for name in self._dense:
            self.dense(name)

    def examine(self) -> tuple[IndexState, ...]:
        """How each index on the disk stands to the library; nothing is built or deleted."""
        factories: tuple[Factory, ...] = (self._lexical, *self._dense.values())
        return tuple(map(self._examined, factories))

    def _examined(self, factory: Factory) -> IndexState:
        found = examine(self._folder, factory)
        if isinstance(found, IndexState):
            return found
        newer, count = self._newer(found), self._store.count()
        if newer is None:
            detail = f"made for {found.total:,} prompts of which much has changed since"
            return IndexState(factory.name, "stale", detail)
        return compare(factory.name, found, len(newer), count)

    def _newer(self, stamp: Stamp) -> list[ScanRow] | None:
        """The rows that came after an index, or None where it must be built anew."""
        limit = _limit(stamp)
        rows = list(islice(self._store.scan(stamp.max_seq), limit + 1))
        gone = stamp.total + len(rows) - self._store.count()
        return rows if len(rows) <= limit and 0 <= gone <= limit else None


def _limit(stamp: Stamp) -> int:
    return max(_FOLLOWED, stamp.total // _FOLLOWED_SHARE)
