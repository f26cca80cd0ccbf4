"""Search by meaning in a vector store: another program keeps the vectors, the library the truth.

One collection a view. What the store finds is held against the library, and less the hubness of
each prompt as in an index of this machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import BoundedSemaphore

import numpy as np

from bozzetto.errors import BackendError, NotFoundError
from bozzetto.ports import EmbedderFeatures, VectorStore
from bozzetto.search.beside import beside
from bozzetto.search.dense import Sought
from bozzetto.search.fuse import among, top
from bozzetto.search.hubs import less_hubs
from bozzetto.search.views import OWN
from bozzetto.store.ledger import Ledger
from bozzetto.types import Keys, Vectors, Where

__all__ = ["Kept", "StoredIndex", "StoredView", "collection_name", "label"]

_DEPTH = 500
"""Rows asked of a store for one query: what lies deeper never comes among the first hits, and
every row travels."""

_WIDER = 4
"""So many times deeper where the store cannot filter by itself."""

_FEW = 1_000
"""Prompts allowed up to which their kept vectors are looked at here, one by one, where the store
cannot filter."""


_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the vectors are kept: the store, the address it is known by, what was given to it."""

    store: VectorStore
    address: str
    ledger: Ledger
    room: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_AT_ONCE))
    """How many searches go on at a time: each may hold a connection, and servers have few."""


def short(text: str) -> str:
    """Eight letters that stand for a text."""
    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()


def collection_name(home: str, recipe: str, view: str) -> str:
    """What a collection is called: ours, this home's, for this embedder and this text."""
    return f"bozzetto_{home}_{short(recipe)}_{view}"


def label(name: str, features: EmbedderFeatures, kept: Kept | None) -> str:
    """What the folders of an index begin with: others must not be taken for it."""
    own = f"{name}_{short(features.id)}" if name == OWN else name
    return f"at_{short(kept.address)}_{own}" if kept else own


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """One collection as an index that can be asked."""

    kept: Kept
    collection: str
    rows: int

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """The k best, of all rows."""
        return self.find(query, k, thorough=thorough)

    def find(
        self,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best of those that fit.

        Raises:
            BackendError: the store has lost the collection.
        """
        with self.kept.room:
            try:
                return self.kept.store.search(self.collection, query, k, where, thorough=thorough)
            except NotFoundError as error:
                raise self.lost() from error

    def lost(self) -> BackendError:
        """What is told where the store has not what it was given."""
        return BackendError(
            f"{self.kept.store.features.place} has lost what it was given: {self.collection}",
            hint="bozzetto index build gives it again",
        )

    def __len__(self) -> int:
        return self.rows


@dataclass(frozen=True, slots=True)
class StoredView:
    """The collection of one view; its keys, ascending, with how near to everything each one is."""

    index: StoredIndex
    keys: Keys
    hubs: Vectors
    exact: Callable[[Keys], tuple[Keys, Vectors]]
    """Keys to those that have a vector, and these: from what is kept here."""

    def search(self, sought: Sequence[Sought], view: int) -> Iterator[tuple[Keys, Vectors]]:
        """For each query of this view the keys nearest to it, ascending, with their scores."""
        asked = [one for one in sought if one.query(view) is not None]
        with beside(_AT_ONCE, long=len(asked) > 1 and self._filters) as pool:
            for keys, scores in pool.map(lambda one: self._found(one, view), asked):
                order = np.argsort(keys)
                yield less_hubs(self.keys, self.hubs, keys[order], scores[order])

    @property
    def _filters(self) -> bool:
        return self.index.kept.store.features.filters

    def _found(self, one: Sought, view: int) -> tuple[Keys, Vectors]:
        """What the store finds, less what the library does not allow."""
        query, allow = one.query(view), one.allow
        assert query is not None
        if allow is not None and not self._filters and len(allow) <= _FEW:
            keys, vectors = self.exact(allow)
            return top(keys, vectors @ query, _DEPTH)
        deep = _DEPTH * (1 if self._filters or allow is None else _WIDER)
        keys, scores = self.index.find(query, deep, one.where if self._filters else Where())
        if not len(keys) and 2 * len(self.keys if allow is None else allow) > len(self.keys):
            raise self.index.lost()
        if allow is None:
            return keys, scores
        good = among(keys, allow)
        return keys[good], scores[good]
