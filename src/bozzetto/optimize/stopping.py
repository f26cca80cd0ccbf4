"""Stopping what is being written, one candidate or all, from any thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

__all__ = ["Stop"]


class Stop:
    """A switch for one call that writes: `stop(2)` ends candidate 2 alone, `stop()` all.

    Candidates are numbered from 0, as in the events. What is finished stays; a request that
    is on its way is closed at once. Any thread may throw it, also before the call begins.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._asked: set[int | None] = set()
        self._tell: Callable[[int | None], None] | None = None

    def __call__(self, index: int | None = None) -> None:
        """Stop one candidate, or all where none is named."""
        with self._lock:
            self._asked.add(index)
            if self._tell:
                self._tell(index)

    def asked(self, index: int) -> bool:
        """Whether a candidate is to stop."""
        with self._lock:
            return index in self._asked or None in self._asked

    def listen(self, tell: Callable[[int | None], None] | None) -> None:
        """Have `tell` called, in the thread that stops, at each stop to come; None ends it."""
        with self._lock:
            self._tell = tell
