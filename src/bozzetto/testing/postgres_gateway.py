"""TLS, and Amazon's tokens, in front of a PostgreSQL server that knows neither.

    with Gateway(server.port, certificate, key, accepts=token_rule(...)) as gateway:
        open_store(f"//ann@localhost:{gateway.port}/postgres?auth=iam", ...)

It speaks the start of PostgreSQL's protocol (sections "SSL Session Encryption" and "Start-up" of
its documentation), then passes bytes on. With `accepts` it asks for a password in clear text
within TLS, as Amazon RDS does for tokens, and turns away whom the rule does not accept.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, quote, urlencode

__all__ = ["Gateway", "token_rule"]

_SSL, _GSS = 80877103, 80877104
_CLEARTEXT = struct.pack(">cII", b"R", 8, 3)

Rule = Callable[[str, str], bool]
"""Whether a user may come in with that password."""


def token_rule(host: str, port: int, environ: Mapping[str, str]) -> Rule:
    """What Amazon RDS asks of a token: the signature, for that host, port, user and region."""

    def accepts(user: str, password: str) -> bool:
        place, _, query = password.partition("/?")
        given = dict(parse_qsl(query))
        signature = given.pop("X-Amz-Signature", "")
        scope = f"{given.get('X-Amz-Date', '')[:8]}/{environ['AWS_REGION']}/rds-db/aws4_request"
        named = f"{environ['AWS_ACCESS_KEY_ID']}/{scope}"
        return (
            place == f"{host}:{port}"
            and (given.get("Action"), given.get("DBUser")) == ("connect", user)
            and given.get("X-Amz-Credential") == named
            and hmac.compare_digest(signature, _signed(given, place, scope, environ))
        )

    return accepts


def _signed(given: Mapping[str, str], place: str, scope: str, environ: Mapping[str, str]) -> str:
    """Signature version 4 of a GET by its query."""
    query = urlencode(sorted(given.items()), quote_via=quote, safe="-_.~")
    nothing = hashlib.sha256(b"").hexdigest()
    canonical = f"GET\n/\n{query}\nhost:{place}\n\nhost\n{nothing}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{given.get('X-Amz-Date')}\n{scope}\n{digest}"
    key = f"AWS4{environ['AWS_SECRET_ACCESS_KEY']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return hmac.digest(key, text.encode(), "sha256").hex()


class Gateway:
    """Listens on 127.0.0.1; a context manager."""

    def __init__(
        self, upstream: int, certificate: Path, key: Path, accepts: Rule | None = None
    ) -> None:
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate, key)
        self.upstream = upstream
        self.accepts = accepts
        self._server = _Server(("127.0.0.1", 0), _Guest)
        self._server.gateway = self
        self.port: int = self._server.server_address[1]

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


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    gateway: Gateway


class _Guest(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, _Server)
        with suppress(OSError):  # guests may leave at any time
            self._receive(server.gateway)

    def _receive(self, gateway: Gateway) -> None:
        plain: socket.socket = self.request
        code, start = _start(plain)
        while code == _GSS:
            plain.sendall(b"N")
            code, start = _start(plain)
        if code != _SSL:
            plain.sendall(_refusal("28000", "no pg_hba.conf entry for host, no encryption"))
            return
        plain.sendall(b"S")
        with gateway.tls.wrap_socket(plain, server_side=True) as guest:
            _, start = _start(guest)
            user = _user(start)
            if gateway.accepts and not gateway.accepts(user, _password(guest)):
                words = f'PAM authentication failed for user "{user}"'
                guest.sendall(_refusal("28000", words))
                return
            with socket.create_connection(("127.0.0.1", gateway.upstream)) as server:
                server.sendall(start)
                threading.Thread(target=_pass_on, args=(server, guest), daemon=True).start()
                _pass_on(guest, server)


def _exactly(source: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        piece = source.recv(length - len(data))
        if not piece:
            raise ConnectionResetError("the guest has left")
        data += piece
    return data


def _start(source: socket.socket) -> tuple[int, bytes]:
    """The first message: what it asks for, and all of it."""
    head = _exactly(source, 8)
    length, code = struct.unpack(">II", head)
    return code, head + _exactly(source, min(length, 10_000) - 8)


def _user(start: bytes) -> str:
    words = start[8:].split(b"\0")
    return dict(zip(words[::2], words[1::2], strict=False)).get(b"user", b"").decode()


def _password(guest: socket.socket) -> str:
    guest.sendall(_CLEARTEXT)
    _, length = struct.unpack(">cI", _exactly(guest, 5))
    return _exactly(guest, length - 4).rstrip(b"\0").decode()


def _refusal(code: str, words: str) -> bytes:
    fields = (f"SFATAL\0VFATAL\0C{code}\0M{words}\0").encode() + b"\0"
    return b"E" + struct.pack(">I", len(fields) + 4) + fields


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            target.sendall(piece)
    for one in (source, target):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
