"""A few connections to PostgreSQL, shared between threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Pool"]

_KEPT = 8  # idle connections that are kept; each holds a process of the server


class Pool:
    """One connection for each who asks at the same time; idle ones wait for the next.

    Where one turns out to be lost, the idle ones are let go too: their server went away.
    """

    def __init__(self, connect: Callable[[], Any]) -> None:
        self._connect = connect
        self._idle: list[Any] = []
        self._closed = 0  # times: who was given a connection before does not give it back
        self._lock = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection for the time of a `with`."""
        with self._lock:
            found, opened = self._idle.pop() if self._idle else None, self._closed
        connection = found or self._connect()
        try:
            yield connection
        finally:
            self._give_back(connection, opened)

    def _give_back(self, connection: Any, opened: int) -> None:  # noqa: ANN401 - psycopg's
        if connection.closed:
            self.close()
            return
        with self._lock:
            room = opened == self._closed and len(self._idle) < _KEPT
            if room:
                self._idle.append(connection)
        if not room:
            connection.close()

    def close(self) -> None:
        """Close the idle ones, and those in use when they come back."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._closed += 1
        for connection in idle:
            connection.close()
