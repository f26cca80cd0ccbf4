"""How the stand-in for Amazon's services speaks HTTP: answers, errors and event streams."""

from __future__ import annotations

import json
import select
import threading
import time
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bozzetto.testing.aws_frames import CONTENT_TYPE
from bozzetto.testing.aws_steps import CUT, Fault, Flow, Reply

__all__ = ["Listener"]

_STATUS = {
    "AccessDeniedException": 403,
    "ExpiredTokenException": 403,
    "InternalDependencyException": 530,
    "InternalFailure": 500,
    "InternalServerException": 500,
    "InvalidSignatureException": 403,
    "MissingAuthenticationTokenException": 403,
    "ModelError": 424,
    "ModelErrorException": 424,
    "ModelNotReadyException": 429,
    "ModelTimeoutException": 408,
    "ResourceNotFoundException": 404,
    "ServiceUnavailable": 503,
    "ServiceUnavailableException": 503,
    "ThrottlingException": 429,
    "UnknownOperationException": 404,
    "UnrecognizedClientException": 403,
}
"""Of the errors' documentation; all others are 400."""

Take = Callable[[str, str, Mapping[str, str], bytes], tuple[str, Fault | Reply | Flow]]


class Listener(ThreadingHTTPServer):
    """Hands requests to `take`, sends what it gives back, and says when a client went away."""

    daemon_threads = True

    def __init__(self, take: Take, left: Callable[[], None], closed: threading.Event) -> None:
        self.take = take
        self.left = left
        self.closed = closed
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is none of our business."""


class _Handler(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or an answer waits 40 ms for the head's acknowledgement

    def do_POST(self) -> None:
        """Answer one call."""
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {key.lower(): value for key, value in self.headers.items()}
        kind, answer = self.server.take("POST", self.path, headers, data)
        if isinstance(answer, Flow):
            self._stream(answer)
        elif isinstance(answer, Reply):
            self._send(200, answer.headers, answer.data, answer.length)
        else:
            self._fail(kind, answer)

    def _fail(self, kind: str, fault: Fault) -> None:
        # A name space follows the code, as the services have it.
        error = {"x-amzn-ErrorType": f"{fault.code}:http://internal.amazon.com/coral/"}
        name = "message" if kind == "model" else "Message"
        words = json.dumps({name: fault.message, **fault.more}).encode()
        self._send(_STATUS.get(fault.code, 400), error, words)

    def _send(
        self, status: int, headers: Mapping[str, str], data: bytes, length: int | None = None
    ) -> None:
        named = {"Content-Type": "application/json", **headers}
        self._head(
            status, {**named, "Content-Length": str(len(data) if length is None else length)}
        )
        self.wfile.write(data)

    def _head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()

    def _stream(self, flow: Flow) -> None:
        self._head(200, {"Content-Type": CONTENT_TYPE, "Transfer-Encoding": "chunked"})
        for piece in flow.pieces:
            if isinstance(piece, float | int):
                self._wait(piece)
            elif piece == CUT:
                return
            elif isinstance(piece, bytes):
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if self._gone():
                self.server.left()
                return
        self.wfile.write(b"0\r\n\r\n")

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._gone() and not self.server.closed.wait(0.01):
            pass

    def _gone(self) -> bool:
        """Whether the client has ended its side: after a request it has nothing more to send."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""
