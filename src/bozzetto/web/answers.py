"""How long work answers: one document at its end, or events while it lasts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.types import Progress
from bozzetto.web.problems import StoppedError
from bozzetto.web.runs import OnEvent, Run, Runs, Write, answer_of
from bozzetto.web.streams import EventStream, Places, wants_events

__all__ = ["answer", "answer_at", "heard", "stream"]

GRACE = 30.0
"""Seconds that a run goes on with nobody listening: whoever lost the connection comes again."""


async def answer(
    write: Write, request: Request, runs: Runs, places: Places
) -> dict[str, Any] | Response:
    """What a run answers, or its events where `Accept` asks for text/event-stream."""
    return await answer_at(places.take(request), write, request, runs)


async def answer_at(
    give_back: Callable[[], None], write: Write, request: Request, runs: Runs
) -> dict[str, Any] | Response:
    """The same at a place that was taken before; it is given back, however this ends."""
    try:
        run = runs.begin(write)
    except BaseException:
        give_back()
        raise
    if wants_events(request):
        return stream(run, give_back, 0)
    try:
        return JSONResponse(
            await answer_of(run, request)
        )  # FastAPI's own way takes 8 times as long
    finally:
        give_back()


def stream(run: Run, give_back: Callable[[], None], after: int) -> EventStream:
    """The events of a run after a number; left alone for long it stops."""

    def ended() -> None:
        give_back()
        asyncio.get_running_loop().call_later(GRACE, _stop_alone, run)

    headers = {"Location": f"/api/v1/runs/{run.id}/events"}
    return EventStream(run.feed.listen(after), ended, headers)


def _stop_alone(run: Run) -> None:
    if not run.feed.listeners:
        run.stop()


@contextmanager
def heard(a: Assistant, hear: OnEvent, stop: Stop) -> Iterator[None]:
    """Within it, what the assistant does is told as progress, and ends where a stop is asked.

    Raises:
        StoppedError: it was.
    """

    def tell(step: Progress) -> None:
        if stop.asked(0):
            raise StoppedError("it was stopped", hint="what was done is kept: ask again to go on")
        hear(step)

    with a.telling(tell):
        yield
