"""Pinecone: a serverless index for each dimension, a namespace for each collection.

Projects may have few indexes and each takes seconds to make, so collections of one dimension
share the index "bozzetto-<dimension>". It is by dotproduct, approximate, and has no setting that
makes a search more thorough. What was written is counted and found seconds later.

The vendor's client tries each request four times, waiting as Retry-After asks, and sends large
loads eight requests at a time: nothing is tried again around that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import pinecone

from bozzetto.adapters.failures import told
from bozzetto.adapters.stores.pinecone_failures import FAILURES
from bozzetto.adapters.stores.pinecone_place import Place, place_of
from bozzetto.adapters.stores.pinecone_rows import filter_of, per_request, vectors_of
from bozzetto.adapters.stores.rows import absent, expect_dim, ranked
from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStore, VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["open_store"]

_PREFIX = "bozzetto-"
_TAG = {"bozzetto": "made-it"}  # of indexes that we may delete
_METRIC = "dotproduct"
_DEFAULT = "__default__"  # a namespace that is always there
_MOST_FOUND = 10_000
_MOST_DELETED = 1_000
_BATCH = 2_000  # some requests of 2 MB, side by side
_LAG = 15.0  # seconds after which what was written is usually found
_READY = 300.0  # seconds that an index may take to be there or to be gone
_SETTLED = 30.0  # seconds that a namespace may

T = TypeVar("T")


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> VectorStore:
    """A store for "[address][?cloud=aws&region=us-east-1]"; `timeout` in seconds a request.

    Raises:
        SetupError: `rest` is not of that form, or the key is missing.
    """
    return PineconeStore(place_of(rest, environ=environ, timeout=timeout))


@dataclass(frozen=True, slots=True)
class _Index:
    """An index of ours, open; `ours` says that we made it."""

    name: str
    dim: int
    ours: bool
    client: Any


class PineconeStore:
    """Collections as namespaces."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._client: Any = None
        self._open: dict[str, _Index] = {}
        self._homes: dict[str, _Index] = {}

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures("pinecone", self._place.words, batch=_BATCH, lag=_LAG)

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make the namespace, and the index where it is the first of that dimension."""
        self._homes.pop(collection, None)  # another may have dropped it
        home = self._home(collection)
        if home is not None:
            expect_dim(self._place.words, collection, home.dim, dim)
            return
        index = self._made(dim)
        try:
            self._ask(lambda: index.client.create_namespace(name=collection))
        except BackendError:
            if self._described(index, collection) is None:  # else another made it meanwhile
                raise
        _until(lambda: self._described(index, collection), _SETTLED)
        self._homes[collection] = index

    def put(self, collection: str, rows: StoreRows) -> None:
        """Upsert, some requests at a time."""
        index = self._needed(collection)
        records = list(vectors_of(rows))
        if records:
            self._ask(lambda: _upsert(index.client, collection, records))

    def finish(self, collection: str) -> None:
        """Nothing to build: what was written becomes searchable by itself."""
        self._needed(collection)

    def delete(self, collection: str, keys: Keys) -> None:
        """Delete by id, a thousand at a time."""
        index = self._needed(collection)
        ids = [str(key) for key in keys.tolist()]
        for start in range(0, len(ids), _MOST_DELETED):
            asked = {"ids": ids[start : start + _MOST_DELETED], "namespace": collection}
            self._ask(partial(index.client.delete, **asked))

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best, 10,000 at most."""
        index = self._needed(collection)
        found: list[Any] = []
        if k > 0:
            asked = dict(vector=query.tolist(), top_k=min(k, _MOST_FOUND), namespace=collection)
            chosen = filter_of(where)
            found = self._ask(lambda: index.client.query(**asked, filter=chosen)).matches
        if not found and self.count(collection) is None:  # as empty ones are answered, too
            raise absent(self._place.words, collection)
        return ranked([int(one.id) for one in found], [one.score for one in found])

    def count(self, collection: str) -> int | None:
        """How many records the namespace had some seconds ago."""
        index = self._home(collection)
        found = self._described(index, collection) if index else None
        if found is None:
            self._homes.pop(collection, None)
            return None
        return int(found.record_count)

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The namespaces of our indexes that begin so."""
        found = [one.name for index in self._indexes() for one in self._spaces(index, prefix)]
        return tuple(sorted(found))

    def drop(self, collection: str) -> None:
        """Delete the namespace, and the index where we made it and nothing else is in it."""
        index = self._home(collection)
        self._homes.pop(collection, None)
        if index is None:
            return
        self._gone(lambda: index.client.delete_namespace(name=collection))
        _until(lambda: self._described(index, collection) is None, _SETTLED)
        left = [one for one in self._spaces(index, "") if one.name != collection]
        if index.ours and not left:
            self._gone(lambda: self._control().delete_index(index.name, timeout=-1))
            self._forget(index)
            _until(lambda: self._model(index.name) is None, _READY)

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            clients = [self._client, *(index.client for index in self._open.values())]
            self._client = None
            self._open.clear()
            self._homes.clear()
        for client in filter(None, clients):
            client.close()

    def _ask(self, work: Callable[[], T]) -> T:
        """What the vendor's client gives, its errors as ours."""
        with told(FAILURES, self._place.words, (self._place.key,)):
            return work()

    def _gone(self, work: Callable[[], object]) -> None:
        """Delete what may be gone already."""
        try:
            self._ask(work)
        except NotFoundError:
            return

    def _control(self) -> Any:  # noqa: ANN401 - the vendor's client
        with self._lock:
            if self._client is None:
                self._client = pinecone.Pinecone(
                    self._place.key,
                    host=self._place.address,
                    timeout=self._place.timeout,
                    ssl_verify=not self._place.plain,  # else certificates are read for nothing
                )
            return self._client

    def _needed(self, collection: str) -> _Index:
        found = self._home(collection)
        if found is None:
            raise absent(self._place.words, collection)
        return found

    def _home(self, collection: str) -> _Index | None:
        """The index that a collection is in."""
        known = self._homes.get(collection)
        if known is not None:
            return known
        for index in self._indexes():
            if self._described(index, collection) is not None:
                return self._homes.setdefault(collection, index)
        return None

    def _described(self, index: _Index, collection: str) -> Any | None:  # noqa: ANN401
        """What is said of a namespace; None where there is none."""
        found = self._spaces(index, collection)
        return next((one for one in found if one.name == collection), None)

    def _spaces(self, index: _Index, prefix: str) -> list[Any]:
        """The namespaces of an index that begin so, without an empty default one."""

        def listed() -> list[Any]:
            pages = index.client.list_namespaces(prefix=prefix, limit=100)
            return [one for page in pages for one in page.namespaces]

        try:
            found = self._ask(listed)
        except NotFoundError:  # the index went
            self._forget(index)
            return []
        return [one for one in found if one.name != _DEFAULT or one.record_count]

    def _forget(self, index: _Index) -> None:
        with self._lock:
            self._open = {host: one for host, one in self._open.items() if one is not index}
            homes = self._homes.items()
            self._homes = {name: one for name, one in homes if one is not index}
        index.client.close()

    def _indexes(self) -> Iterator[_Index]:
        """Our indexes that are ready, opened."""
        try:
            models = self._ask(lambda: list(self._control().list_indexes()))
        except NotFoundError:
            raise SetupError(
                f"{self._place.words} is no Pinecone: it has no /indexes",
                hint="is that its address? PINECONE_CONTROLLER_HOST may name another",
            ) from None
        for model in models:
            if model.name.removeprefix(_PREFIX).isdecimal() and _ready(model):
                yield self._opened(model)

    def _opened(self, model: Any) -> _Index:  # noqa: ANN401
        control = self._control()
        with self._lock:
            if model.host not in self._open:
                host = model.host.partition("://")[2]  # emulators leave the scheme out
                client = control.index(host=f"http://{host}" if self._place.plain else host)
                ours = dict(model.tags or {}).items() >= _TAG.items()
                self._open[model.host] = _Index(model.name, model.dimension, ours, client)
            return self._open[model.host]

    def _model(self, name: str) -> Any | None:  # noqa: ANN401
        try:
            return self._ask(lambda: self._control().describe_index(name))
        except NotFoundError:
            return None

    def _made(self, dim: int) -> _Index:
        """The index for a dimension, made where it is not there."""
        name = f"{_PREFIX}{dim}"

        def ready() -> Any | None:  # noqa: ANN401
            model = self._model(name)
            if model is None:
                self._make(name, dim)
            elif model.status.state == "InitializationFailed":
                raise BackendError(f"{self._place.words} could not make the index {name}")
            return model if model is not None and _ready(model) else None

        model = _until(ready, _READY)
        if model is None:
            raise BackendError(
                f"{self._place.words}: the index {name} is not ready after {_READY:.0f} s",
                hint="look at it in Pinecone's console, and go on when it is",
                retryable=True,
            )
        if (model.dimension, model.metric) != (dim, _METRIC):
            raise SetupError(
                f"{self._place.words}: the index {name} is of {model.dimension} dimensions by "
                f"{model.metric}, not of {dim} by {_METRIC}",
                hint="it is not ours: delete or rename it",
            )
        return self._opened(model)

    def _make(self, name: str, dim: int) -> None:
        spec = pinecone.ServerlessSpec(cloud=self._place.cloud, region=self._place.region)
        asked = dict(name=name, dimension=dim, metric=_METRIC, spec=spec, tags=_TAG, timeout=-1)
        try:
            self._ask(lambda: self._control().create_index(**asked))
        except NotFoundError as error:
            raise SetupError(
                f"pinecone: no indexes can be made there: {error.message}",
                hint="name one of Pinecone's regions: pinecone:?cloud=aws&region=us-east-1",
            ) from None
        except BackendError:
            if self._model(name) is None:  # else another made it meanwhile
                raise


def _ready(model: Any) -> bool:  # noqa: ANN401
    return bool(model.status.ready and model.host and model.status.state != "Terminating")


def _upsert(client: Any, collection: str, records: list[dict[str, Any]]) -> None:  # noqa: ANN401
    """Send all, or raise what kept one part from going."""
    sent = client.upsert(
        vectors=records,
        namespace=collection,
        batch_size=per_request(records),
        show_progress=False,
    )
    if sent.errors:
        raise min(sent.errors, key=lambda one: one.retryable).error


def _until(done: Callable[[], T], seconds: float) -> T:
    """What `done` gives once it is something, or after so many seconds."""
    until, pause = time.monotonic() + seconds, 0.02
    while not (found := done()) and time.monotonic() < until:
        time.sleep(pause)
        pause = min(2 * pause, 2.0)
    return found
