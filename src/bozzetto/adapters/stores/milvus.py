"""Milvus: `milvus:/folder/file.db` in this process (Milvus Lite), `milvus:http://host:19530`.

A path behind the address names a database. The key is taken from MILVUS_TOKEN, or from
MILVUS_USER and MILVUS_PASSWORD. Lite keeps a folder of that name, for one process at a time,
and answers on a loopback port while it is open.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any, TypeVar

import numpy as np
from pymilvus import MilvusClient
from pymilvus.client.types import LoadState
from pymilvus.exceptions import MilvusException

from bozzetto.adapters.stores.milvus_connection import (
    NotLoadedError,
    Place,
    connected,
    let_go,
    place_of,
    told,
)
from bozzetto.adapters.stores.milvus_rows import expression, records, schema_of
from bozzetto.adapters.stores.rows import expect_dim, ranked
from bozzetto.errors import NotFoundError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["MilvusStore", "open_store"]

_BATCH = 1_000
_DELETED = 10_000  # keys a call
_MOST = 16_384  # the most a search may ask for

_EXACT_BELOW = 10_000
"""Fewer rows are compared one by one in Lite, where that takes some milliseconds."""

_GRAPH = {"index_type": "HNSW", "params": {"M": 16, "efConstruction": 200}}
_LISTS = {"index_type": "IVF_FLAT", "params": {"nlist": 256}}
_FLAT: dict[str, Any] = {"index_type": "FLAT", "params": {}}
_EF, _EF_THOROUGH = 128, 2_048
_PROBED, _PROBED_THOROUGH = 96, 256  # Lite spends its time elsewhere: many cost little

_BUILDING = 3_600.0
"""Seconds that Lite may take to build: it answers only when it has done so."""
_FINISHING = 120.0
"""Seconds that one step of a server's may take to begin; while it works it is asked again."""
_PAUSE, _LONGEST_PAUSE = 0.02, 2.0

T = TypeVar("T")
_Work = Callable[[MilvusClient, float], T]
"""What is done with a client, and within how many seconds."""


