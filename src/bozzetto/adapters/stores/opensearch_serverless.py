"""Rows in a vector search collection of Amazon OpenSearch Serverless.

Such a collection gives its documents their ids itself ("Document ID is not supported in
create/index operation request"), and shows what is written only at its next refresh, after up
to 60 s; it has no _refresh, _delete_by_query or _forcemerge, and no scripts. AWS says so in
"Supported operations and plugins in OpenSearch Serverless", "Collection types" (VECTORSEARCH has
"server-generated IDs") and "Working with vector search collections".

So the key is a field. What is written takes the place of what a search finds under its keys,
and of what this process wrote under them a moment ago, which no search finds yet. A document
has the time of its writing: where two have one key, because a load was broken off and went on
within a minute, the newer counts, and `finish` removes the older.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bozzetto.adapters.stores.elastic_link import Asking, Written
from bozzetto.adapters.stores.elastic_queries import DEEPEST, Entry, documents, entry
from bozzetto.types import Keys, StoreRows

__all__ = ["LAG", "KeyedRows"]

LAG = 60.0
"""Seconds after which what was written is found, as AWS says."""
_LOOKING = 1.5 * LAG
"""Seconds after which what no search finds was not written."""

_PIECE = 500  # rows whose older documents are sought at once
_SEEN = 180.0  # seconds after which what was written is certainly found
_PARTITION = 200_000  # rows whose keys are compared at once
_SPLIT = 8  # parts of a part in which too many keys are there twice
_FIELDS = {"_source": ["key", "written"]}


class _Written(NamedTuple):
    """A document of this process: its id, and when it was written (microseconds since 1970)."""

    id: str
    at: int


class _Copy(NamedTuple):
    """A document that a search found: its id, its key and when it was written."""

    id: str
    key: int
    at: int


@dataclass(slots=True)
class _Recent:
    """What was written to a collection so short a time ago that searches may not find it."""

    by_key: dict[int, _Written] = field(default_factory=dict)
    last: int = 0

    def note(self, done: Iterable[tuple[int, str]], at: int) -> None:
        """Remember, and forget what is found by now."""
        horizon = at - int(_SEEN * 1e6)
        while self.by_key and (key := next(iter(self.by_key))) is not None:
            if self.by_key[key].at >= horizon:
                break
            del self.by_key[key]
        for key, id_ in done:
            self.by_key.pop(key, None)  # the newest stand at the end
            self.by_key[key] = _Written(id_, at)
        self.last = at

    def take(self, keys: Iterable[int]) -> list[str]:
        """The ids under these keys, and forget them."""
        found = (self.by_key.pop(key, None) for key in keys)
        return [one.id for one in found if one is not None]

    def of_last(self) -> int:
        """How many documents of the last writing are to be found."""
        return sum(one.at == self.last for one in self.by_key.values())


class KeyedRows:
    """Rows whose key is a field of the document.

    An answer tells `most` keys at once. What no search finds after `looking` seconds was not
    written.
    """

    asked: Mapping[str, Any] = _FIELDS

    def __init__(self, asking: Asking, *, most: int = DEEPEST, looking: float = _LOOKING) -> None:
        self._asking, self._most, self._looking = asking, most, looking
        self._recent: dict[str, _Recent] = {}
        self._lock = threading.Lock()

    def settings(self, dim: int, rows: int) -> dict[str, Any]:
        """None: shards, replicas and refreshes are the service's."""
        return {}

    def mapping(self) -> dict[str, Any]:
        """The key, and when a document was written."""
        return {"properties": {"key": {"type": "long"}, "written": {"type": "long"}}}

    def put(self, collection: str, rows: StoreRows) -> None:
        """Write new documents, then delete the old ones of the same keys."""
        each = documents(rows)
        while piece := list(itertools.islice(each, _PIECE)):
            self._put(collection, piece)

    def _put(self, collection: str, piece: list[tuple[int, dict[str, Any]]]) -> None:
        keys = [key for key, _ in piece]
        old = [one.id for one in self._copies(collection, keys)]
        at = time.time_ns() // 1000
        new = list(
            self._asking.bulk(
                collection,
                (
                    entry(key, {"index": {}}, {**one, "key": key, "written": at})
                    for key, one in piece
                ),
                self._written(collection, at),
            )
        )
        with self._lock:
            recent = self._recent.setdefault(collection, _Recent())
            old += recent.take(keys)
            recent.note(new, at)
        self._remove(collection, old)

    def _written(self, collection: str, at: int) -> Written:
        """What finds the documents of that time, once a search finds anything written by now."""

        def look(entries: Sequence[Entry]) -> Sequence[tuple[int, str]]:
            keys, found = [one.key for one in entries], dict[int, str]()

            def shown() -> bool:
                copies = self._copies(collection, keys)
                found.update((one.key, one.id) for one in copies if one.at == at)
                return len(found) == len(keys)

            self._asking.within(self._looking, shown)
            return list(found.items())

        return look

    def delete(self, collection: str, keys: Keys) -> None:
        """Delete what is found under the keys, and what will be."""
        each = iter(keys.tolist())
        while piece := list(itertools.islice(each, _PIECE)):
            old = [one.id for one in self._copies(collection, piece)]
            with self._lock:
                old += self._recent.get(collection, _Recent()).take(piece)
            self._remove(collection, old)

    def finish(self, collection: str, dim: int) -> None:
        """Wait for the refresh that shows the last rows, and remove what is there twice."""
        recent = self._recent.get(collection)
        if recent is not None and recent.last:
            self._asking.until(lambda: self._shown(collection, recent), _SEEN, "shows no new rows")
        parts = 1 + self._asking.count(collection) // _PARTITION
        for part in range(parts):
            self._remove(collection, self._older(collection, part, parts))

    def _shown(self, collection: str, recent: _Recent) -> bool:
        with self._lock:
            wanted, at = recent.of_last(), recent.last
        query = {"size": 0, "query": {"term": {"written": at}}}
        answer = self._asking.call("POST", f"/{collection}/_search", query)
        return bool(answer["hits"]["total"]["value"] >= wanted)

    def _older(self, collection: str, part: int, parts: int) -> Iterator[str]:
        """The ids of all but the newest documents of each key of a part of the keys."""
        terms = {
            "field": "key",
            "size": self._most,
            "min_doc_count": 2,
            "include": {"partition": part, "num_partitions": parts},
        }
        body = {"size": 0, "aggs": {"twice": {"terms": terms}}}
        answer = self._asking.call("POST", f"/{collection}/_search", body)
        buckets = answer["aggregations"]["twice"]["buckets"]
        if len(buckets) >= self._most:  # there may be more of them: a key's hash chooses its part
            for smaller in range(part, _SPLIT * parts, parts):
                yield from self._older(collection, smaller, _SPLIT * parts)
            return
        twice = iter([one["key"] for one in buckets])
        while piece := list(itertools.islice(twice, _PIECE)):
            found = sorted(self._copies(collection, piece), key=lambda one: (one.key, -one.at))
            for _, copies in itertools.groupby(found, key=lambda one: one.key):
                yield from (one.id for one in list(copies)[1:])

    def settle(self, collection: str) -> None:
        """Nothing can be asked for."""

    def forget(self, collection: str) -> None:
        """Of what is dropped nothing is awaited any more."""
        with self._lock:
            self._recent.pop(collection, None)

    def found(self, hits: list[dict[str, Any]]) -> tuple[list[int], list[float]]:
        """The newest of each key."""
        newest: dict[int, tuple[int, float]] = {}
        for hit in hits:
            key, at = hit["_source"]["key"], hit["_source"]["written"]
            if at > newest.get(key, (-1, 0.0))[0]:
                newest[key] = (at, hit["_score"])
        return list(newest), [score for _, score in newest.values()]

    def _copies(self, collection: str, keys: list[int]) -> list[_Copy]:
        """The documents under some keys, as far as searches find them."""
        query = {"bool": {"filter": [{"terms": {"key": keys}}]}}
        body = {"size": DEEPEST, **_FIELDS, "query": query}
        hits = self._asking.call("POST", f"/{collection}/_search", body)["hits"]["hits"]
        return [_Copy(hit["_id"], hit["_source"]["key"], hit["_source"]["written"]) for hit in hits]

    def _remove(self, collection: str, ids: Iterable[str]) -> None:
        for _ in self._asking.bulk(collection, (entry(0, {"delete": {"_id": i}}) for i in ids)):
            pass
