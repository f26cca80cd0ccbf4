"""A server of a home, for as long as a `with` lasts or until Ctrl-C."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bozzetto.app import Assistant
from bozzetto.app.secret import TokenFile
from bozzetto.errors import InputError, SetupError
from bozzetto.web.access import Access
from bozzetto.web.application import drain, make_app, prepare
from bozzetto.web.limits import MOST_HEAD

__all__ = ["HOST", "PORT", "Server", "Tls", "check_host"]

HOST = "127.0.0.1"

PORT = 8642
"""Where a page is served if nobody says otherwise: a browser keeps what a reviewer has not yet
saved for this address, and finds it there at the next start."""

PATIENCE = 5
"""Seconds that open requests have to end."""

FIRST_LINES = 20.0
"""Seconds until a connection has said what it wants."""

WAITING = 1024
"""Connections that wait to be taken."""

ANYWHERE = ("0.0.0.0", "::")
"""Every address of this machine."""


@dataclass(frozen=True, slots=True)
class Tls:
    """A certificate with its chain, and its key where that is not in the same file (PEM)."""

    certificate: Path
    key: Path | None = None


class Server:
    """Serves an assistant, on the loopback address if nothing else is said.

        with Server(assistant) as server:
            webbrowser.open(server.address("/"))

    `port` None takes `PORT`, or any other where that is taken; 0 takes any. `names` are hosts
    it answers to beside its address, for a proxy or a name of this machine.

    Raises:
        SetupError: the port is taken, the certificate cannot be used, or the address is not of
            this machine alone and there are no accounts.
        InputError: the address is none.
    """

    def __init__(
        self,
        assistant: Assistant,
        *,
        port: int | None = None,
        host: str = HOST,
        names: Sequence[str] = (),
        tls: Tls | None = None,
    ) -> None:
        self.host = check_host(host, accounts=assistant.accounts.any())
        held = TokenFile(assistant.settings.home).read
        self._socket = _listen(self.host, port)
        self.port: int = self._socket.getsockname()[1]
        self.access = Access(held, self.port, assistant.accounts, tuple(names), tls is not None)
        app = self._app = make_app(assistant, self.access)
        try:
            self._server = _Uvicorn(lambda: drain(app), _config(app, tls))
        except SetupError:
            self._socket.close()
            raise
        self._thread = threading.Thread(target=self._serve, name="bozzetto-server")

    @property
    def local(self) -> bool:
        """Whether it is reached from this machine alone."""
        return ip_address(self.host).is_loopback

    def address(self, path: str) -> str:
        """The address of a page; with the token in its fragment where that lets in."""
        here = self.local or self.host in ANYWHERE
        name = HOST if self.host in ANYWHERE else self.host
        name = f"[{name}]" if ":" in name else name
        scheme = "https" if self.access.secure else "http"
        token = f"#token={self.access.token}" if here else ""
        return f"{scheme}://{name}:{self.port}{path}{token}"

    def run(self) -> None:
        """Serve until Ctrl-C; what searches read is made ready meanwhile."""
        prepare(self._app)
        try:
            self._serve()
        except KeyboardInterrupt:
            pass  # the server has ended what was open, and raised it again
        finally:
            self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.01)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()


class _Uvicorn(uvicorn.Server):
    """Tells `drain` before it waits for open requests to end."""

    def __init__(self, drain: Callable[[], None], config: uvicorn.Config) -> None:
        super().__init__(config)
        self._drain = drain

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End."""
        self._drain()
        await super().shutdown(sockets)


class _Connection(H11Protocol):
    """Closes a connection that does not say what it wants."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait as after an answer; the next request ends the waiting."""
        super().connection_made(transport)
        wait = self.loop.call_later(FIRST_LINES, self.timeout_keep_alive_handler)
        self.timeout_keep_alive_task = wait


def _config(app: object, tls: Tls | None) -> uvicorn.Config:
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        http=_Connection,
        ws="none",
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=MOST_HEAD,
        timeout_graceful_shutdown=PATIENCE,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    try:
        config.load()
    except (OSError, ssl.SSLError) as error:
        raise SetupError(
            f"--tls-cert {tls and tls.certificate}: {error.strerror or error}",
            hint="it takes a certificate with its chain and its key, without a password, as PEM",
        ) from error
    return config


def check_host(host: str, *, accounts: bool) -> str:
    """An address to listen on: one that others reach is for those who have accounts.

    Raises:
        SetupError: others would reach it, and there are no accounts.
        InputError: it is none.
    """
    try:
        address = ip_address(HOST if host == "localhost" else host)
    except ValueError:
        raise InputError(
            f"--host {host}: it takes an address, as 127.0.0.1 or 0.0.0.0",
            hint="--allow-host NAME says under which name it is reached",
        ) from None
    if not address.is_loopback and not accounts:
        raise SetupError(
            f"--host {host}: others would reach this home, and nobody has an account",
            hint="first: bozzetto account add NAME --role admin",
        )
    return str(address)


def _listen(host: str, port: int | None) -> socket.socket:
    if port is None:
        try:
            return _listen(host, PORT)
        except SetupError:
            return _listen(host, 0)
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    # With the protocol named, asyncio turns Nagle's delay off: 40 ms an answer.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: nobody else takes it over
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(WAITING)
    except OSError as error:
        listening.close()
        where = "of this machine" if host == HOST else f"of {host}"
        raise SetupError(
            f"port {port} {where} cannot be taken: {error.strerror or error}",
            hint="--port 0 takes any that is free",
        ) from error
    return listening
