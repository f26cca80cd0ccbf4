"""The HTTP of the contract servers of OpenSearch and Elasticsearch, and what may go wrong in it."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

__all__ = [
    "GONE",
    "HALF",
    "SHORT",
    "Answer",
    "Answering",
    "Busy",
    "Call",
    "Listener",
    "Slow",
    "Step",
]


@dataclass(frozen=True, slots=True)
class Call:
    """What was asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it is: a status and JSON, or text where it is text."""

    status: int
    body: Any = None


@dataclass(frozen=True, slots=True)
class Busy:
    """The first so many rows of a bulk request are turned away, with 429."""

    rows: int


@dataclass(frozen=True, slots=True)
class Slow:
    """Seconds before the documented answer."""

    seconds: float


Step = Answer | Busy | Slow | str
"""What becomes of one call; a text is one of the following."""

HALF = "half"
"""Half of the JSON, as if it were whole."""

SHORT = "short"
"""The connection ends in the middle of the answer."""

GONE = "gone"
"""The connection ends without an answer, and the server with it."""


class Answering(Protocol):
    """Who says what is answered."""

    product: str

    def step(self, call: Call) -> Step | None:
        """What is planned for a call."""
        ...

    def answer(self, call: Call, step: Step | None) -> Answer:
        """What is answered."""
        ...


class Listener(ThreadingHTTPServer):
    """A loopback port that can vanish with all its connections."""

    daemon_threads = True

    def __init__(self, answering: Answering) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answering = answering
        self.connections: set[socket.socket] = set()

    def vanish(self) -> None:
        """Close the port and every connection, as a server that is stopped."""
        self.socket.close()
        for one in list(self.connections):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or an answer waits 40 ms for the head's acknowledgement

    def setup(self) -> None:
        """Remember the connection."""
        super().setup()
        self.server.connections.add(self.request)

    def finish(self) -> None:
        """Forget it."""
        self.server.connections.discard(self.request)
        with suppress(OSError):
            super().finish()

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        url = urlsplit(self.path)
        call = Call(
            self.command,
            url.path,
            dict(parse_qsl(url.query, keep_blank_values=True)),
            {key.lower(): value for key, value in self.headers.items()},
            self.rfile.read(length),
        )
        step = self.server.answering.step(call)
        if isinstance(step, Slow):
            time.sleep(step.seconds)
        if step == GONE:
            self.server.vanish()
            self.close_connection = True
            return
        self._send(self.server.answering.answer(call, step), step)

    do_GET = do_POST = do_PUT = do_DELETE = _handle  # noqa: N815 - the names are the library's

    def _send(self, answer: Answer, step: Step | None) -> None:
        text = isinstance(answer.body, str)
        data = (answer.body if text else json.dumps(answer.body)).encode()
        data = b"" if answer.body is None else data
        length = len(data)
        if step in (HALF, SHORT):
            data = data[: len(data) // 2]
            length = len(data) if step == HALF else length
        kind = "text/plain" if text else "application/json"
        self.send_response(answer.status)
        if self.server.answering.product:
            self.send_header("X-elastic-product", self.server.answering.product)
            kind = kind if text else "application/vnd.elasticsearch+json;compatible-with=9"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = self.close_connection or step == SHORT

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
