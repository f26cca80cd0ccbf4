"""Work that may go on side by side, or at once where threads cost more than they save."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

__all__ = ["beside"]

Given = ParamSpec("Given")
Result = TypeVar("Result")


class _Here(Executor):
    """Does what it is given at once, in the thread that gives it."""

    def submit(
        self, fn: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Future[Result]:
        done: Future[Result] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def beside(threads: int, *, long: bool) -> Executor:
    """So many threads for work that takes `long`; short work is done at once."""
    return ThreadPoolExecutor(threads) if long else _Here()
