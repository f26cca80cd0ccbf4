"""Answers that are kept, the latest of them, where several questions are answered in one go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

__all__ = ["Recent"]

Asked = TypeVar("Asked", bound=Hashable)
Answer = TypeVar("Answer")


class Recent(Generic[Asked, Answer]):
    """The answers of `work` to the last `most` questions. Safe to share between threads.

    `work` must answer a question the same whatever stands beside it.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]], most: int) -> None:
        self._work, self._most = work, most
        self._kept: dict[Asked, Answer] = {}
        self._lock = threading.Lock()

    def __call__(self, asked: Sequence[Asked]) -> list[Answer]:
        """The answer to each question; those that are not kept are worked out together."""
        with self._lock:
            found = {one: self._kept[one] for one in asked if one in self._kept}
        new = [one for one in dict.fromkeys(asked) if one not in found]
        if new:
            found.update(zip(new, self._work(new), strict=True))
        with self._lock:
            for one, answer in found.items():  # what was asked for last goes last
                self._kept.pop(one, None)
                self._kept[one] = answer
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]
        return [found[one] for one in asked]
