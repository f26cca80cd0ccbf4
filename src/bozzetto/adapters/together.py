"""Calls of several threads that are answered together: one pass over the weights serves them all.

Reading a model's weights, or a library's vectors, from memory takes longer than computing with
them, and several searches at a time would each read them anew. Nobody waits for others to come:
a call that finds the place free is answered at once, and those that come meanwhile are next.
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
    """Answers calls by `work`, which takes up to `most` at a time, in the order they came.

    `work` must answer each call the same whatever stands beside it. What it raises is raised
    to all who were to be answered.
    """

    def __init__(self, work: Callable[[Sequence[Asked]], Sequence[Answer]], most: int) -> None:
        self._work, self._most = work, most
        self._waiting: deque[tuple[Asked, Future[Answer]]] = deque()
        self._turn = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one call."""
        mine: Future[Answer] = Future()
        self._waiting.append((asked, mine))
        while not mine.done():
            with self._turn:
                if not mine.done():
                    self._answer_some()
        return mine.result()

    def _answer_some(self) -> None:
        some = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        try:
            answers = self._work([asked for asked, _ in some])
        except BaseException as error:
            for _, one in some:
                one.set_exception(error)
            return
        for (_, one), answer in zip(some, answers, strict=True):
            one.set_result(answer)
