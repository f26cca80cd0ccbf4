"""Requests that are sent again because the answer got lost: done once, answered twice."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

__all__ = ["Replays"]

MOST = 10_000


class Replays:
    """The last answers by the key of their request, in memory."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def once(
        self, key: str | None, place: tuple[str, ...], make: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """The answer that a key had at a place, else what `make` gives; without a key always."""
        if not key:
            return make()
        with self._lock:  # one at a time: the second of two equal requests waits for the first
            found = self._answers.get((*place, key))
            if found is None:
                found = self._answers[(*place, key)] = make()
                if len(self._answers) > MOST:
                    self._answers.popitem(last=False)
            return found
