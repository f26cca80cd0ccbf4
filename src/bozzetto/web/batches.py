"""`/api/v1/batch`: many ideas as lines of a body, an answer a line, in order, as they are made."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextvars import copy_context
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from bozzetto import Stop
from bozzetto.app.batch import BatchRequest, over, run_batch
from bozzetto.errors import InputError
from bozzetto.web.bodies import BatchOptimizeQuery, BatchSearchQuery, OptimizeBody, SearchBody
from bozzetto.web.finding import found_json
from bozzetto.web.lines import JSON_LINES, MEDIA_TYPE, LineStream, line
from bozzetto.web.problems import StoppedError, told_of
from bozzetto.web.runs import Run, Runs
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import Places
from bozzetto.web.writing import writer

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/batch", tags=["batch"])
Json = Mapping[str, Any]
Body = TypeVar("Body", bound=BaseModel)
Answer = Callable[[BatchRequest, Stop], Json]

AHEAD = 16
"""Answers that are made before somebody reads them."""

LOOK = 1.0
"""Seconds between two looks at whether the work is to stop."""

BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}


@router.post("/search", responses=JSON_LINES, response_model=None, openapi_extra=BODY)
async def search(
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    places: ThePlaces,
    asked: Annotated[BatchSearchQuery, Query()],
) -> Response:
    """Search each line's idea; a line is text, or an object with `idea`, and may say `k`."""
    base = asked.model_dump()

    def answer(said: BatchRequest, _: Stop) -> Json:
        wanted = {"idea": said.idea} | ({} if said.k is None else {"k": said.k})
        return found_json(a, _checked(SearchBody, base | wanted))

    return await _answered(request, runs, places, answer)


@router.post("/optimize", responses=JSON_LINES, response_model=None, openapi_extra=BODY)
async def optimize(
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    places: ThePlaces,
    asked: Annotated[BatchOptimizeQuery, Query()],
) -> Response:
    """Write from each line's idea; a line's own `n`, `pick`, wishes and so on come first."""
    base = asked.model_dump()
    caller = copy_context()  # the lines are read in another thread
    silent = BatchRequest(
        "", seed=asked.seed, n=asked.n, prefer=asked.prefer, profile=asked.profile
    )

    def answer(said: BatchRequest, stop: Stop) -> Json:
        whole = asdict(over(silent, said))
        wishes = whole.pop("wishes")
        lists = {name: _several(wishes[name]) for name in wishes if name != "aspect"}
        whole |= wishes | lists | {"pick": list(whole["pick"])}
        wanted = {name: value for name, value in whole.items() if value is not None}
        return writer(a, caller.run(_checked, OptimizeBody, base | wanted))(_unheard, stop)

    return await _answered(request, runs, places, answer)


def _unheard(_: object) -> None:
    """Lines tell of no drafts."""


def _several(wish: str | Sequence[str]) -> list[str]:
    """A wish as a list."""
    return [wish] if isinstance(wish, str) else list(wish)


def _checked(kind: type[Body], said: Json) -> Body:
    """What a line says, held against what the route of the same name takes.

    Raises:
        InputError: it takes something else; files of the machine among that.
    """
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InputError(f"{place}: {first['msg']}") from None


async def _answered(request: Request, runs: Runs, places: Places, answer: Answer) -> Response:
    """The answers as lines; what goes wrong before the first is a problem."""
    try:
        body = io.BytesIO(await request.body())
    except ClientDisconnect:
        raise HTTPException(400, "the lines were broken off") from None
    give_back = places.take(request)
    try:
        made = _Made()
        run = runs.begin(lambda _, stop: made.make(body, answer, stop))
        try:
            first = await made.next()
        except BaseException:
            run.stop()
            raise
    except BaseException:
        give_back()
        raise
    return LineStream(made.lines(first), lambda: _end(run, give_back))


def _end(run: Run, give_back: Callable[[], None]) -> None:
    run.stop()
    give_back()


class _Made:
    """Answers on their way from the thread that makes them to the loop that sends them."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Queue[Json | Exception | None] = asyncio.Queue()
        self._room = threading.Semaphore(AHEAD)

    def make(self, body: io.BytesIO, answer: Answer, stop: Stop) -> dict[str, Any]:
        """Answer every line; the last that is put is the error, or None."""
        count = 0
        end: Exception | None = None
        try:
            for shape, _ in run_batch(body, lambda said: answer(said, stop)):
                self._wait(stop)
                self._put(shape)
                count += 1
        except Exception as error:
            end = error
            raise
        finally:
            self._put(end)
        return {"lines": count}

    def _wait(self, stop: Stop) -> None:
        """Wait until somebody has read enough.

        Raises:
            StoppedError: nobody reads any more, or the server ends.
        """
        while not self._room.acquire(timeout=LOOK) and not stop.asked(0):
            pass
        if stop.asked(0):
            raise StoppedError("it was stopped", hint="send the other lines again")

    def _put(self, item: Json | Exception | None) -> None:
        self._loop.call_soon_threadsafe(self._waiting.put_nowait, item)

    async def next(self) -> Json | None:
        """The next answer, None after the last; an error instead of it is raised."""
        found = await self._waiting.get()
        self._room.release()
        if isinstance(found, Exception):
            raise found
        return found

    async def lines(self, found: Json | None) -> AsyncIterator[str]:
        """The answers from one on, each as a line; an error is the last of them."""
        try:
            while found is not None:
                yield line(found)
                found = await self.next()
        except Exception as error:
            told = told_of(error)
            yield line({"idea": None, "error": {"code": told["code"], "message": told["detail"]}})
