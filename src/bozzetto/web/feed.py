"""What happens, numbered, for listeners that come late, lose their connection, and come again."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

__all__ = ["Event", "Feed"]

MOST = 1000
"""Passing events that are kept for who comes late."""

BEAT = 15.0
"""Seconds of silence after which a listener is told that the connection stands."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened; `number` counts from 1, `data` is JSON in one line."""

    number: int
    name: str
    data: str


class Feed:
    """Events in their order. Any thread may put one; listeners live in event loops.

    Of passing events the last `most` are kept; the others, ends among them, all.
    """

    def __init__(self, most: int = MOST) -> None:
        self._lock = threading.Lock()
        self._most = most
        self._events: dict[int, Event] = {}
        self._passing: deque[int] = deque()
        self._latest: dict[object, int] = {}
        self._count = 0
        self._closed = False
        self._bells: list[Callable[[], None]] = []

    def put(self, name: str, data: Any, *, passing: bool = False, about: object = None) -> None:  # noqa: ANN401
        """Add an event; nothing after the end. Of passing ones `about` a thing the last counts."""
        text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        with self._lock:
            if self._closed:
                return
            self._count += 1
            self._events[self._count] = Event(self._count, name, text)
            if passing:
                self._forget(about)
        self._ring()

    def _forget(self, about: object) -> None:
        if about is not None:
            self._events.pop(self._latest.get(about, 0), None)
            self._latest[about] = self._count
        self._passing.append(self._count)
        if len(self._passing) > self._most:
            self._events.pop(self._passing.popleft(), None)

    def close(self) -> None:
        """Say that nothing more will happen."""
        with self._lock:
            self._closed = True
        self._ring()

    @property
    def closed(self) -> bool:
        """Whether everything has happened."""
        return self._closed

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._bells)

    def since(self, number: int) -> tuple[list[Event], bool]:
        """What is kept of what came after an event, and whether that is all there will be."""
        with self._lock:
            newest = takewhile(lambda one: one.number > number, reversed(self._events.values()))
            return list(newest)[::-1], self._closed

    async def listen(self, after: int = 0) -> AsyncIterator[Event | None]:
        """Events after one, those to come too, until the end; None where none comes for long."""
        loop, bell = asyncio.get_running_loop(), asyncio.Event()

        def ring() -> None:
            loop.call_soon_threadsafe(bell.set)

        with self._lock:
            self._bells.append(ring)
        try:
            while True:
                bell.clear()
                found, closed = self.since(after)
                for event in found:
                    yield event
                    after = event.number
                if closed:
                    return
                if not await _rung(bell):
                    yield None
        finally:
            with self._lock:
                self._bells.remove(ring)

    def _ring(self) -> None:
        with self._lock:
            for ring in self._bells:
                with suppress(RuntimeError):  # its loop has ended
                    ring()


async def _rung(bell: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(bell.wait(), BEAT)
    except TimeoutError:
        return False
    return True
