"""Qdrant: a server, Qdrant's cloud, or its client's local mode in a folder.

`rest` is "http://host:6333", "https://name.cloud.qdrant.io:6333" with QDRANT_API_KEY, or a
folder ("/data/qdrant"), which one program at a time may open. While a server is loaded it
builds no index; `finish` has it build one and waits for it.
"""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from qdrant_client import QdrantClient, models

from bozzetto.adapters.stores.address import address_of, is_address, key_of
from bozzetto.adapters.stores.folder import folder_of, make_folder
from bozzetto.adapters.stores.qdrant_failures import told
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import expect_dim, ranked
from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import Condition, Keys, StoreRows, Vectors, Where

__all__ = ["QdrantStore", "open_store"]

_KEY = "set QDRANT_API_KEY"
_REQUEST = 16 << 20  # bytes of a request, half of what a server takes
_NUMBER = 12  # bytes of a number in it
_MOST_ROWS = 1_000
_INDEXED = 20_000  # KiB of vectors from which on a server builds an index: its own default
_SEGMENT = 10  # times the timeout of a call that a server may take for a part of its index
_PAUSE = 0.5  # seconds between two looks at a server that is building
_EF = 128  # candidates that a search keeps at least

_FIELDS = {
    "tags": models.PayloadSchemaType.KEYWORD,
    "sources": models.PayloadSchemaType.KEYWORD,
    "use": models.PayloadSchemaType.KEYWORD,
    "model_family": models.PayloadSchemaType.KEYWORD,
    "rating": models.PayloadSchemaType.INTEGER,
    "nsfw": models.PayloadSchemaType.FLOAT,
    "has_image": models.PayloadSchemaType.BOOL,
    "added": models.PayloadSchemaType.INTEGER,
}
"""What may be filtered by, and how a server indexes it."""

T = TypeVar("T")
Found = tuple[Keys, Vectors]


