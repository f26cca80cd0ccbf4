"""Prompts being written and other long work, each call in a thread, heard by who asked for it."""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from copy import copy
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import HTTPException, Request

from bozzetto import Stop
from bozzetto.app.wire import candidate_json
from bozzetto.errors import BozzettoError
from bozzetto.types import Progress, WriteDelta, WriteDone, WriteEvent, WriteStopped
from bozzetto.web.feed import Feed
from bozzetto.web.problems import told_of

__all__ = ["OnEvent", "Run", "Runs", "Write", "answer_of"]

Json = dict[str, Any]
OnEvent = Callable[[WriteEvent | Progress], None]
Write = Callable[[OnEvent, Stop], Json]
"""What writes: it tells of events, may be stopped, and gives the answer."""

AT_ONCE, EACH = 24, 6
"""Runs at a time, in all and of one account; each has a connection to the library of its own."""

REMEMBERED = 64
"""Runs that are over and can still be heard."""

LOOK = 1.0
"""Seconds between two looks at whether the caller is still there."""

ENDS = (WriteDone, WriteStopped)
"""What is the last of a candidate."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """One call that writes. `over` gives its answer, or its error; `owner` is who began it."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    owner: str | None = None
    feed: Feed = field(default_factory=Feed)
    stop: Stop = field(default_factory=Stop)
    over: Future[Json] = field(default_factory=Future)
    _ended: set[int] = field(default_factory=set)
    _length: Counter[int] = field(default_factory=Counter)

    def hear(self, event: WriteEvent | Progress) -> None:
        """Tell of an event; a candidate has one end, and nothing comes after it."""
        if isinstance(event, Progress):
            self.feed.put("progress", asdict(event), passing=True, about=event.stage)
            return
        if event.index in self._ended:
            return
        if isinstance(event, ENDS):
            self._ended.add(event.index)
        name = type(event).__name__.removeprefix("Write").lower()
        self.feed.put(name, self._shape(event), passing=isinstance(event, WriteDelta))

    def _shape(self, event: WriteEvent) -> Json:
        if isinstance(event, WriteDone):
            return {"index": event.index, "candidate": candidate_json(event.candidate)}
        if not isinstance(event, WriteDelta):
            self._length[event.index] = 0
            return asdict(event)
        at = self._length[event.index]
        self._length[event.index] += len(event.text)
        return asdict(event) | {"at": at}

    def work(self, write: Write) -> Json:
        """Write; the last event is the result, or the error."""
        try:
            result = write(self.hear, self.stop)
        except Exception as error:
            if not isinstance(error, BozzettoError):
                _log.exception("a run failed")
            self.feed.put("error", told_of(error))
            raise
        else:
            self.feed.put("result", result)
            return result
        finally:
            self.feed.close()


class Runs:
    """The runs of a server."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="bozzetto-run")
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._owner: str | None = None

    def of(self, owner: str | None) -> Runs:
        """The same runs, as an account uses them: those of others are none to it."""
        found = copy(self)
        found._owner = owner
        return found

    def begin(self, write: Write) -> Run:
        """Begin to write.

        Raises:
            HTTPException: 429, as many run as may; 503, the server is about to end.
        """
        with self._lock:
            if self._closing.is_set():
                raise HTTPException(503, "the server is about to end")
            if self._full():
                detail = "as many prompts are being written as may at a time"
                raise HTTPException(429, detail, {"Retry-After": "5"})
            run = Run(owner=self._owner)
            run.over = self._pool.submit(run.work, write)
            self._runs[run.id] = run
            self._forget()
        return run

    def _full(self) -> bool:
        """Whether as many run as may, in all or of the account: one leaves room for others."""
        owners = [run.owner for run in self._runs.values() if not run.over.done()]
        own = self._owner is not None and owners.count(self._owner) >= EACH
        return own or len(owners) >= AT_ONCE

    def _forget(self) -> None:
        over = [name for name, run in self._runs.items() if run.over.done()]
        for name in over[:-REMEMBERED]:
            del self._runs[name]

    def get(self, name: str) -> Run:
        """A run by its id.

        Raises:
            HTTPException: 404, there is none, or it was long ago.
        """
        with self._lock:
            found = self._runs.get(name)
        if found is None or self._owner not in (None, found.owner):
            raise HTTPException(404, "no such run is remembered")
        return found

    def drain(self) -> None:
        """Stop all that run, and begin no more."""
        with self._lock:
            self._closing.set()
            runs = list(self._runs.values())
        for run in runs:
            run.stop()

    def close(self) -> None:
        """Stop all, and wait until they have ended."""
        self.drain()
        self._pool.shutdown(cancel_futures=True)


async def answer_of(run: Run, request: Request) -> Json:
    """The answer of a run, which stops where the caller goes away."""
    over = asyncio.wrap_future(run.over)
    while not over.done():
        await asyncio.wait([over], timeout=LOOK)
        if not over.done() and await request.is_disconnected():
            run.stop()
            break
    return await over
