"""Requests that are sent again because the answer got lost: done once, answered twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Replays"]

MOST = 10_000


@dataclass(slots=True)
class _Answer:
    """What was answered; None while nobody knows. One thread at a time finds out."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    shape: dict[str, Any] | None = None


class Replays:
    """The last answers by the key of their request, in memory."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def once(
        self, key: str | None, place: tuple[str, ...], make: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """The answer that a key had at a place, else what `make` gives; without a key always."""
        if not key:
            return make()
        with self._lock:
            found = self._answers.setdefault((*place, key), _Answer())
            if len(self._answers) > MOST:
                self._answers.popitem(last=False)
        with found.lock:  # the second of two equal requests waits for the first
            if found.shape is None:
                found.shape = make()
            return found.shape
