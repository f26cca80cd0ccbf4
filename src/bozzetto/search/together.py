"""Calls of several threads that are answered together.

Reading a model's weights, or a library's vectors, from memory takes longer than computing with
them, and searches that go on at the same time would each read them anew. Nobody waits for others
to come: a call that finds a place free is answered at once, and those that come meanwhile are
answered together by whoever is next.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["Together"]

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


@dataclass(slots=True, eq=False)
class _Call(Generic[Asked, Answer]):
    """A call that waits until it is answered, or until it is its turn to answer."""

    asked: Asked
    answer: Future[Answer] = field(default_factory=Future)
    woken: threading.Event = field(default_factory=threading.Event)
    turn: bool = False


class Together(Generic[Asked, Answer]):
    """Answers calls by `work`, which takes up to `most` of them, in the order they came.

    `places` threads work at a time. `work` must answer each call the same whatever stands
    beside it, and each answer is given as soon as it is there. What `work` raises is raised to
    all who have no answer yet.
    """

    def __init__(
        self, work: Callable[[Sequence[Asked]], Iterable[Answer]], most: int, places: int
    ) -> None:
        self._work, self._most, self._free = work, most, places
        self._waiting: deque[_Call[Asked, Answer]] = deque()
        self._lock = threading.Lock()

    def __call__(self, asked: Asked) -> Answer:
        """The answer to one call."""
        mine = _Call[Asked, Answer](asked)
        with self._lock:
            self._waiting.append(mine)
            mine.turn = self._free > 0
            self._free -= mine.turn
        if not mine.turn:
            mine.woken.wait()
        if mine.turn:
            try:
                if not mine.answer.done():
                    self._answer_some()
            finally:
                self._pass_on()
        return mine.answer.result()

    def _pass_on(self) -> None:
        """Leave a place to who has waited longest."""
        with self._lock:
            heir = next((one for one in self._waiting if not one.turn), None)
            if heir is None:
                self._free += 1
            else:
                heir.turn = True
                heir.woken.set()

    def _answer_some(self) -> None:
        """Answer those who have waited longest; none where others have all of them in hand."""
        with self._lock:
            some = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        if not some:
            return
        try:
            answers = self._work([one.asked for one in some])
            for one, answer in zip(some, answers, strict=True):
                one.answer.set_result(answer)
                one.woken.set()
        except BaseException as error:
            for one in some:
                if not one.answer.done():
                    one.answer.set_exception(error)
                one.woken.set()
