"""OpenSearch, its two Amazon services and Elasticsearch on a loopback port.

    with SearchServer(OPENSEARCH) as server:
        store = open_store(server.address, environ={}, timeout=5)
        server.plan(Busy(rows=3), on="_bulk")

It keeps documents and carries out the part of the query language that is documented for it
(`bozzetto.testing.search_dsl`), checks method, path, parameters, headers, body and login, and
refuses everything else as the real ones do. `AOSS` refuses what OpenSearch Serverless does: with
404 and no body for paths that it lacks (opensearch-py issue 646), ids of one's own, scripts.
Faults are planned for the next calls whose method and path hold some text.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from bozzetto.testing.search_dsl import aggregated, searched
from bozzetto.testing.search_http import (
    GONE,
    HALF,
    SHORT,
    Answer,
    Busy,
    Call,
    Listener,
    Slow,
    Step,
)
from bozzetto.testing.search_index import Action, Flavour, Index, actions_of
from bozzetto.testing.search_login import Login, Request
from bozzetto.testing.search_mapping import RefusedError

__all__ = [
    "AOSS",
    "ELASTICSEARCH",
    "GONE",
    "HALF",
    "OPENSEARCH",
    "SHORT",
    "Answer",
    "Busy",
    "Call",
    "SearchServer",
    "Slow",
    "Step",
]

OPENSEARCH = Flavour("opensearch", "knn_vector", ("faiss", "lucene"))
AOSS = Flavour("aoss", "knn_vector", ("faiss",), serverless=True, refresh=0.08)
ELASTICSEARCH = Flavour("elasticsearch", "dense_vector")


_BLOCK = {
    "type": "cluster_block_exception",
    "reason": "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage "
    "watermark, index has read-only-allow-delete block];",
}
_TURNED_AWAY = {
    "opensearch": "rejected_execution_exception",
    "aoss": "rejected_execution_exception",
    "elasticsearch": "es_rejected_execution_exception",
}
_CLUSTER_ONLY = ("_refresh", "_forcemerge")
_PARAMETERS = {
    "_settings": {"flat_settings"},
    "_forcemerge": {"max_num_segments", "wait_for_completion"},
}


class SearchServer:
    """Indexes in memory. `calls` holds what was asked, in order, good or bad.

    `login` is what everyone has to show; `zones` of a cluster with forced awareness; `full`
    says that its disk is.
    """

    def __init__(self, flavour: Flavour, *, login: Login | None = None, zones: int = 0) -> None:
        self.flavour, self.login, self.zones = flavour, login, zones
        self.full = False
        self.calls: list[Call] = []
        self.indexes: dict[str, Index] = {}
        self._plan: list[tuple[str, Step]] = []
        self._lock = threading.Lock()
        self.product = "Elasticsearch" if flavour is ELASTICSEARCH else ""
        self._server = Listener(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def plan(self, *steps: Step, on: str = "") -> None:
        """What becomes of the next calls whose method and path hold this text."""
        with self._lock:
            self._plan += [(on, step) for step in steps]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self.vanish()
        self._thread.join(10)

    def vanish(self) -> None:
        """Close the port and every connection, as a server that is stopped."""
        self._server.vanish()

    def step(self, call: Call) -> Step | None:
        """What is planned for a call."""
        with self._lock:
            self.calls.append(call)
            for at, (text, step) in enumerate(self._plan):
                if text in f"{call.method} {call.path}":
                    del self._plan[at]
                    return step
        return None

    def answer(self, call: Call, step: Step | None) -> Answer:
        """What is answered."""
        if self.login is not None:
            url = f"{self.address}{call.path}"
            if call.query:
                url += "?" + "&".join(f"{name}={value}" for name, value in call.query.items())
            denied = self.login.denied(Request(call.method, url, call.headers, call.body))
            if denied is not None:
                return Answer(denied.status, denied.body)
        if isinstance(step, Answer):
            return step
        try:
            return Answer(200, self._carried_out(call, step))
        except RefusedError as error:
            body = error.body
            return Answer(error.status, {"error": {"root_cause": [body], **body},
                                         "status": error.status})  # fmt: skip
        except _NoHandlerError:
            if self.flavour.serverless:
                return Answer(404)
            words = f"no handler found for uri [{call.path}] and method [{call.method}]"
            return Answer(400, {"error": words})

    def _carried_out(self, call: Call, step: Step | None) -> Any:  # noqa: ANN401
        if self.flavour is ELASTICSEARCH and "compatible-with=9" not in call.headers.get(
            "accept", ""
        ):
            raise RefusedError(400, "media_type_header_exception", "Invalid media-type value")
        for pattern, method, work in _ROUTES:
            found = pattern.fullmatch(call.path)
            if found and call.method == method:
                last = call.path.rpartition("/")[2]
                self._check(call, last)
                return work(self, found["name"], call, step)
        raise _NoHandlerError

    def _check(self, call: Call, last: str) -> None:
        if self.flavour.serverless and last in _CLUSTER_ONLY:
            raise _NoHandlerError
        for name in call.query:
            if name not in _PARAMETERS.get(last, set()):
                raise RefusedError(
                    400,
                    "illegal_argument_exception",
                    f"request [{call.path}] contains unrecognized parameter: [{name}]",
                )

    def index(self, name: str) -> Index:
        """An index that has to be there."""
        found = self.indexes.get(name)
        if found is None:
            raise RefusedError(404, "index_not_found_exception", f"no such index [{name}]")
        return found

    def create(self, name: str, call: Call, _: Step | None) -> Any:  # noqa: ANN401
        """PUT /index."""
        if name in self.indexes:
            raise RefusedError(
                400, "resource_already_exists_exception", f"index [{name}/x] already exists"
            )
        if self.full:
            raise RefusedError(403, "index_create_block_exception", "blocked by: [FORBIDDEN/10/x]")
        self.indexes[name] = Index.made(name, json.loads(call.body), self.flavour, self.zones)
        return {"acknowledged": True, "shards_acknowledged": True, "index": name}

    def drop(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """DELETE /index."""
        self.index(name)
        del self.indexes[name]
        return {"acknowledged": True}

    def mapping(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """GET /index/_mapping."""
        return {name: {"mappings": self.index(name).mappings}}

    def settings(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """GET /index/_settings, flat."""
        found = self.index(name).settings
        return {name: {"settings": {f"index.{key}": value for key, value in found.items()}}}

    def set(self, name: str, call: Call, _: Step | None) -> Any:  # noqa: ANN401
        """PUT /index/_settings."""
        self.index(name).set(json.loads(call.body)["index"], self.zones)
        return {"acknowledged": True}

    def refresh(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """POST /index/_refresh."""
        self.index(name).refresh()
        return {"_shards": _SHARDS}

    def merge(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """POST /index/_forcemerge."""
        self.index(name).merged += 1
        return {"task": "node:1"}

    def count(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """GET /index/_count."""
        return {"count": len(self.index(name).seen()), "_shards": _SHARDS}

    def search(self, name: str, call: Call, _: Step | None) -> Any:  # noqa: ANN401
        """POST /index/_search."""
        index, body = self.index(name), json.loads(call.body)
        seen = index.seen()
        hits, total = searched(body, seen, index.fields, scripts=not self.flavour.serverless)
        wanted = body.get("_source", True)
        found = [
            {"_index": name, "_id": id_, "_score": score, **index.source(id_, wanted)}
            for id_, score in hits
        ]
        aggregations = aggregated(body, seen.values())
        return {
            "took": 1,
            "timed_out": False,
            "_shards": _SHARDS,
            "hits": {"total": {"value": total, "relation": "eq"}, "hits": found},
            **({"aggregations": aggregations} if aggregations else {}),
        }

    def resolve(self, name: str, *_: object) -> Any:  # noqa: ANN401
        """GET /_resolve/index/pattern."""
        pattern = re.compile(re.escape(name).replace(r"\*", ".*"))
        found = [
            {"name": one, "attributes": ["open"]} for one in self.indexes if pattern.fullmatch(one)
        ]
        return {"indices": found, "aliases": [], "data_streams": []}

    def bulk(self, name: str | None, call: Call, step: Step | None) -> Any:  # noqa: ANN401
        """POST /index/_bulk or /_bulk: each action for itself; a missing index is made."""
        busy = step.rows if isinstance(step, Busy) else 0
        items = [
            {action.name: self._done(name or "", action, number < busy)}
            for number, action in enumerate(actions_of(call.body))
        ]
        failed = any("error" in one for item in items for one in item.values())
        return {"took": 1, "errors": failed, "items": items}

    def _done(self, name: str, action: Action, busy: bool) -> dict[str, Any]:
        name = action.index or name
        if name not in self.indexes:
            self.indexes[name] = Index.made(name, {}, self.flavour, 0)
        about = {"_index": name, "_id": action.id}
        if busy:
            reason = "rejected execution of primary operation"
            error = {"type": _TURNED_AWAY[self.flavour.name], "reason": reason}
            return {**about, "status": 429, "error": error}
        if self.full and action.name == "index":
            return {**about, "status": 429, "error": _BLOCK}
        return {**about, **_written(self.indexes[name], action)}


def _written(index: Index, action: Action) -> dict[str, Any]:
    if action.name == "delete":
        there = index.remove(str(action.id))
        found = ("deleted", 200) if there else ("not_found", 404)
        return dict(zip(("result", "status"), found, strict=True))
    try:
        id_, result = index.write(action.id, action.source or {})
    except RefusedError as error:
        return {"status": error.status, "error": error.body}
    return {"_id": id_, "result": result, "status": 201}


class _NoHandlerError(Exception):
    """The server has no such path."""


_SHARDS = {"total": 1, "successful": 1, "skipped": 0, "failed": 0}
_NAME = "(?P<name>[a-z][a-z0-9_]*)"
_PATTERN = "(?P<name>[a-z0-9_*]+)"

_Work = Callable[[SearchServer, str, Call, Step | None], Any]
_ROUTES: tuple[tuple[re.Pattern[str], str, _Work], ...] = tuple(
    (re.compile(path), method, work)
    for path, method, work in (
        (f"/{_NAME}", "PUT", SearchServer.create),
        (f"/{_NAME}", "DELETE", SearchServer.drop),
        (f"/{_NAME}/_mapping", "GET", SearchServer.mapping),
        (f"/{_NAME}/_settings", "GET", SearchServer.settings),
        (f"/{_NAME}/_settings", "PUT", SearchServer.set),
        (f"/{_NAME}/_refresh", "POST", SearchServer.refresh),
        (f"/{_NAME}/_forcemerge", "POST", SearchServer.merge),
        (f"/{_NAME}/_count", "GET", SearchServer.count),
        (f"/{_NAME}/_count", "POST", SearchServer.count),
        (f"/{_NAME}/_search", "POST", SearchServer.search),
        (f"(?:/{_NAME})?/_bulk", "POST", SearchServer.bulk),
        (f"(?:/{_NAME})?/_bulk", "PUT", SearchServer.bulk),
        (f"/_resolve/index/{_PATTERN}", "GET", SearchServer.resolve),
        (f"/_resolve/index/{_PATTERN}", "POST", SearchServer.resolve),  # Elasticsearch 9.5
    )
)
