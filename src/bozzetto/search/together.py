"""Calls of several threads that are answered together.

Reading a model's weights, or a library's vectors, from memory takes longer than computing with
them, and searches that go on at the same time would each read them anew. Nobody waits for others
to come: a call that finds a place free is answered at once, and those that come meanwhile are
answered together by whoever is next.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

__all__ = ["Together"]

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Answers calls by `work`, which takes up to `most` of them, in the order they came.

    `places` threads work at a time. `work` must answer each call the same whatever stands
    beside it. What it raises is raised to all who were to be answered.
    """

    def __init__(
        self, work: Callable[[Sequence[Asked]], Sequence[Answer]], most: int, places: int
    ) -> None:
        self._work, self._most = work, most
        self._waiting: deque[tuple[Asked, Future[Answer]]] = deque()
        self._lock = threading.Lock()
        self._places = threading.Semaphore(places)

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one call."""
        mine: Future[Answer] = Future()
        with self._lock:
            self._waiting.append((asked, mine))
        while not mine.running() and not mine.done():
            with self._places:
                self._answer_some()
        return mine.result()

    def _answer_some(self) -> None:
        """Answer those who have waited longest; none where others have all of them in hand."""
        with self._lock:
            some = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
            for _, one in some:
                one.set_running_or_notify_cancel()
        if not some:
            return
        try:
            answers = self._work([asked for asked, _ in some])
        except BaseException as error:
            for _, one in some:
                one.set_exception(error)
            return
        for (_, one), answer in zip(some, answers, strict=True):
            one.set_result(answer)
