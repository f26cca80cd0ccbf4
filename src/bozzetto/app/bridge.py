"""From synchronous callers to asynchronous ports: the one place where an event loop starts."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event
from typing import Any, TypeVar

__all__ = ["run"]

T = TypeVar("T")

_LOOK = 0.1
"""Seconds between two looks at whether the caller was told to stop."""


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end and give its result.

    An interrupt (Ctrl-C) cancels it, waits until it has let go of its connections, and
    goes on as KeyboardInterrupt. Where a loop runs already, as in a notebook, the work gets
    a thread with a loop of its own.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _beside(work)


def _beside(work: Coroutine[Any, Any, T]) -> T:
    started = Event()
    tasks: list[asyncio.Task[T]] = []

    async def main() -> T:
        task = asyncio.ensure_future(work)
        tasks.append(task)
        started.set()
        return await task

    outer = asyncio.current_task()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="bozzetto-chat") as pool:
        future = pool.submit(asyncio.run, main())
        try:
            # The outer loop cannot run while we wait: whether it was told to stop is asked.
            while not wait([future], timeout=_LOOK).done:
                if outer and outer.cancelling():
                    raise asyncio.CancelledError
            return future.result()
        except (KeyboardInterrupt, asyncio.CancelledError):
            started.wait()
            if not future.done():
                tasks[0].get_loop().call_soon_threadsafe(tasks[0].cancel)
            raise
