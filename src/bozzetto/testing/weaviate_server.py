"""Weaviate's REST and gRPC on loopback ports, for its official client.

    with WeaviateServer() as server:
        store = open_store(server.rest, environ=server.environ, timeout=5)
        server.plan("Search", Abort("INTERNAL", "panic"))

gRPC is the vendor's own published protocol, whose stubs come with its client; REST is what that
client asks of it, held against what is documented. Calls are answered as documented, or as badly
as planned.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from uuid import UUID

import grpc
from weaviate.proto.v1 import (
    aggregate_pb2,
    batch_delete_pb2,
    batch_pb2,
    search_get_pb2,
    weaviate_pb2_grpc,
)

from bozzetto.testing.weaviate_class import Refused, WeaviateClass

__all__ = ["CUT", "KEY", "Abort", "Call", "Fault", "Spoiled", "Step", "WeaviateServer"]

KEY = "wv-example-0123456789"
"""The key that it knows, where it wants one."""

VERSION = "1.32.0"
"""The version that it says of itself."""

CUT = "cut"
"""The REST answer ends in its middle."""


@dataclass(frozen=True, slots=True)
class Fault:
    """An error by REST in place of an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "planned"


@dataclass(frozen=True, slots=True)
class Abort:
    """An error by gRPC in place of an answer: the name of the status, and its details."""

    status: str
    details: str = "planned"


@dataclass(frozen=True, slots=True)
class Spoiled:
    """So many of a batch's objects are refused, one reason for each."""

    rows: int
    reason: str = "planned"


Step = Fault | Abort | Spoiled | str
"""What becomes of one call; a text is `CUT`."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked: "GET /v1/meta" or "Search", and the body or the message."""

    name: str
    body: Any


