"""Chroma: `chroma:/folder` in this process, `chroma:http://host:8000` for `chroma run`.

The key is taken from CHROMA_TOKEN, tenant and database from CHROMA_TENANT and CHROMA_DATABASE.
It keeps its graph while it loads: there is nothing to build afterwards.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np

from bozzetto.adapters.stores.chroma_connection import Place, connected, let_go, place_of, told
from bozzetto.adapters.stores.chroma_rows import chosen, columns
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import expect_dim, ranked
from bozzetto.errors import NotFoundError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["ChromaStore", "open_store"]

_BATCH = 1_000
_LISTED = 500  # collections a call

GRAPH = {
    "space": "ip",
    "max_neighbors": 16,
    "ef_construction": 200,
    "ef_search": 128,
    "sync_threshold": 10_000,
}
"""How the graph is built and searched; it is written whole after so many rows, until when they
are safe in a log."""

_THOROUGH = 2_000
"""As many are asked for: the graph is searched as far as that."""

T = TypeVar("T")
Collection = Any
"""The vendor's, of which no types are known."""


class ChromaStore:
    """Collections of a Chroma server, or of a folder."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client: Any = None
        self._collections: dict[str, Collection] = {}
        self._highest: dict[str, int] = {}  # keys put into what was empty: higher ones are new
        self._opening = threading.Lock()

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures("chroma", self._place.words, batch=_BATCH)

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make a collection, its graph by inner product, its dimension noted beside it.

        Raises:
            SetupError: it is there with another dimension, or somebody else made it.
        """
        made = self._call(
            lambda client: client.create_collection(
                collection,
                configuration={"hnsw": GRAPH},
                metadata={"dim": dim},
                embedding_function=None,
                get_or_create=True,
            )
        )
        there = (made.metadata or {}).get("dim")
        if not isinstance(there, int):
            raise SetupError(
                f"{self._place.words}: {collection} holds what another program put there",
                hint="name another collection, or drop that one",
            )
        expect_dim(self._place.words, collection, there, dim)
        self._collections[collection] = made
        if collection not in self._highest and not self.count(collection):
            self._highest[collection] = -1

    def put(self, collection: str, rows: StoreRows) -> None:
        """Add rows, batch by batch."""
        most = min(_BATCH, self._call(lambda client: int(client.get_max_batch_size())))
        for start in range(0, len(rows), most):
            keys = rows.keys[start : start + most]
            highest = self._highest.get(collection)
            if highest is not None:
                self._highest[collection] = max(int(keys.max()), highest)
            new = highest is not None and int(keys.min()) > highest
            self._with(collection, _putting(columns(rows, start, start + most), new=new))

    def finish(self, collection: str) -> None:
        """Nothing: the graph grows while it loads. Whether the collection is there is seen to."""
        self._with(collection, lambda found: found.count())

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        ids = [str(key) for key in keys.tolist()]
        for start in range(0, len(ids), _BATCH):
            self._with(collection, _deleting(ids[start : start + _BATCH]))

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best; a distance is what an inner product lacks to one."""
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found = self._with(
            collection,
            lambda kept: kept.query(
                query_embeddings=[query],
                n_results=max(k, _THOROUGH) if thorough else k,
                where=chosen(where),
                include=["distances"],
            ),
        )
        keys = [int(one) for one in found["ids"][0]]
        return ranked(keys, 1.0 - np.array(found["distances"][0], np.float64), k)

    def count(self, collection: str) -> int | None:
        """How many rows."""
        try:
            return self._with(collection, lambda found: int(found.count()))
        except NotFoundError:
            return None

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so."""
        names: list[str] = []
        while len(page := self._listed(len(names))) == _LISTED:
            names += page
        return tuple(sorted(name for name in (*names, *page) if name.startswith(prefix)))

    def _listed(self, start: int) -> list[str]:
        page = self._call(lambda client: client.list_collections(limit=_LISTED, offset=start))
        return [one.name for one in page]

    def drop(self, collection: str) -> None:
        """Delete a collection."""
        self._collections.pop(collection, None)
        self._highest.pop(collection, None)
        with suppress(NotFoundError):
            self._call(lambda client: client.delete_collection(collection))

    def close(self) -> None:
        """Let go of the connection, or of the folder's files."""
        with self._opening:
            client, self._client = self._client, None
            self._collections.clear()
            self._highest.clear()
        if client is not None:
            let_go(client)

    def _with(self, collection: str, work: Callable[[Collection], T]) -> T:
        """What `work` gives of a collection, found anew where somebody made it anew."""
        kept = self._collections.get(collection)
        if kept is not None:
            try:
                return self._call(lambda _: work(kept))
            except NotFoundError:
                self._collections.pop(collection, None)
        found = self._call(
            lambda client: client.get_collection(collection, embedding_function=None)
        )
        self._collections[collection] = found
        return self._call(lambda _: work(found))

    def _call(self, work: Callable[[Any], T]) -> T:
        """What `work` gives of the client; every call may be repeated."""

        def once() -> T:
            with told(self._place):
                return work(self._connected())

        return retried(once)

    def _connected(self) -> Any:  # noqa: ANN401 - the vendor's
        with self._opening:
            if self._client is None:
                self._client = connected(self._place)
            return self._client


def _putting(rows: dict[str, Any], *, new: bool) -> Callable[[Collection], None]:
    """Rows that are there go first: a graph that is changed in place now and then loses one."""

    def put(collection: Collection) -> None:
        there = [] if new else collection.get(ids=rows["ids"], include=[])["ids"]
        if there:
            collection.delete(ids=there)
        collection.upsert(**rows)

    return put


def _deleting(ids: list[str]) -> Callable[[Collection], object]:
    return lambda collection: collection.delete(ids=ids)


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> ChromaStore:
    """Open `chroma:` a folder or an address; `timeout` is for one call, seconds.

    Raises:
        SetupError: it is neither, or carries a key.
    """
    return ChromaStore(place_of(rest, environ=environ, timeout=timeout))
