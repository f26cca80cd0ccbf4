"""A vector store in this process, and what every store's filters have to agree with."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Facts, Keys, StoreRows, Vectors, Where

__all__ = ["MemoryStore", "holds"]


def holds(facts: Facts, where: Where) -> bool:
    """Whether facts are what a `Where` asks for: what every store has to agree with."""
    compare: dict[str, Callable[[object, object], bool]] = {
        "any": lambda mine, wanted: not set(mine).isdisjoint(wanted),  # type: ignore[call-overload]
        "in": lambda mine, wanted: mine in wanted,  # type: ignore[operator]
        ">=": lambda mine, wanted: mine >= wanted,  # type: ignore[operator]
        "<=": lambda mine, wanted: mine <= wanted,  # type: ignore[operator]
        "=": lambda mine, wanted: mine == wanted,
    }
    return all(
        compare[one.operator](getattr(facts, one.field), one.value) for one in where.conditions()
    )


class MemoryStore:
    """A store in this process: exact, with filters, for tests and as a plug-in's pattern.

    `break_after` puts it lets through before it vanishes, as a server does that is stopped.
    """

    def __init__(
        self, *, place: str = "memory", break_after: int | None = None, filters: bool = True
    ) -> None:
        self._place = place
        self._filters = filters
        self._held: dict[str, tuple[int, dict[int, tuple[Vectors, Facts]]]] = {}
        self._lock = threading.Lock()
        self.break_after = break_after
        self.finished: list[str] = []

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures(
            "memory", self._place, exact=True, batch=100, filters=self._filters
        )

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make a collection; one of that dimension stays."""
        with self._lock:
            there = self._held.setdefault(collection, (dim, {}))[0]
        if there != dim:
            raise SetupError(
                f"{self._place}: {collection} holds vectors of {there} dimensions, not {dim}"
            )

    def put(self, collection: str, rows: StoreRows) -> None:
        """Add rows, or vanish as planned."""
        held = self._collection(collection)
        if self.break_after is not None:
            if self.break_after <= 0:
                raise BackendError(f"{self._place} cannot be reached", retryable=True)
            self.break_after -= 1
        with self._lock:
            for key, vector, facts in zip(
                rows.keys.tolist(), rows.vectors, rows.facts, strict=True
            ):
                held[key] = (np.array(vector, np.float32), facts)

    def finish(self, collection: str) -> None:
        """Note that it was asked."""
        self._collection(collection)
        self.finished.append(collection)

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        held = self._collection(collection)
        with self._lock:
            for key in keys.tolist():
                held.pop(key, None)

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best."""
        if not self._filters and where != Where():
            raise ValueError("this store does not filter")
        with self._lock:
            rows = list(self._collection(collection).items())
        fitting = [(key, vector) for key, (vector, facts) in rows if holds(facts, where)]
        if not fitting:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        keys = np.array([key for key, _ in fitting], np.int64)
        scores = np.stack([vector for _, vector in fitting]) @ query
        order = np.lexsort((keys, -scores))[:k]
        return keys[order], scores[order].astype(np.float32)

    def count(self, collection: str) -> int | None:
        """How many rows; None of no collection."""
        found = self._held.get(collection)
        return None if found is None else len(found[1])

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so."""
        return tuple(sorted(name for name in self._held if name.startswith(prefix)))

    def drop(self, collection: str) -> None:
        """Forget a collection."""
        self._held.pop(collection, None)

    def close(self) -> None:
        """Nothing is held open."""

    def _collection(self, collection: str) -> dict[int, tuple[Vectors, Facts]]:
        found = self._held.get(collection)
        if found is None:
            raise NotFoundError(f"{self._place} has no collection {collection}")
        return found[1]
