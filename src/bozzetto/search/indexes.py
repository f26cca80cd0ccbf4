"""The disposable indexes of a library: opened, followed, or built again, as they need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from bozzetto.ports import EmbedderFeatures, TextIndex
from bozzetto.search.dense import Dense, DenseFactory, MakeIndex
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
            if index is not None and self._seen[name] == state and not index.waiting:
                return index
            index = index or factory.open()
            rows = None if index is None else self._newer(index.stamp, set(index.lacking.tolist()))
            if index is None or rows is None:
                index = factory.build()
            elif rows:
                factory.follow(index, rows)
                if index.followed > _limit(index.stamp):
                    index = factory.build()
            self._open_dense[name], self._seen[name] = index, state
            return index

    def lexical(self) -> Lexical:
        """The text index, as new as the library."""
        with self._lock:
            state = self._store.state()
            index = self._open_lexical
            if index is not None and self._seen["words"] == state:
                return index
            index = index or self._lexical.open()
            rows = None if index is None else self._newer(index.stamp, set())
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

    def _newer(self, stamp: Stamp, lacking: set[int]) -> list[ScanRow] | None:
        """The rows an index lacks, or None where so much has changed that it must be rebuilt."""
        limit = _limit(stamp)
        rows = list(islice(self._store.scan(stamp.max_seq), limit + 1))
        gone = stamp.total + len(rows) - self._store.count()
        if len(rows) > limit or not 0 <= gone <= limit:
            return None
        if lacking:
            rows = [row for row in self._store.scan() if row.seq in lacking] + rows
        return rows


def _limit(stamp: Stamp) -> int:
    return max(_FOLLOWED, stamp.total // _FOLLOWED_SHARE)