class MilvusStore:
    """Collections of a Milvus, or of a Milvus Lite.

    What passes is tried again by the vendor's client until `timeout` seconds are over.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._client: MilvusClient | None = None
        self._templates = False
        self._opening = threading.Lock()
        self._writing = threading.Lock()  # Lite takes one writer at a time

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures("milvus", self._place.words, batch=_BATCH)

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make a collection without an index; searches of it are consistent.

        Raises:
            SetupError: it is there with another dimension.
        """
        there = self._dim(collection)
        if there is None:
            schema = schema_of(dim)
            self._call(
                lambda client, timeout: client.create_collection(
                    collection, schema=schema, consistency_level="Strong", timeout=timeout
                )
            )
        else:
            expect_dim(self._place.words, collection, there, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """Add rows, batch by batch."""
        for start in range(0, len(rows), _BATCH):
            self._write(_upserting(collection, records(rows, start, start + _BATCH)))

    def finish(self, collection: str) -> None:
        """Build the index where there is none yet, and load the collection."""
        if not self._indexed(collection):
            self._index(collection)
        self._load(collection)

    def _index(self, collection: str) -> None:
        """Close what is open and build an index over all of it."""
        self._step(lambda client, timeout: client.flush(collection, timeout=timeout))
        params = MilvusClient.prepare_index_params()
        params.add_index("vector", metric_type="IP", **self._kind(self.count(collection) or 0))
        self._step(
            lambda client, timeout: client.create_index(
                collection, params, timeout=timeout, sync=False
            )
        )
        self._wait(lambda *call: _built(collection, *call))

    def _kind(self, rows: int) -> dict[str, Any]:
        if not self._place.lite:
            return _GRAPH
        return _LISTS if rows >= _EXACT_BELOW else _FLAT

    def _load(self, collection: str) -> None:
        """Have it loaded, however long that takes while the server answers."""
        self._step(
            lambda client, timeout: client.load_collection(collection, timeout=timeout, _async=True)
        )
        self._wait(
            lambda client, timeout: (
                client.get_load_state(collection, timeout=timeout)["state"] == LoadState.Loaded
            )
        )

    def _wait(self, done: _Work[bool]) -> None:
        """Until something is done: as long as the server answers, it works on it."""
        pause = _PAUSE
        while not self._call(done):
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        for start in range(0, len(keys), _DELETED):
            self._write(_deleting(collection, keys[start : start + _DELETED].tolist()))

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best, at most 16,384 of them."""
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        limit = min(k, _MOST)
        effort = _effort(limit, lite=self._place.lite, thorough=thorough)

        def ask(client: MilvusClient, timeout: float) -> Any:  # noqa: ANN401 - the vendor's
            wanted, values = expression(where, templates=self._templates)
            return client.search(
                collection,
                data=[query],
                filter=wanted,
                filter_params=values,
                limit=limit,
                output_fields=["id"],
                search_params={"params": effort},
                timeout=timeout,
            )

        (hits,) = self._loaded(collection, ask)
        return ranked(hits.ids, hits.distances)

    def count(self, collection: str) -> int | None:
        """How many rows; before it was ever finished, a server's own estimate."""
        try:
            return self._call(lambda *call: _counted(collection, *call))
        except NotFoundError:
            return None
        except NotLoadedError:
            if not self._indexed(collection):
                # A server knows the rows of closed files alone: what was put since is not there.
                self._step(lambda client, timeout: client.flush(collection, timeout=timeout))
                return self._call(lambda *call: _estimated(collection, *call))
        return self._loaded(collection, lambda *call: _counted(collection, *call))

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so."""
        names = self._call(lambda client, timeout: client.list_collections(timeout=timeout))
        return tuple(sorted(name for name in names if name.startswith(prefix)))

    def drop(self, collection: str) -> None:
        """Delete a collection."""
        self._write(lambda client, timeout: client.drop_collection(collection, timeout=timeout))

    def close(self) -> None:
        """Let go of the connection, and of the file."""
        with self._opening:
            client, self._client = self._client, None
            if client is not None:
                let_go(self._place, client)

    def _dim(self, collection: str) -> int | None:
        """The dimension of a collection; None where there is none."""
        try:
            found = self._call(
                lambda client, timeout: client.describe_collection(collection, timeout=timeout)
            )
        except NotFoundError:
            return None
        return next(int(one["params"]["dim"]) for one in found["fields"] if one["name"] == "vector")

    def _indexed(self, collection: str) -> bool:
        return bool(
            self._call(lambda client, timeout: client.list_indexes(collection, timeout=timeout))
        )

    def _loaded(self, collection: str, work: _Work[T]) -> T:
        """What `work` gives, once the collection is loaded: a server forgets it at times."""
        try:
            return self._call(work)
        except NotLoadedError:
            self._load(collection)
        return self._call(work)

    def _write(self, work: _Work[T]) -> T:
        """One writer at a time in Lite, as many as like on a server."""
        with self._writing if self._place.lite else nullcontext():
            return self._call(work)

    def _step(self, work: _Work[T]) -> T:
        """A step of `finish`, which may take long."""
        timeout = _BUILDING if self._place.lite else max(_FINISHING, self._place.timeout)
        return self._call(work, timeout)

    def _call(self, work: _Work[T], timeout: float | None = None) -> T:
        with told(self._place):
            return work(self._connected(), timeout or self._place.timeout)

    def _connected(self) -> MilvusClient:
        with self._opening:
            if self._client is None:
                client = connected(self._place)
                version = client.get_server_version(timeout=self._place.timeout)
                self._templates = "lite" not in version
                self._client = client
            return self._client


def _upserting(collection: str, rows: list[dict[str, Any]]) -> _Work[object]:
    return lambda client, timeout: client.upsert(collection, rows, timeout=timeout)


def _deleting(collection: str, keys: list[int]) -> _Work[object]:
    return lambda client, timeout: client.delete(collection, ids=keys, timeout=timeout)


def _counted(collection: str, client: MilvusClient, timeout: float) -> int:
    """The exact number, which only a loaded collection tells."""
    strong = {"filter": "", "consistency_level": "Strong", "timeout": timeout}
    found = client.query(collection, output_fields=["count(*)"], **strong)
    return int(found[0]["count(*)"])


def _built(collection: str, client: MilvusClient, timeout: float) -> bool:
    """Whether the index is there; a server builds it after it has answered."""
    found = client.describe_index(collection, "vector", timeout=timeout)
    if found["state"] == "Failed":
        raise MilvusException(message=f"the index of {collection} cannot be built")
    return bool(found["state"] == "Finished")


def _estimated(collection: str, client: MilvusClient, timeout: float) -> int:
    """What a server knows of a collection that was never loaded: rows written, closed files."""
    return int(client.get_collection_stats(collection, timeout=timeout)["row_count"])


def _effort(limit: int, *, lite: bool, thorough: bool) -> dict[str, int]:
    """How much of the index to look at; each kind of index reads its own."""
    if lite:
        return {"nprobe": _PROBED_THOROUGH if thorough else _PROBED}
    return {"ef": max(limit, _EF_THOROUGH if thorough else _EF)}


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> MilvusStore:
    """Open `milvus:` a file or an address; `timeout` is for one call, seconds.

    Raises:
        SetupError: it is neither, or carries a key.
    """
    return MilvusStore(place_of(rest, environ=environ, timeout=timeout))
