"""`/api/v1/generate`, `/compare`, `/jobs`: pictures asked for, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.wire import job_json, optimize_json
from bozzetto.web.bodies import LARGEST_PLACE, CompareBody, GenerateBody
from bozzetto.web.drawer import CLOSING, Drawer, job_shape
from bozzetto.web.feed import Event
from bozzetto.web.replays import Key
from bozzetto.web.runs import OnEvent, answer_of
from bozzetto.web.state import TheAssistant, TheCaller, TheDrawer, ThePlaces, TheReplays, TheRuns
from bozzetto.web.streams import EVENTS, EventStream, LastEvent

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["pictures"])
Json = dict[str, Any]
State = Literal["waiting", "running", "done", "cancelled"]

FEW = 4
"""Seeds of a prompt, where nobody says how many."""

LOOK = 1.0
"""Seconds between two looks at a job that somebody else draws."""


@router.post("/generate", status_code=202)
def generate(
    body: GenerateBody,
    answer: Response,
    a: TheAssistant,
    drawer: TheDrawer,
    caller: TheCaller,
    replays: TheReplays,
    key: Key = None,
) -> Json:
    """Have pictures drawn: the job they wait in. The same key asks for them once."""
    drawer.check()

    def make() -> str:
        return a.jobs.add(
            body.asked(),
            prompt=body.prompt,
            candidates=body.candidate,
            again=body.again,
            n=body.n or (1 if body.grid or body.again else FEW),
            seed=body.seed,
            grid=body.grid or None,  # type: ignore[arg-type]
            compare=body.compare,
            campaign=body.campaign,
        )

    found = replays.once(key, caller, "generate", body, lambda: _begun(a, drawer, make()))
    answer.headers["Location"] = f"/api/v1/jobs/{found['id']}"
    return found


@router.post("/compare", status_code=202)
async def compare(
    body: CompareBody,
    request: Request,
    answer: Response,
    a: TheAssistant,
    drawer: TheDrawer,
    runs: TheRuns,
    caller: TheCaller,
    replays: TheReplays,
    key: Key = None,
) -> Json:
    """Write candidates, then have idea, hit and candidates drawn with the same seeds."""

    def make(stop: Stop) -> Json:
        written = a.optimize(
            body.idea, n=body.n, pick=body.pick, profile=body.profile, chat=body.chat,
            seed=body.seed, stop=stop,
        )  # fmt: skip
        seeds = range(body.seed, body.seed + body.seeds)
        job = a.jobs.add_comparison(written, body.asked(), seeds, body.campaign)
        return optimize_json(written) | {"job": _begun(a, drawer, job)}

    def write(_: OnEvent, stop: Stop) -> Json:
        return replays.once(key, caller, "compare", body, lambda: make(stop))

    drawer.check()
    found = await answer_of(runs.begin(write), request)
    answer.headers["Location"] = f"/api/v1/jobs/{found['job']['id']}"
    return found


@router.get("/jobs")
def jobs(
    a: TheAssistant,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 20,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_PLACE)] = None,
    state: Annotated[list[State], Query(max_length=4)] = [],  # noqa: B006 - read only
) -> Json:
    """Jobs, the newest first; `next` is `after` of the following page, null at the end."""
    page, place = a.jobs.page(after, states=state, limit=limit)
    return {"jobs": [job_json(job) for job in page], "next": place}


@router.get("/jobs/{job}")
def job(job: str, a: TheAssistant) -> Json:
    """A job and the pictures there are of it."""
    return job_shape(a, job)


@router.post("/jobs/{job}/cancel")
def cancel(job: str, a: TheAssistant) -> Json:
    """Make no more of a job; what is made stays."""
    return {"cancelled": a.jobs.cancel(job)}


@router.post("/jobs/{job}/retry", status_code=202)
def retry(job: str, a: TheAssistant, drawer: TheDrawer) -> Json:
    """Have what failed or was cancelled drawn once more."""
    drawer.check()
    waiting = a.jobs.retry(job)
    drawer.add(job)
    return {"waiting": waiting}


@router.post("/jobs/{job}/resume", status_code=202)
def resume(job: str, a: TheAssistant, drawer: TheDrawer) -> Json:
    """Have what is still open drawn, as after an interruption."""
    drawer.check()
    shape = job_json(a.jobs.show(job)[0])
    drawer.add(job)
    return shape


@router.get("/jobs/{job}/events", responses=EVENTS, response_model=None)
async def events(
    job: str,
    request: Request,
    a: TheAssistant,
    drawer: TheDrawer,
    places: ThePlaces,
    last: LastEvent = None,
) -> Response:
    """What happens to a job after `Last-Event-ID`; the last event is the job as it then is."""
    await run_in_threadpool(a.jobs.show, job)
    give_back = places.take(request)
    feed = drawer.feed(job)
    found = feed.listen(int(last or 0)) if feed else _watched(a, job, drawer)
    return EventStream(found, give_back)


async def _watched(a: Assistant, job: str, drawer: Drawer) -> AsyncIterator[Event | None]:
    """A job that another program draws, or drew: how it stands, whenever that changes."""
    before, number = None, 0
    while True:
        shape = await run_in_threadpool(job_shape, a, job)
        over = shape["state"] in ("done", "cancelled")
        if shape == before and not over:
            yield None
        else:
            number += 1
            yield Event(number, "result" if over else "job", json.dumps(shape))
        if over:
            return
        before = shape
        await asyncio.sleep(LOOK)
        if drawer.ending:
            yield Event(number + 1, "error", json.dumps(CLOSING))
            return


def _begun(a: Assistant, drawer: Drawer, job: str) -> Json:
    """Have a job drawn: the job as it stands before that."""
    shape = job_json(a.jobs.show(job)[0])
    drawer.add(job)
    return shape
