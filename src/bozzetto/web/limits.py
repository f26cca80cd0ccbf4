"""How much a client may send, how slowly, and how often."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from ipaddress import ip_network

from fastapi import HTTPException
from starlette.types import Message, Receive, Scope, Send

__all__ = [
    "BODIES",
    "MOST_BODY",
    "MOST_HEAD",
    "UNREAD",
    "Rates",
    "UnreadError",
    "body_limit",
    "bounded",
    "head_size",
    "patient",
    "too_large",
    "whose",
]

MOST_BODY = 64 * 2**10
"""Bytes of a request's body, where the route is not in `BODIES`."""

BODIES: Mapping[str, int] = {
    "POST /api/v1/import": 2**30,
    "POST /api/v1/campaigns": 2 * 2**20,
    "POST /api/v1/campaigns/plan": 2 * 2**20,
    "POST /api/v1/batch/search": 16 * 2**20,
    "POST /api/v1/batch/optimize": 16 * 2**20,
}
"""Bytes of the body of some routes, as "METHOD path"."""

MOST_HEAD = 64 * 2**10
"""Bytes of a request's address and headers."""

SLOWEST_PIECE = 20.0
"""Seconds until the next piece of a body."""

GRACE, SLOWEST = 30.0, 16 * 2**10
"""Seconds that a body may take in all: so many, and one more for each so many bytes."""

UNREAD = 60.0
"""Seconds that a piece of an answer waits for its reader."""

BURST = 10.0
"""Seconds whose requests a client may send at once."""

CLIENTS = 10_000
"""Clients that are remembered."""


def body_limit(route: str | None) -> int:
    """How many bytes the body of a route may have."""
    return BODIES.get(route or "", MOST_BODY)


@lru_cache(1024)
def whose(client: str) -> str:
    """What is counted as one client: of IPv6 the network, for one machine may have all of it."""
    if not client.startswith("["):
        return client
    return str(ip_network((client.strip("[]"), 64), strict=False))


def head_size(scope: Scope) -> int:
    """Bytes of a request's address and headers."""
    lines = sum(len(name) + len(value) for name, value in scope["headers"])
    return lines + len(scope["path"]) + len(scope["query_string"])


def too_large(most: int) -> str:
    """What a body of more bytes is told."""
    return f"a request holds at most {most:,} bytes here"


def bounded(receive: Receive, most: int, clock: Callable[[], float] = time.monotonic) -> Receive:
    """`receive` that ends a body which is too long, or comes too slowly."""
    size = 0
    whole = False
    began = clock()

    async def limited() -> Message:
        nonlocal size, whole
        if whole:
            return await receive()
        left = began + GRACE + size / SLOWEST - clock()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, min(SLOWEST_PIECE, left)))
        except TimeoutError:
            raise HTTPException(408, "the request came too slowly") from None
        size += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if size > most:
            raise HTTPException(413, too_large(most))
        return message

    return limited


class UnreadError(Exception):
    """Nobody reads the answer."""


def patient(send: Send, most: float = UNREAD) -> Send:
    """`send` that waits so many seconds for its reader, and no longer: what is made for it ends."""

    async def sending(message: Message) -> None:
        try:
            async with asyncio.timeout(most):
                await send(message)
        except TimeoutError:
            raise UnreadError from None

    return sending


class Rates:
    """A bucket of requests for each client, filled again at so many a second; 0: no limit."""

    def __init__(self, a_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._a_second = a_second
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # how many, when
        self._lock = threading.Lock()

    def wait(self, client: str) -> float:
        """Take one request of a client: 0, or the seconds until it may come again."""
        if not self._a_second:
            return 0.0
        most = max(1.0, self._a_second * BURST)
        with self._lock:
            now = self._clock()
            left, at = self._left.pop(client, (most, now))
            left = min(most, left + (now - at) * self._a_second)
            self._left[client] = (left - 1 if left >= 1 else left, now)
            if len(self._left) > CLIENTS:
                self._left.popitem(last=False)
        return 0.0 if left >= 1 else (1 - left) / self._a_second
