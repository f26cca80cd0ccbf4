"""Server-Sent Events, and how many of them may be open."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Header, HTTPException, Request
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from bozzetto.web.access import Access
from bozzetto.web.feed import Event
from bozzetto.web.limits import whose
from bozzetto.web.roles import ROLES, may

__all__ = ["EVENTS", "EventStream", "LastEvent", "Places", "wants_events"]

MOST, MOST_EACH = 64, 24
"""Streams that are open at a time, in all and of one client."""

LOOK = 1.0
"""Seconds at least between two looks at whether the listener may still listen."""

LEFT = {"code": "login", "detail": "what let you in was taken back: log in again"}
"""The last event of a listener whose key, session or role is gone."""

LastEvent = Annotated[
    str | None, Header(alias="Last-Event-ID", max_length=12, pattern=r"^\d{0,12}$")
]
"""The number of the last event that was received."""

MEDIA_TYPE = "text/event-stream"

EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}
"""A stream of events, as OpenAPI says it."""


class Places:
    """Streams by client, bounded."""

    def __init__(self, most: int = MOST, most_each: int = MOST_EACH) -> None:
        self._most, self._most_each = most, most_each
        self._taken: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, request: Request) -> Callable[[], None]:
        """A place for a stream; what is returned gives it back.

        Raises:
            HTTPException: 429, there is none.
        """
        caller = request.state.caller
        client = f"account {caller.name}" if caller and caller.name else whose(request.state.client)
        with self._lock:
            if self._taken.total() >= self._most or self._taken[client] >= self._most_each:
                raise HTTPException(429, "too many streams are open", {"Retry-After": "5"})
            self._taken[client] += 1

        def give_back() -> None:
            with self._lock:
                self._taken[client] -= 1
                self._taken += Counter()

        return give_back


class EventStream(StreamingResponse):
    """Events as they come; `ended` is called once the connection is over, however it ends."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        events: AsyncIterator[Event | None],
        ended: Callable[[], None],
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(_written(events), headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them, for as long as whoever asked for them may have them."""
        self.body_iterator = _let_in(self.body_iterator, scope)  # type: ignore[arg-type]
        try:
            async with aclosing(self.body_iterator):  # type: ignore[type-var]
                await super().__call__(scope, receive, send)
        finally:
            self._ended()


async def _written(events: AsyncIterator[Event | None]) -> AsyncIterator[str]:
    async with aclosing(events) as found:  # type: ignore[type-var]
        async for event in found:
            if event is None:
                yield ": still here\n\n"
            else:
                yield f"id: {event.number}\nevent: {event.name}\ndata: {event.data}\n\n"


async def _let_in(pieces: AsyncGenerator[str], scope: Scope) -> AsyncIterator[str]:
    """Pieces of a stream until its listener may not hear them any more."""
    looked = time.monotonic()
    async with aclosing(pieces):
        async for piece in pieces:
            if time.monotonic() - looked >= LOOK:
                if not _still(scope):
                    yield f"event: error\ndata: {json.dumps(LEFT)}\n\n"
                    return
                looked = time.monotonic()
            yield piece


def _still(scope: Scope) -> bool:
    """Whether the same caller is let in to the same route now."""
    access: Access = scope["app"].state.access
    before, found = scope["state"]["caller"], access.again(scope)
    same = found is not None and found.name == before.name
    return same and may(found, ROLES[scope["state"]["route"]])


def wants_events(request: Request) -> bool:
    """Whether a caller asks for events rather than for one document."""
    return MEDIA_TYPE in request.headers.get("accept", "").lower()
