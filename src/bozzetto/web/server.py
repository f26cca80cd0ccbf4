"""A server on this machine alone, for as long as a `with` lasts or until Ctrl-C."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn

from bozzetto.app import Assistant
from bozzetto.errors import SetupError
from bozzetto.web.access import Access
from bozzetto.web.application import drain, make_app

__all__ = ["PORT", "Server"]

HOST = "127.0.0.1"

PORT = 8642
"""Where a page is served if nobody says otherwise: a browser keeps what a reviewer has not yet
saved for this address, and finds it there at the next start."""

PATIENCE = 5
"""Seconds that open requests have to end."""


class Server:
    """Serves an assistant on the loopback address.

        with Server(assistant) as server:
            webbrowser.open(server.address("/"))

    `port` None takes `PORT`, or any other where that is taken; 0 takes any.

    Raises:
        SetupError: the port is taken.
    """

    def __init__(self, assistant: Assistant, *, port: int | None = None) -> None:
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self.access = Access(
            secrets.token_urlsafe(32), (f"{HOST}:{self.port}", f"localhost:{self.port}")
        )
        app = make_app(assistant, self.access)
        self._server = _Uvicorn(
            lambda: drain(app),
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                http="h11",
                ws="none",
                proxy_headers=False,
                server_header=False,
                timeout_graceful_shutdown=PATIENCE,
            ),
        )
        self._thread = threading.Thread(target=self._serve, name="bozzetto-server")

    def address(self, path: str) -> str:
        """The address of a page, with the token in its fragment."""
        return f"http://{HOST}:{self.port}{path}#token={self.access.token}"

    def run(self) -> None:
        """Serve until Ctrl-C."""
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


def _listen(port: int | None) -> socket.socket:
    if port is None:
        try:
            return _listen(PORT)
        except SetupError:
            return _listen(0)
    # With the protocol named, asyncio turns Nagle's delay off: 40 ms an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: nobody else takes it over
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(128)
    except OSError as error:
        listening.close()
        raise SetupError(
            f"port {port} of this machine cannot be taken: {error.strerror or error}",
            hint="--port 0 takes any that is free",
        ) from error
    return listening
