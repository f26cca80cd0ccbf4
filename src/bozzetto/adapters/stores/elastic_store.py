"""The store that OpenSearch and Elasticsearch are: what differs stands in a `Dialect`.

A collection is an index. It is loaded without refreshes and without replicas, as both advise,
and gets its usual settings back when it is finished; where a service keeps these settings to
itself, it is loaded without them. OpenSearch could leave the graphs out while it loads
(`index.knn.advanced.approximate_threshold`), but advises against it for what changes later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from bozzetto.adapters.stores.elastic_link import Asking, shaped
from bozzetto.adapters.stores.elastic_queries import (
    DEEPEST,
    clauses,
    documents,
    entry,
    numbers,
    shards_for,
)
from bozzetto.adapters.stores.rows import absent, expect_dim, ranked
from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Keys, StoreRows, Vectors, Where

__all__ = ["Dialect", "ElasticStore", "NamedRows", "Rows", "Search"]

_ONE_SEGMENT = 4 * 1024**3  # bytes; segments beyond 5 GB are merged no more, and keep their dead
_MADE = 60.0  # seconds that a new index may take to be there: Serverless takes some
_REFRESH = 600.0  # seconds that the graphs of what was written last may take
_LOADING = {"number_of_replicas": 0, "refresh_interval": "-1"}
_KEPT = {
    "number_of_replicas": re.compile("number_of_replicas|awareness attributes"),
    "number_of_shards": re.compile("number_of_shards"),
    "refresh_interval": re.compile("refresh_interval"),
}
"""Settings that some services keep to themselves, by what those say of them."""

Search = Callable[[list[float], int, list[dict[str, Any]]], dict[str, Any]]
"""From a query, k and the clauses of a filter to the body of a search."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What differs from one vendor to the next.

    `properties` maps a dimension to the index's fields, `dimension` is what that setting is
    called; `products` turns scores into inner products. `settings` are those of every index,
    `lag` the seconds of the usual refresh.
    """

    name: str
    batch: int
    properties: Callable[[int], dict[str, Any]]
    dimension: str
    nearest: Search
    thorough: Search
    products: Callable[[Vectors], Vectors]
    settings: Mapping[str, Any]
    lag: float = 1.0


class Rows(Protocol):
    """How rows become documents."""

    asked: Mapping[str, Any]
    """What a search has to ask for beside its query, so that `found` can read the answer."""

    def settings(self, dim: int, rows: int) -> dict[str, Any]:
        """What a new index is set to while it is loaded, as far as the service allows."""
        ...

    def mapping(self) -> dict[str, Any]:
        """What the mapping has beside the fields of `Facts` and the vector."""
        ...

    def put(self, collection: str, rows: StoreRows) -> None:
        """Write rows, in the place of old ones."""
        ...

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        ...

    def finish(self, collection: str, dim: int) -> None:
        """Make every row searchable, and end the loading."""
        ...

    def settle(self, collection: str) -> None:
        """Before rows are counted: make those seen that are not yet, where it can be asked."""
        ...

    def forget(self, collection: str) -> None:
        """What is known of a collection that is dropped."""
        ...

    def found(self, hits: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
        """Keys and scores of a search's hits."""
        ...


def _allowed(settings: dict[str, Any], send: Callable[[dict[str, Any]], object]) -> None:
    """Send settings, in the end without those that the service keeps to itself."""
    try:
        send(settings)
    except BackendError as error:
        kept = [one for one in settings if _KEPT[one].search(error.message)]
        if error.status != 400 or not kept:
            raise
        _allowed({name: settings[name] for name in settings if name not in kept}, send)


