"""A loopback server that speaks as much of Qdrant's HTTP interface as loading and searching need.

    with QdrantServer(key="k") as server:
        open_store(server.address, environ={"QDRANT_API_KEY": "k"}, timeout=5)

Each request's body is read by the vendor's own model of it, which takes no field it does not
know; the work is done by the client's local mode. `broken` answers that many calls with 503;
`building` says of every collection that its index is not built yet.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

__all__ = ["QdrantServer"]


class QdrantServer:
    """Listens on 127.0.0.1; a context manager.

    `calls` are those that came ("PUT /collections/a"), `thresholds` the sizes from which on it
    was told to build an index, `fields` the fields of facts that have one.
    """

    def __init__(self, *, key: str = "") -> None:
        from qdrant_client import QdrantClient

        self.key = key
        self.broken = 0
        self.building = False
        self.calls: list[str] = []
        self.thresholds: list[int | None] = []
        self.fields: set[str] = set()
        self.local = QdrantClient(":memory:", force_disable_check_same_thread=True)
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.qdrant = self

    @property
    def address(self) -> str:
        """As one types it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.local.close()

    def answer(self, method: str, target: str, key: str, body: bytes) -> tuple[int, object]:
        """The status of a call, and what is answered."""
        url = urlsplit(target)
        with self.lock:
            self.calls.append(f"{method} {url.path}")
            if self.broken:
                self.broken -= 1
                return 503, _said("Service is unavailable")
            if key != self.key:
                return 401, _said("Must provide an API key or an Authorization bearer token")
            for way, path, work in _ROUTES:
                found = re.fullmatch(path, url.path)
                if found and method == way:
                    return self._done(work, found[1] if found.groups() else "", url.query, body)
        return 404, _said("no such path")

    def _done(self, work: _Work, name: str, query: str, body: bytes) -> tuple[int, object]:
        known = not name or self.local.collection_exists(name)
        if not known and work not in (_exists, _create, _drop):
            return 404, _said(f"Not found: Collection `{name}` doesn't exist!")
        if work in (_upsert, _delete, _index) and "wait=true" not in query:
            return 400, _said("what is not waited for is not safe")
        try:
            result = work(self, name, json.loads(body or b"null"))
        except ValueError as error:  # pydantic's are some, and the local mode's
            return 400, _said(f"Wrong input: {error}")
        return 200, {"result": result, "status": "ok", "time": 0.0}


_Work = Callable[[QdrantServer, str, Any], object]


def _said(words: str) -> object:
    return {"status": {"error": words}, "time": 0.0}


def _exists(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401 - JSON
    return {"exists": server.local.collection_exists(name)}


def _create(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    asked = models.CreateCollection(**body)
    server.thresholds.append(_threshold(asked.optimizers_config))
    return server.local.create_collection(name, vectors_config=asked.vectors)


def _threshold(config: Any) -> int | None:  # noqa: ANN401 - the vendor's
    return None if config is None else config.indexing_threshold


def _change(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    server.thresholds.append(_threshold(models.UpdateCollection(**body).optimizers_config))
    return True


def _about(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    found: dict[str, Any]
    found = server.local.get_collection(name).model_dump(mode="json", exclude_none=True)
    return {**found, "status": "yellow"} if server.building else found


def _index(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    server.fields.add(models.CreateFieldIndex(**body).field_name)
    return {"operation_id": 0, "status": "completed"}


def _upsert(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    server.local.upsert(name, models.PointsBatch(**body).batch)
    return {"operation_id": 0, "status": "completed"}


def _delete(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    server.local.delete(name, models.PointIdsList(**body))
    return {"operation_id": 0, "status": "completed"}


def _query(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    asked = models.QueryRequest(**body)
    if asked.limit is not None and asked.limit < 1:
        raise ValueError("limit: value 0 invalid, must be 1 or larger")
    found = server.local.query_points(
        name,
        query=asked.query,
        query_filter=asked.filter,
        limit=asked.limit or 10,
        with_payload=bool(asked.with_payload),
    )
    dumped: object = found.model_dump(mode="json")
    return dumped


def _count(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    from qdrant_client import models

    asked = models.CountRequest(**body)
    return {"count": server.local.count(name, count_filter=asked.filter).count}


def _list(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    return server.local.get_collections().model_dump(mode="json")


def _drop(server: QdrantServer, name: str, body: Any) -> object:  # noqa: ANN401
    return server.local.delete_collection(name)


_ONE = r"/collections/(\w+)"
_ROUTES: tuple[tuple[str, str, _Work], ...] = (
    ("GET", "/collections", _list),
    ("GET", f"{_ONE}/exists", _exists),
    ("PUT", _ONE, _create),
    ("GET", _ONE, _about),
    ("PATCH", _ONE, _change),
    ("DELETE", _ONE, _drop),
    ("PUT", f"{_ONE}/index", _index),
    ("PUT", f"{_ONE}/points", _upsert),
    ("POST", f"{_ONE}/points/delete", _delete),
    ("POST", f"{_ONE}/points/query", _query),
    ("POST", f"{_ONE}/points/count", _count),
)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    qdrant: QdrantServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        key = self.headers.get("api-key", "")
        status, answer = server.qdrant.answer(self.command, self.path, key, body)
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = _handle  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        """Nothing: tests have their own words."""
