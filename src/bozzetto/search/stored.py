"""Search by meaning in a vector store: another program keeps the vectors, the library the truth.

One collection a view. What the store finds is held against the library, and less the hubness of
each prompt as in an index of this machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bozzetto.ports import VectorStore
from bozzetto.search.dense import Sought
from bozzetto.search.fuse import among, top
from bozzetto.search.hubs import less_hubs
from bozzetto.store.ledger import Ledger
from bozzetto.types import Keys, Vectors, Where

__all__ = ["Kept", "StoredIndex", "StoredView", "collection_name"]

_DEPTH = 500
"""Rows asked of a store for one query: what lies deeper never comes among the first hits, and
every row travels."""

_WIDER = 4
"""So many times deeper where the store cannot filter by itself."""

_FEW = 1_000
"""Prompts allowed up to which their kept vectors are looked at here, one by one, where the store
cannot filter."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where the vectors are kept: the store, the address it is known by, what was given to it."""

    store: VectorStore
    address: str
    ledger: Ledger


def collection_name(home: str, recipe: str, view: str) -> str:
    """What a collection is called: ours, this home's, for this embedder and this text."""
    made = hashlib.blake2b(recipe.encode(), digest_size=4).hexdigest()
    return f"bozzetto_{home}_{made}_{view}"


@dataclass(frozen=True, slots=True)
class StoredIndex:
    """One collection as an index that can be asked."""

    store: VectorStore
    collection: str
    rows: int

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """The k best, of all rows."""
        return self.store.search(self.collection, query, k, thorough=thorough)

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
        for one in sought:
            query = one.query(view)
            if query is not None:
                keys, scores = self._found(query, one.allow, one.where)
                order = np.argsort(keys)
                yield less_hubs(self.keys, self.hubs, keys[order], scores[order])

    def _found(self, query: Vectors, allow: Keys | None, where: Where) -> tuple[Keys, Vectors]:
        """What the store finds, less what the library does not allow."""
        filters = self.index.store.features.filters
        if allow is not None and not filters and len(allow) <= _FEW:
            keys, vectors = self.exact(allow)
            return top(keys, vectors @ query, _DEPTH)
        deep = _DEPTH * (1 if filters or allow is None else _WIDER)
        asked = where if filters else Where()
        keys, scores = self.index.store.search(self.index.collection, query, deep, asked)
        if allow is None:
            return keys, scores
        good = among(keys, allow)
        return keys[good], scores[good]