class QdrantStore:
    """Collections of a server, or of a folder where `local`: there calls wait for each other.

    A server that builds an index may stay at one number of rows for `patience` seconds.
    """

    def __init__(
        self,
        place: str,
        connect: Callable[[], Any],
        *,
        local: bool,
        patience: float = 0.0,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._place = place
        self._features = VectorStoreFeatures("qdrant", place, exact=local, batch=_MOST_ROWS)
        self._connect = connect
        self._local = local
        self._patience = patience
        self._secrets = secrets
        self._lock = threading.RLock()
        self._client: Any = None

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return self._features

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make the collection, with what filters need; the index of vectors comes later."""

        def make(client: Any) -> None:  # noqa: ANN401 - Qdrant's
            if client.collection_exists(collection):
                self._check(client, collection, dim)
            else:
                client.create_collection(
                    collection,
                    vectors_config=models.VectorParams(size=dim, distance=models.Distance.DOT),
                    optimizers_config=models.OptimizersConfigDiff(indexing_threshold=0),
                )
            # A graph that is built after these links what shares a value. Those that are there
            # stay; a try that broke off may have left some out.
            for field, kind in () if self._local else _FIELDS.items():
                client.create_payload_index(collection, field, kind, wait=True)

        self._do(make)

    def _check(self, client: Any, collection: str, dim: int) -> None:  # noqa: ANN401
        there = client.get_collection(collection).config.params.vectors.size
        expect_dim(self._place, collection, there, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """In requests of bounded size, each safe when it returns."""
        for batch in _batches(rows):
            self._do(partial(_upsert, collection, batch))

    def finish(self, collection: str) -> None:
        """Let the server build its index, and wait until it has."""
        if self._local:
            return
        lazy = models.OptimizersConfigDiff(indexing_threshold=_INDEXED)
        self._do(lambda client: client.update_collection(collection, optimizers_config=lazy))
        done, since = -1, time.monotonic()
        while (indexed := self._building(collection)) is not None:
            if indexed != done:
                done, since = indexed, time.monotonic()
            elif time.monotonic() - since > self._patience:
                raise BackendError(
                    f"{self._place} has not got on with the index of {collection} for "
                    f"{self._patience:.0f} s: {indexed:,} rows are in it",
                    hint="look at the server's log, then run the same command",
                    retryable=True,
                )
            time.sleep(_PAUSE)

    def _building(self, collection: str) -> int | None:
        """How many rows are in the index so far; None where it is built."""
        found = self._do(lambda client: client.get_collection(collection))
        if found.status == models.CollectionStatus.RED:
            raise BackendError(
                f"{self._place} cannot build the index of {collection}: "
                f"{visible(str(found.optimizer_status))}",
                hint="look at the server's log",
            )
        building = found.status == models.CollectionStatus.YELLOW
        return int(found.indexed_vectors_count or 0) if building else None

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        for start in range(0, len(keys), _MOST_ROWS):
            self._do(partial(_delete, collection, keys[start : start + _MOST_ROWS].tolist()))

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> Found:
        """The server keeps as many candidates as it must; `thorough` looks at every row."""
        # The local mode looks at every row in any case, and complains of being told how.
        found = models.SearchParams(exact=thorough, hnsw_ef=max(k, _EF))
        params = None if self._local else found

        def ask(client: Any) -> Any:  # noqa: ANN401
            return client.query_points(
                collection,
                query=query.tolist(),
                limit=max(k, 1),
                query_filter=_filter(where),
                search_params=params,
                with_payload=False,
            ).points

        points = self._do(ask)[:k]
        return ranked([point.id for point in points], [point.score for point in points])

    def count(self, collection: str) -> int | None:
        """How many rows, counted."""
        try:
            rows: int = self._do(lambda client: client.count(collection, exact=True)).count
        except NotFoundError:
            return None
        return rows

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The collections of that server or folder."""
        found = self._do(lambda client: client.get_collections()).collections
        return tuple(sorted(one.name for one in found if one.name.startswith(prefix)))

    def drop(self, collection: str) -> None:
        """Delete the collection with its indexes."""

        def remove(client: Any) -> None:  # noqa: ANN401
            if client.collection_exists(collection):
                client.delete_collection(collection)

        self._do(remove)

    def close(self) -> None:
        """Let go of connections, or of the folder."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _do(self, work: Callable[[Any], T]) -> T:
        def once() -> T:
            with told(self._place, self._secrets), self._held() as client:
                return work(client)

        return retried(once)

    @contextmanager
    def _held(self) -> Iterator[Any]:
        """The client; a local one for one thread at a time, since it is made for one."""
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            if self._local:
                yield self._client
                return
        yield self._client


def _upsert(collection: str, batch: Any, client: Any) -> None:  # noqa: ANN401 - Qdrant's
    client.upsert(collection, batch, wait=True)


def _delete(collection: str, keys: list[int], client: Any) -> None:  # noqa: ANN401 - Qdrant's
    client.delete(collection, models.PointIdsList(points=keys), wait=True)


def _batches(rows: StoreRows) -> Iterator[Any]:
    """Requests, none larger than a server takes."""
    size = max(1, min(_MOST_ROWS, _REQUEST // (_NUMBER * rows.vectors.shape[1])))
    for start in range(0, len(rows), size):
        part = slice(start, start + size)
        yield models.Batch(
            ids=rows.keys[part].tolist(),
            vectors=rows.vectors[part].tolist(),
            payloads=[one._asdict() for one in rows.facts[part]],
        )


def _filter(where: Where) -> Any:  # noqa: ANN401 - Qdrant's
    must = [models.FieldCondition(key=one.field, **_wanted(one)) for one in where.conditions()]
    return models.Filter(must=must) if must else None


def _wanted(one: Condition) -> dict[str, Any]:
    if one.operator in ("any", "in"):
        return {"match": models.MatchAny(any=list(one.value))}  # type: ignore[arg-type]
    if one.operator == "=":
        return {"match": models.MatchValue(value=one.value)}
    return {"range": models.Range(**{"gte" if one.operator == ">=" else "lte": one.value})}


def _local(folder: Path) -> Any:  # noqa: ANN401 - Qdrant's
    # It says so on the terminal above 20,000 rows; our how-to does.
    warnings.filterwarnings("ignore", message="Local mode is not recommended")
    make_folder(folder)
    return QdrantClient(path=str(folder), force_disable_check_same_thread=True)


def _served(url: str, path: str, port: int, key: str, timeout: float) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():  # of a key over http, which goes no farther than it may
        warnings.simplefilter("ignore")
        return QdrantClient(
            url=url,
            port=port,
            prefix=path or None,
            api_key=key or None,
            timeout=max(1, round(timeout)),
            check_compatibility=False,
        )


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> QdrantStore:
    """Open a server or a folder; nothing is asked yet. `timeout` is for one answer, seconds.

    Raises:
        SetupError: it is neither, or has a key in it.
    """
    if is_address(rest):
        found = address_of("qdrant", rest, port=6333, instead=_KEY)
        key = key_of(environ, "QDRANT_API_KEY", found)
        return QdrantStore(
            f"Qdrant at {visible(found.url)}",
            lambda: _served(found.url, found.path, found.port, key, timeout),
            local=False,
            patience=_SEGMENT * timeout,
            secrets=(key,),
        )
    if not rest or "://" in rest:
        raise SetupError(
            "qdrant: wants a server or a folder",
            hint="write qdrant:http://127.0.0.1:6333 or qdrant:/folder",
        )
    folder = folder_of(rest)
    place = f"Qdrant in {visible(str(folder))}"
    return QdrantStore(place, lambda: _local(folder), local=True)
