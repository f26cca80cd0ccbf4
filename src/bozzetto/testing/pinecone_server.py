"""Pinecone's control plane and the indexes that it makes, on loopback ports.

    with PineconeServer() as server:
        store = open_store("", environ=server.environ, timeout=5)
        server.plan("/vectors/upsert", Fault(429, {"Retry-After": "1"}))

Each index listens on a port of its own, as in the vendor's emulator. The official client is
answered as documented, after its headers, paths and bodies were held against what is documented,
or as badly as planned.
"""

from __future__ import annotations

import json
import re
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from bozzetto.testing.pinecone_index import PineconeIndex, Refused

__all__ = ["CUT", "KEY", "VANISH", "Call", "Fault", "PineconeServer", "Step"]

KEY = "pcsk_example_0123456789"
"""The key that it knows."""

VERSION = "2026-07"
"""The version of the API that it speaks."""

CUT = "cut"
"""The connection ends in the middle of the answer."""

VANISH = "vanish"
"""Nothing listens any more, and the call is not answered."""

_REGIONS = {("aws", "us-east-1"), ("aws", "us-west-2"), ("aws", "eu-west-1")}
_MOST_BODY = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Fault:
    """An error in place of an answer."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "planned"


Step = Fault | str
"""What becomes of one call; a text is `CUT` or `VANISH`."""


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked; header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class _Made:
    """An index, what is said of it, and where it listens."""

    model: dict[str, Any]
    index: PineconeIndex
    server: _Server
    left: int  # how often it is described as being made yet
    going: int = 0  # how often as being deleted


class PineconeServer:
    """Keeps indexes. `calls` holds what was asked, in order, good or bad.

    `lag` is how long what is written is not seen, seconds; `slow` how often an index is described
    as being made before it is ready; `most` how many there may be.
    """

    def __init__(self, *, lag: float = 0.0, slow: int = 0, most: int = 5) -> None:
        self.calls: list[Call] = []
        self._lag, self._slow, self._most = lag, slow, most
        self._plan: dict[str, deque[Step]] = {}
        self._made: dict[str, _Made] = {}
        self._lock = threading.RLock()
        self._server = _Server(self._control)
        self._server.stepped = self.step

    @property
    def address(self) -> str:
        """Where the control plane listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a client that reaches it."""
        return {"PINECONE_API_KEY": KEY, "PINECONE_CONTROLLER_HOST": self.address}

    @property
    def indexes(self) -> tuple[str, ...]:
        """The names of the indexes there are."""
        return tuple(self._made)

    def plan(self, path: str, *steps: Step) -> None:
        """What becomes of the next calls of a path, one each."""
        self._plan.setdefault(path, deque()).extend(steps)

    def asked(self, path: str) -> list[Call]:
        """The calls of a path."""
        return [call for call in self.calls if call.path == path]

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for server in (self._server, *(made.server for made in self._made.values())):
            server.stop()

    def step(self, call: Call) -> Step | None:
        """Note a call; what is planned for it."""
        with self._lock:
            self.calls.append(call)
            steps = self._plan.get(call.path)
            return steps.popleft() if steps else None

    def _control(self, call: Call, query: Mapping[str, str]) -> tuple[int, Any]:
        """The control plane; its errors have a form of their own."""
        try:
            with self._lock:
                return self._controlled(call)
        except Refused as error:
            said = {"code": error.code, "message": error.message}
            return error.status, {"error": said, "status": error.status}

    def _controlled(self, call: Call) -> tuple[int, Any]:
        name = unquote(call.path.removeprefix("/indexes").lstrip("/"))
        if (call.method, call.path) == ("GET", "/indexes"):
            return 200, {"indexes": [self._model(one) for one in list(self._made)]}
        if (call.method, call.path) == ("POST", "/indexes"):
            return 201, self._create(call.body)
        if call.path.startswith("/indexes/") and call.method == "GET":
            return 200, self._model(name)
        if call.path.startswith("/indexes/") and call.method == "DELETE":
            self._model(name)
            self._made[name].going = 2
            return 202, None
        raise Refused(404, 5, "NOT_FOUND")

    def _model(self, name: str) -> dict[str, Any]:
        """What is said of an index at this moment, on its way from being made to being gone."""
        if name not in self._made:
            raise Refused(404, 5, f"Resource {name} not found")
        made = self._made[name]
        state = "Terminating" if made.going else "Initializing" if made.left else "Ready"
        model = {**made.model, "status": {"ready": state == "Ready", "state": state}}
        made.left = max(0, made.left - 1)
        if made.going:
            made.going -= 1
            if not made.going:
                self._made.pop(name).server.stop()
        return model

    def _create(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        _check(body, {"name": str, "schema": dict, "deployment": dict}, {"tags": dict})
        name, deployment = body["name"], body["deployment"]
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,43}[a-z0-9])?", name):
            raise Refused(400, 3, "Name must consist of lower case alphanumeric characters or '-'")
        if name in self._made:
            raise Refused(409, 6, f"Resource {name} already exists")
        if len(self._made) >= self._most:
            words = f"You've reached the max serverless indexes allowed in project ({self._most})."
            raise Refused(403, 7, words)
        place = deployment.get("cloud"), deployment.get("region")
        if deployment.get("deployment_type") != "managed" or place not in _REGIONS:
            raise Refused(404, 5, f"Resource cloud: {place[0]} region: {place[1]} not found")
        values = body["schema"].get("fields", {}).get("_values", {})
        _check(values, {"type": str, "dimension": int, "metric": str}, {})
        return self._listen(body, values)

    def _listen(self, body: dict[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
        name = body["name"]
        index = PineconeIndex(name, values["dimension"], values["metric"], self._lag)
        server = _Server(lambda call, query: self._data(index, call, query))
        server.stepped = self.step
        server.start()
        model = {
            "name": name,
            "host": f"127.0.0.1:{server.server_port}",
            "schema": body["schema"],
            "deployment": body["deployment"],
            "deletion_protection": "disabled",
            "tags": body.get("tags"),
        }
        self._made[name] = _Made(model, index, server, self._slow)
        return {**model, "host": None, "status": {"ready": False, "state": "Initializing"}}

    def _data(self, index: PineconeIndex, call: Call, query: Mapping[str, str]) -> tuple[int, Any]:
        """The data plane of an index."""
        try:
            with self._lock:
                if call.path.startswith("/namespaces/"):
                    work = {"GET": index.describe, "DELETE": index.remove}[call.method]
                    return 200, work(unquote(call.path.removeprefix("/namespaces/")))
                if (call.method, call.path) == ("GET", "/namespaces"):
                    return 200, index.spaces(query)
                return 200, _posted(index, call)
        except Refused as error:
            return error.status, {"code": error.code, "message": error.message, "details": []}


_POSTED: Mapping[str, tuple[str, Mapping[str, type], Mapping[str, type]]] = {
    "/vectors/upsert": ("upsert", {"vectors": list}, {"namespace": str}),
    "/vectors/delete": (
        "delete",
        {},
        {"ids": list, "deleteAll": bool, "namespace": str, "filter": dict},
    ),
    "/query": (
        "query",
        {"topK": int, "vector": list},
        {"namespace": str, "filter": dict, "includeValues": bool, "includeMetadata": bool},
    ),
    "/describe_index_stats": ("stats", {}, {"filter": dict}),
    "/namespaces": ("create", {"name": str}, {"schema": dict}),
}
"""What is posted to an index: the work, what has to be there, and what may be."""


def _posted(index: PineconeIndex, call: Call) -> Any:  # noqa: ANN401
    found = _POSTED.get(call.path) if call.method == "POST" else None
    if found is None:
        raise Refused(404, 5, "Not Found")
    name, needed, more = found
    _check(call.body, needed, more)
    work: Callable[[Mapping[str, Any]], Any] = getattr(index, name)
    return work(call.body)


def _check(body: Any, needed: Mapping[str, type], more: Mapping[str, type]) -> None:  # noqa: ANN401
    """Hold a body against what is documented.

    Raises:
        Refused: it lacks something, or has what nobody documented.
    """
    if not isinstance(body, dict):
        raise Refused(400, 3, "The body is no JSON object")
    known = {**needed, **more}
    for name in [*needed, *body]:
        if name not in known:
            raise Refused(400, 3, f"{name}: Cannot find field.")
        if not isinstance(body.get(name), known[name]):
            raise Refused(400, 3, f"{name}: wanted is {known[name].__name__}")


Answer = Callable[[Call, Mapping[str, str]], tuple[int, Any]]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.stepped: Callable[[Call], Step | None] = lambda call: None
        self._lines: set[socket.socket] = set()
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the port and every connection, as the end of a process does; twice is fine."""
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
        url = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(data) if data else None
        except ValueError:
            body = None
        call = Call(self.command, url.path, headers, body)
        step = self.server.stepped(call)
        if step == VANISH:
            self._vanish()
            return
        status, answer, more = self._answered(call, dict(parse_qsl(url.query)), len(data), step)
        self._send(status, answer, more, cut=step == CUT)

    do_POST = do_DELETE = do_GET  # noqa: N815

    def _answered(
        self, call: Call, query: Mapping[str, str], size: int, step: Step | None
    ) -> tuple[int, Any, Mapping[str, str]]:
        if call.headers.get("api-key") != KEY:
            return 401, "Invalid API Key", {}
        if call.headers.get("x-pinecone-api-version") != VERSION:
            return 400, {"code": 3, "message": "X-Pinecone-Api-Version is not known"}, {}
        if isinstance(step, Fault):
            return step.status, {"code": 0, "message": step.message, "details": []}, step.headers
        if call.method == "POST" and call.headers.get("content-type") != "application/json":
            return 415, {"code": 3, "message": "Content-Type must be application/json"}, {}
        if size > _MOST_BODY:
            return 413, "message length too large", {}
        return *self.server.answer(call, query), {}

    def _vanish(self) -> None:
        self.close_connection = True
        threading.Thread(target=self.server.stop, daemon=True).start()

    def _send(self, status: int, answer: Any, more: Mapping[str, str], *, cut: bool) -> None:  # noqa: ANN401
        plain = isinstance(answer, str)
        data = answer.encode() if plain else b"" if answer is None else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain" if plain else "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = cut or self.close_connection

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
