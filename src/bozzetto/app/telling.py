"""Who hears how far long work has come: whoever opened the home, or one caller alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bozzetto.types import Progress

__all__ = ["Tell", "Telling"]

Tell = Callable[[Progress], None]


class Telling:
    """Hands progress on: to the caller in whose thread it is made, else to whoever opened."""

    def __init__(self, everyone: Tell) -> None:
        self._everyone = everyone
        self._own = threading.local()

    def __call__(self, step: Progress) -> None:
        """Tell of a step."""
        tell: Tell = getattr(self._own, "tell", self._everyone)
        tell(step)

    @contextmanager
    def to(self, tell: Tell) -> Iterator[None]:
        """Tell what this thread does to somebody else; what that raises ends the work."""
        before: Tell = getattr(self._own, "tell", self._everyone)
        self._own.tell = tell
        try:
            yield
        finally:
            self._own.tell = before