class NamedRows:
    """Rows whose document's id is their key: on every service that takes ids."""

    asked: Mapping[str, Any] = {"_source": False}

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def settings(self, dim: int, rows: int) -> dict[str, Any]:
        """Neither refreshes nor replicas, and shards of a good size."""
        return {"number_of_shards": shards_for(rows, dim), **_LOADING}

    def mapping(self) -> dict[str, Any]:
        """The vectors are not kept a second time in the documents."""
        return {"_source": {"excludes": ["vector"]}}

    def put(self, collection: str, rows: StoreRows) -> None:
        """Index by id."""
        entries = (entry(key, {"index": {"_id": str(key)}}, one) for key, one in documents(rows))
        for _ in self._asking.bulk(collection, entries):
            pass

    def delete(self, collection: str, keys: Keys) -> None:
        """Delete by id."""
        entries = (entry(key, {"delete": {"_id": str(key)}}) for key in keys.tolist())
        for _ in self._asking.bulk(collection, entries):
            pass

    def finish(self, collection: str, dim: int) -> None:
        """Settings as usual, a refresh, and one segment where it stays small enough."""
        ask = self._asking.call
        found = ask("GET", f"/{collection}/_settings?flat_settings=true")
        with shaped(self._asking.words):
            now = next(iter(found.values()))["settings"]
        if now.get("index.refresh_interval") == "-1":
            path = f"/{collection}/_settings"
            _allowed(dict.fromkeys(_LOADING), lambda usual: ask("PUT", path, {"index": usual}))
        ask("POST", f"/{collection}/_refresh", patience=_REFRESH)
        rows = self._asking.count(collection)
        if 0 < rows * dim * 4 < _ONE_SEGMENT:
            # Searches do without: the server goes on in its own time, or may not be asked.
            with suppress(BackendError, SetupError):
                merging = "max_num_segments=1&wait_for_completion=false"
                ask("POST", f"/{collection}/_forcemerge?{merging}")

    def settle(self, collection: str) -> None:
        """Refresh."""
        self._asking.call("POST", f"/{collection}/_refresh")

    def forget(self, collection: str) -> None:
        """Nothing is known."""

    def found(self, hits: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
        """The ids are the keys."""
        return [int(hit["_id"]) for hit in hits], [hit["_score"] for hit in hits]


class ElasticStore:
    """Collections as indexes of a cluster."""

    def __init__(self, dialect: Dialect, asking: Asking, rows: Rows) -> None:
        self._dialect = dialect
        self._asking = asking
        self._rows = rows

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        return VectorStoreFeatures(
            self._dialect.name,
            self._asking.words,
            batch=self._dialect.batch,
            lag=self._dialect.lag,
        )

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make an index; one of that dimension stays."""
        if self._dim(collection) is None:
            self._make(collection, dim, self._rows.settings(dim, rows))
            self._asking.until(lambda: self._dim(collection) is not None, _MADE, "shows no index")
        self._expect(collection, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """Write rows; into an index that is there, or the server would make its own kind of."""
        self._expect(collection, rows.vectors.shape[1])
        self._rows.put(collection, rows)

    def finish(self, collection: str) -> None:
        """End the loading."""
        self._rows.finish(collection, self._there(collection))

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        self._there(collection)
        if len(keys):
            self._rows.delete(collection, keys)

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
        if k <= 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        make = self._dialect.thorough if thorough else self._dialect.nearest
        body = make(numbers(query), min(k, DEEPEST), clauses(where))
        answer = self._asking.call("POST", f"/{collection}/_search", {**self._rows.asked, **body})
        with shaped(self._asking.words):
            failed = answer.get("timed_out") or answer["_shards"]["failed"]
            keys, scores = self._rows.found(answer["hits"]["hits"])
        if failed:  # the rest would pass for everything there is
            raise BackendError(
                f"{self._asking.words} searched {collection} in part", retryable=True
            )
        return ranked(keys, self._dialect.products(np.array(scores, np.float64)), k)

    def count(self, collection: str) -> int | None:
        """How many documents."""
        try:
            with suppress(SetupError):  # who may only read counts what is seen
                self._rows.settle(collection)
            return self._asking.count(collection)
        except NotFoundError:
            return None

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The indexes whose names begin so."""
        with suppress(NotFoundError):
            found = self._asking.call("GET", f"/_resolve/index/{prefix}*")
            with shaped(self._asking.words):
                return tuple(sorted(one["name"] for one in found["indices"]))
        return ()

    def drop(self, collection: str) -> None:
        """Delete the index."""
        with suppress(NotFoundError):
            self._asking.call("DELETE", f"/{collection}")
        self._rows.forget(collection)

    def close(self) -> None:
        """Close the client; the next call opens one."""
        self._asking.link.close()

    def _dim(self, collection: str) -> int | None:
        """The dimension of an index; None where there is none."""
        try:
            found = self._asking.call("GET", f"/{collection}/_mapping")
        except NotFoundError:
            return None
        with shaped(self._asking.words):
            mapping = next(iter(found.values()))["mappings"]
            dim = mapping.get("properties", {}).get("vector", {}).get(self._dialect.dimension)
        if not isinstance(dim, int):
            raise SetupError(
                f"{self._asking.words}: the index {collection} was made by something else",
                hint="choose another name, or delete that index",
            )
        return dim

    def _there(self, collection: str) -> int:
        dim = self._dim(collection)
        if dim is None:
            raise absent(self._asking.words, collection)
        return dim

    def _expect(self, collection: str, dim: int) -> None:
        expect_dim(self._asking.words, collection, self._there(collection), dim)

    def _make(self, collection: str, dim: int, settings: dict[str, Any]) -> None:
        more = self._rows.mapping()
        fields = {**self._dialect.properties(dim), **more.get("properties", {})}
        mappings = {"dynamic": "strict", **more, "properties": fields}

        def send(allowed: dict[str, Any]) -> None:
            index = {"index": {**self._dialect.settings, **allowed}}
            body = {"settings": index, "mappings": mappings}
            self._asking.call("PUT", f"/{collection}", body)

        try:
            _allowed(settings, send)
        except BackendError as error:
            if "already exists" not in error.message:  # another made it at the same moment
                raise
