"""Weaviate by its official client: REST for the schema, gRPC for rows and searches.

A collection is a class with one vector of our own by HNSW and the dot product. How long a list
of candidates a search keeps follows its limit (eight times that from 100 to 500, beyond 500 the
limit itself), so a thorough one asks for more than it gives. Where filters leave fewer than
40,000 rows it looks at all of them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from bozzetto.adapters.failures import failure_of, spoken
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import absent, expect_dim, ranked
from bozzetto.adapters.stores.weaviate_failures import failures_for
from bozzetto.adapters.stores.weaviate_place import Place, place_of
from bozzetto.errors import BackendError, MissingExtraError, SetupError
from bozzetto.ports import VectorStore, VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

try:
    import weaviate
    from weaviate.classes.init import AdditionalConfig, Auth, Timeout
    from weaviate.classes.query import Filter, MetadataQuery
    from weaviate.connect import ConnectionParams

    from bozzetto.adapters.stores import weaviate_rows as terms
except ModuleNotFoundError as error:  # the package is called otherwise than what it brings
    raise MissingExtraError(
        f"'weaviate' needs the package weaviate-client: {error.name} is missing",
        hint="pip install 'bozzetto[weaviate]'",
    ) from error

__all__ = ["open_store"]

_MOST_FOUND = 10_000  # QUERY_MAXIMUM_RESULTS as servers have it unless told otherwise
_THOROUGH = 1_000
_MOST_DELETED = 1_000
_BATCH = 1_000
_INSERT = 90.0  # seconds that a batch may take at least: what the vendor's client grants
_FRESH = 1.0  # seconds for which a server that answered is taken to be there
_NOT_FOUND = 404
_INDEXED = 600.0  # seconds to wait for vectors that are indexed in the background

T = TypeVar("T")

# It prints every row that a server refused, and we say so in one line.
logging.getLogger("weaviate-client").setLevel(logging.CRITICAL)


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> VectorStore:
    """A store for "http[s]://host[:port][?grpc=[host:]port]"; `timeout` in seconds a request.

    Raises:
        SetupError: `rest` is not of that form, or carries a key.
    """
    return WeaviateStore(place_of(rest, environ=environ, timeout=timeout))


class WeaviateStore:
    """Collections as classes.

    The vendor's client bears a server whose gRPC port is silent for a quarter of a minute when
    rows are sent and for a minute when it is asked. We look by REST first whether it is there,
    before each batch and before the first search after a pause.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._client: Any = None
        self._handles: dict[str, Any] = {}
        self._seen = -_FRESH

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures("weaviate", self._place.words, batch=_BATCH)

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make the class."""
        if not self._exists(collection):
            try:
                wanted = terms.schema_of(collection, dim)
                self._ask(lambda client: client.collections.create(**wanted))
            except BackendError:
                if not self._exists(collection):  # else another made it meanwhile
                    raise
        there = self._dimension(collection)
        if there is None:
            raise SetupError(
                f"{self._place.words}: {collection} says no dimension and is not ours",
                hint="drop it first, or build under another name",
            )
        expect_dim(self._place.words, collection, there, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """Insert batch by batch; of what is refused, the first reason is told."""
        self._needed(collection)  # a server makes a class of its own for rows without one
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            some = StoreRows(rows.keys[part], rows.vectors[part], rows.facts[part])
            sent = self._once(_inserting(terms.objects_of(some)), collection)
            if sent.has_errors:
                reason = next(iter(sent.errors.values())).message
                raise BackendError(
                    f"{self._place.words} took {len(some) - len(sent.errors)} of {len(some)} "
                    f"rows: {spoken(reason)}"
                )

    def finish(self, collection: str) -> None:
        """Wait for what is indexed in the background, where the server works so and tells."""
        self._needed(collection)
        until, pause = time.monotonic() + _INDEXED, 0.05
        while self._queued(collection) and time.monotonic() < until:
            time.sleep(pause)
            pause = min(2 * pause, 2.0)

    def delete(self, collection: str, keys: Keys) -> None:
        """Delete by id, a thousand at a time."""
        self._needed(collection)
        ids = [terms.uuid_of(key) for key in keys.tolist()]
        for start in range(0, len(ids), _MOST_DELETED):
            some = Filter.by_id().contains_any(ids[start : start + _MOST_DELETED])
            gone = self._once(_deleting(some), collection)
            if gone.failed:
                raise BackendError(
                    f"{self._place.words} could not delete {gone.failed} of {gone.matches} rows",
                    retryable=True,
                )

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best, 10,000 at most; `thorough` finds the best thousand for it."""
        if k <= 0 or time.monotonic() - self._seen > _FRESH:
            self._needed(collection)
        try:
            limit = max(k, _THOROUGH) if thorough else k
            found = self._nearest(collection, query, limit, where) if k > 0 else []
        except BackendError:
            self._needed(collection)
            raise
        keys = [terms.key_of(one.uuid) for one in found]
        return ranked(keys, [-one.metadata.distance for one in found], max(k, 0))

    def _nearest(self, collection: str, query: Vectors, limit: int, where: Where) -> list[Any]:
        asked: dict[str, Any] = {
            "near_vector": query.tolist(),
            "target_vector": terms.VECTOR,
            "limit": min(limit, _MOST_FOUND),
            "filters": terms.filter_of(where),
            "return_metadata": MetadataQuery(distance=True),
            "return_properties": [],
        }
        found: list[Any]
        found = self._once(lambda data: data.query.near_vector(**asked).objects, collection)
        return found

    def count(self, collection: str) -> int | None:
        """How many objects the class has."""
        if not self._exists(collection):
            return None
        told = self._once(lambda data: data.aggregate.over_all(total_count=True), collection)
        return int(told.total_count or 0)

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The classes whose collection begins so."""
        names = self._ask(lambda client: list(client.collections.list_all(simple=True)))
        found = filter(None, map(terms.collection_of, names))
        return tuple(sorted(name for name in found if name.startswith(prefix)))

    def drop(self, collection: str) -> None:
        """Delete the class and all that is in it."""
        name = terms.class_of(collection)
        if self._exists(collection):
            self._ask(lambda client: client.collections.delete(name))

    def close(self) -> None:
        """Close both connections."""
        with self._lock:
            client, self._client = self._client, None
            self._handles.clear()
            self._seen = -_FRESH
        if client is not None:
            client.close()

    def _ask(self, work: Callable[[Any], T], tries: int = 3) -> T:
        """What `work` makes of the vendor's client, its errors as ours."""

        def tried() -> T:
            try:
                found = work(self._connected())
            except Exception as error:
                secrets = (self._place.key,)
                ours = failure_of(error, failures_for(error), self._place.words, secrets)
                if ours is None:
                    raise
                raise ours from None
            self._seen = time.monotonic()
            return found

        return retried(tried, tries)

    def _once(self, work: Callable[[Any], T], collection: str) -> T:
        """The same by gRPC, which the vendor's client tries again itself."""
        return self._ask(lambda client: work(self._handle(client, collection)), 1)

    def _handle(self, client: Any, collection: str) -> Any:  # noqa: ANN401
        """The vendor's collection, kept: it takes as long to make as a search."""
        with self._lock:
            handles = self._handles if client is self._client else {}
            if collection not in handles:
                handles[collection] = client.collections.use(terms.class_of(collection))
            return handles[collection]

    def _connected(self) -> Any:  # noqa: ANN401 - the vendor's client
        with self._lock:
            if self._client is None:
                client = _client(self._place)
                self._connect(client)
                self._client = client
            return self._client

    def _connect(self, client: Any) -> None:  # noqa: ANN401
        try:
            client.connect()
        except BaseException as error:
            client.close()
            if getattr(error, "status_code", 0) != _NOT_FOUND:
                raise
            raise SetupError(
                f"{self._place.words} is no Weaviate: it has no /v1/meta",
                hint="is that its address, and nothing in between?",
            ) from None

    def _exists(self, collection: str) -> bool:
        name = terms.class_of(collection)
        return bool(self._ask(lambda client: client.collections.exists(name)))

    def _needed(self, collection: str) -> None:
        if not self._exists(collection):
            raise absent(self._place.words, collection)

    def _dimension(self, collection: str) -> int | None:
        name = terms.class_of(collection)
        told = self._ask(lambda client: client.collections.use(name).config.get(simple=True))
        return terms.dimension_of(told.description)

    def _queued(self, collection: str) -> int:
        """How many vectors wait for the index; 0 where a key may not know."""
        name = terms.class_of(collection)
        try:
            nodes = self._ask(lambda client: client.cluster.nodes(name, output="verbose"))
        except SetupError:
            return 0
        return sum(shard.vector_queue_length for node in nodes for shard in node.shards or ())


def _client(place: Place) -> Any:  # noqa: ANN401
    """The vendor's client, not connected; its checks would ask a package registry for news."""
    insert = max(place.timeout, _INSERT)
    waits = Timeout(init=place.timeout, query=place.timeout, insert=insert)
    return weaviate.WeaviateClient(
        connection_params=ConnectionParams.from_params(
            http_host=place.host,
            http_port=place.port,
            http_secure=place.secure,
            grpc_host=place.grpc_host,
            grpc_port=place.grpc_port,
            grpc_secure=place.secure,
        ),
        auth_client_secret=Auth.api_key(place.key) if place.key else None,
        additional_config=AdditionalConfig(timeout=waits),
        skip_init_checks=True,
    )


def _inserting(objects: list[Any]) -> Callable[[Any], Any]:
    return lambda data: data.data.insert_many(objects)


def _deleting(where: Any) -> Callable[[Any], Any]:  # noqa: ANN401
    return lambda data: data.data.delete_many(where)