class WeaviateServer:
    """Keeps classes. `calls` holds what was asked, in order, good or bad.

    Without `key` anybody may ask. `queued` is how often a class is told to have vectors that are
    not indexed yet.
    """

    def __init__(self, *, key: str = KEY, queued: int = 0) -> None:
        self.calls: list[Call] = []
        self.queued = queued
        self._key = key
        self._plan: dict[str, deque[Step]] = {}
        self._classes: dict[str, WeaviateClass] = {}
        self._lock = threading.RLock()
        self._http = _Server(self)
        self._thread = threading.Thread(
            target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._grpc = grpc.server(ThreadPoolExecutor(8), options=[("grpc.so_reuseport", 0)])
        weaviate_pb2_grpc.add_WeaviateServicer_to_server(_Servicer(self), self._grpc)
        self._grpc_port = self._grpc.add_insecure_port("127.0.0.1:0")

    @property
    def rest(self) -> str:
        """What stands behind "weaviate:"."""
        return f"http://127.0.0.1:{self._http.server_port}?grpc=127.0.0.1:{self._grpc_port}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a client that may ask."""
        return {"WEAVIATE_API_KEY": self._key} if self._key else {}

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes there are."""
        return tuple(self._classes)

    def plan(self, name: str, *steps: Step) -> None:
        """What becomes of the next calls of a name ("Search", "GET /v1/schema"), one each."""
        self._plan.setdefault(name, deque()).extend(steps)

    def asked(self, name: str) -> list[Call]:
        """The calls of a name."""
        return [call for call in self.calls if call.name == name]

    def vanish(self) -> None:
        """Stop listening; what was kept stays."""
        self._http.stop()
        self._grpc.stop(None).wait(5)

    def __enter__(self) -> Self:
        self._thread.start()
        self._grpc.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.vanish()
        self._thread.join(10)

    def step(self, call: Call) -> Step | None:
        """Note a call; what is planned for it."""
        with self._lock:
            self.calls.append(call)
            steps = self._plan.get(call.name)
            return steps.popleft() if steps else None

    def admits(self, authorization: str | None) -> bool:
        """Whether a call with that header may be made."""
        return not self._key or authorization == f"Bearer {self._key}"

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:  # noqa: ANN401
        """By REST: the status and the answer."""
        with self._lock:
            if (method, path) == ("GET", "/v1/meta"):
                return 200, {"version": VERSION, "grpcMaxMessageSize": 104_858_000, "modules": {}}
            if (method, path) == ("GET", "/v1/schema"):
                return 200, {"classes": [one.schema for one in self._classes.values()]}
            if (method, path) == ("POST", "/v1/schema"):
                return self._create(body)
            kind, _, name = path.removeprefix("/v1/").partition("/")
            if name and (method, kind) in (("GET", "schema"), ("DELETE", "schema")):
                return self._one(method, name)
            if name and (method, kind) == ("GET", "nodes"):
                return self._nodes(name)
        return 404, {"code": 404, "message": f"path {path} was not found"}

    def _create(self, body: Any) -> tuple[int, Any]:  # noqa: ANN401
        try:
            made = WeaviateClass(body)
        except Refused as error:
            return 422, _errors(str(error))
        if made.name in self._classes:
            return 422, _errors(f"class name {made.name} already exists")
        self._classes[made.name] = made
        return 200, made.schema

    def _one(self, method: str, name: str) -> tuple[int, Any]:
        if name not in self._classes:
            return 404, None
        if method == "DELETE":
            del self._classes[name]
            return 200, None
        return 200, self._classes[name].schema

    def _nodes(self, name: str) -> tuple[int, Any]:
        if name not in self._classes:
            return 404, _errors(f"class {name} not found")
        waiting = self.queued
        self.queued = max(0, waiting - 1)
        shard = {
            "class": name,
            "name": "shard1",
            "objectCount": len(self._classes[name]),
            "vectorIndexingStatus": "INDEXING" if waiting else "READY",
            "vectorQueueLength": waiting,
            "compressed": False,
            "loaded": True,
        }
        stats = {"objectCount": len(self._classes[name]), "shardCount": 1}
        node = {"name": "node1", "status": "HEALTHY", "version": VERSION, "gitHash": "0"}
        return 200, {"nodes": [{**node, "stats": stats, "shards": [shard]}]}

    def found(self, name: str) -> WeaviateClass:
        """A class by gRPC.

        Raises:
            Refused: there is none.
        """
        if name not in self._classes:
            raise Refused(f"could not find class {name} in schema")
        return self._classes[name]

    def batch(self, request: Any, step: Step | None) -> list[tuple[int, str]]:  # noqa: ANN401
        """Put a batch; which objects were refused, and why."""
        spoiled = step if isinstance(step, Spoiled) else Spoiled(0)
        errors: list[tuple[int, str]] = []
        with self._lock:
            for at, one in enumerate(request.objects):
                there = self._classes.get(one.collection)
                wrong = (
                    there.insert(one)
                    if there is not None
                    else f"class {one.collection!r} not found"
                )
                if at < spoiled.rows or wrong:
                    errors.append((at, wrong or spoiled.reason))
        return errors

    def lock(self) -> threading.RLock:
        """What whoever looks at a class holds."""
        return self._lock


def _errors(message: str) -> dict[str, Any]:
    return {"error": [{"message": message}]}


class _Servicer(weaviate_pb2_grpc.WeaviateServicer):  # type: ignore[misc]
    """The methods of the vendor's protocol that a store needs; the others are unimplemented."""

    def __init__(self, owner: WeaviateServer) -> None:
        self._owner = owner

    def Search(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Nearest objects: ids and distances."""
        return self._do("Search", request, context, lambda step: self._searched(request))

    def BatchObjects(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Insert or replace."""
        return self._do("BatchObjects", request, context, lambda step: self._put(request, step))

    def BatchDelete(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Delete what a filter finds."""
        return self._do("BatchDelete", request, context, lambda step: self._deleted(request))

    def Aggregate(self, request: Any, context: Any) -> Any:  # noqa: ANN401, N802
        """Count."""
        return self._do("Aggregate", request, context, lambda step: self._counted(request))

    def _do(
        self,
        name: str,
        request: Any,  # noqa: ANN401
        context: Any,  # noqa: ANN401
        work: Callable[[Step | None], Any],
    ) -> Any:  # noqa: ANN401
        step = self._owner.step(Call(name, request))
        if not self._owner.admits(dict(context.invocation_metadata()).get("authorization")):
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "unauthorized: invalid api key")
        if isinstance(step, Abort):
            context.abort(grpc.StatusCode[step.status], step.details)
        try:
            with self._owner.lock():
                return work(step)
        except Refused as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))

    def _searched(self, request: Any) -> Any:  # noqa: ANN401
        if not request.uses_127_api or not request.HasField("near_vector"):
            raise Refused("this server answers near_vector of clients since 1.27")
        found = self._owner.found(request.collection).nearest(request)
        results = [_result(uuid, distance, request.metadata) for uuid, distance in found]
        return search_get_pb2.SearchReply(took=0.001, results=results)

    def _put(self, request: Any, step: Step | None) -> Any:  # noqa: ANN401
        errors = self._owner.batch(request, step)
        told = [batch_pb2.BatchObjectsReply.BatchError(index=at, error=why) for at, why in errors]
        return batch_pb2.BatchObjectsReply(took=0.001, errors=told)

    def _deleted(self, request: Any) -> Any:  # noqa: ANN401
        gone = self._owner.found(request.collection).delete(request.filters)
        return batch_delete_pb2.BatchDeleteReply(took=0.001, matches=gone, successful=gone)

    def _counted(self, request: Any) -> Any:  # noqa: ANN401
        count = len(self._owner.found(request.collection))
        single = aggregate_pb2.AggregateReply.Single(objects_count=count)
        return aggregate_pb2.AggregateReply(took=0.001, single_result=single)


def _result(uuid: UUID, distance: float, wanted: Any) -> Any:  # noqa: ANN401
    """An object as it is asked for."""
    metadata = search_get_pb2.MetadataResult(
        id=str(uuid) if wanted.uuid else "",
        id_as_bytes=uuid.bytes if wanted.uuid else b"",
        distance=distance if wanted.distance else 0.0,
        distance_present=wanted.distance,
    )
    return search_get_pb2.SearchResult(metadata=metadata)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: WeaviateServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.owner = owner
        self._lines: set[socket.socket] = set()

    def stop(self) -> None:
        """Close the port and every connection, as the end of a process does."""
        self.shutdown()
        self.server_close()
        for line in tuple(self._lines):
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """Remember the connection."""
        self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401
        """Forget it."""
        self._lines.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Answer one call."""
        path = urlsplit(self.path).path
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            body = json.loads(data) if data else None
        except ValueError:
            body = None
        step = self.server.owner.step(Call(f"{self.command} {path}", body))
        if not self.server.owner.admits(self.headers.get("Authorization")):
            self._send(401, {"code": 401, "message": "unauthorized: invalid api key"})
        elif isinstance(step, Fault):
            self._send(step.status, _errors(step.message), step.headers)
        else:
            status, answer = self.server.owner.answer(self.command, path, body)
            self._send(status, answer, cut=step == CUT)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def _send(
        self,
        status: int,
        answer: Any,  # noqa: ANN401
        more: Mapping[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        data = b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (more or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = cut or self.close_connection

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
