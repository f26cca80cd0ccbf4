"""When the next call may go out: a busy service is left alone by all threads together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from itertools import count
from typing import TypeVar

from bozzetto.errors import BackendError

__all__ = ["FIRST", "TRIES", "WAIT", "Pace"]

TRIES = 5
"""How often a call is made before it counts as failed."""

WAIT = 60.0
"""Seconds after a call's first try within which its last one begins."""

FIRST = 0.5
"""Seconds of the first pause, doubled each time, where the service names none."""

T = TypeVar("T")


class Pace:
    """At most `parallel` calls at a time, and none while the service is to be left alone."""

    def __init__(self, parallel: int) -> None:
        self._gate = threading.BoundedSemaphore(parallel)
        self._lock = threading.Lock()
        self._until = 0.0

    def tried(self, work: Callable[[], T], ended: threading.Event) -> T:
        """Do a call, again where its failure may pass, until `ended` is set.

        Raises:
            SetupError, BackendError: it failed for good, or too often.
        """
        began = time.monotonic()
        for number in count():
            try:
                return self._once(work, ended)
            except BackendError as error:
                pause: float = getattr(error, "pause", 0.0) or FIRST * 2**number
                if not error.retryable or number + 1 == TRIES:
                    raise
                if time.monotonic() - began + pause > WAIT:
                    raise _too_long(error, pause) from None
                self._hold(pause)
        raise AssertionError("counting never ends")

    def _once(self, work: Callable[[], T], ended: threading.Event) -> T:
        with self._gate:
            while (left := self._until - time.monotonic()) > 0:
                ended.wait(left)
                if ended.is_set():
                    break
            if ended.is_set():
                raise CancelledError
            return work()

    def _hold(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)


def _too_long(error: BackendError, pause: float) -> BackendError:
    """The same failure, with how long the service wants to be left alone."""
    if pause <= WAIT:
        return error
    return BackendError(
        f"{error.message}; it asks to wait {pause:.0f} s",
        hint="run the same command again then: it goes on where it stopped",
        retryable=True,
        status=error.status,
    )
