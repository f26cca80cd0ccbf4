"""`/api/v1/campaigns`: campaigns from briefs, written idea by idea while others are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.briefs import LARGEST, read
from bozzetto.app.wire import summary_json
from bozzetto.errors import InputError
from bozzetto.types import Brief, Progress
from bozzetto.web.bodies import Body, Title, named, no_file
from bozzetto.web.drawer import Drawer
from bozzetto.web.problems import StoppedError
from bozzetto.web.replays import Key
from bozzetto.web.runs import OnEvent, Runs
from bozzetto.web.state import (
    TheAssistant,
    TheCaller,
    TheDrawer,
    ThePlaces,
    TheReplays,
    TheRuns,
    TheWritings,
)
from bozzetto.web.streams import EVENTS, EventStream, Places, wants_events
from bozzetto.web.writings import Writings

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])
Json = dict[str, Any]


class BriefBody(Body):
    """A brief: the text of a TOML file as `bozzetto campaign run` reads it, or an object.

    `name` is taken before the brief's own.
    """

    brief: Annotated[str, Field(max_length=LARGEST)] | dict[str, Any]
    name: Title | None = None

    def read(self) -> Brief:
        """The brief.

        Raises:
            InputError: it is none, has no name, or names a file or a server of nobody's.
        """
        found = read(self.brief, self.name)
        for field, check in _CHECKS.items():
            try:
                check(getattr(found, field) or "")
            except ValueError as error:
                raise InputError(f"the brief: {field}: {error}") from None
        return found


_CHECKS = {"profile": no_file, "chat": named, "images": named}


@router.post("/plan")
def plan(body: BriefBody, a: TheAssistant) -> Json:
    """How many pictures a brief asks for; nothing is kept."""
    found = body.read()
    pictures = a.campaigns.pictures(found)
    return {"name": found.name, "ideas": len(found.ideas), "pictures": pictures}


@router.post("", status_code=202, responses=EVENTS, response_model=None)
async def create(
    body: BriefBody,
    request: Request,
    answer: Response,
    a: TheAssistant,
    drawer: TheDrawer,
    runs: TheRuns,
    places: ThePlaces,
    writings: TheWritings,
    caller: TheCaller,
    replays: TheReplays,
    key: Key = None,
) -> Json | Response:
    """Write and draw a campaign: how it stands, and the run that writes it; or its events."""
    drawer.check()

    def make() -> Json:
        found = body.read()
        a.check(found.profile, found.chat)
        row = a.campaigns.begin(found)
        return _begun(a, row.id, drawer, runs, writings)

    def once() -> Json:
        return replays.once(key, caller, "campaigns", body, make)

    return await _told(once, request, answer, runs, places, writings)


@router.post("/{name:path}/resume", status_code=202, responses=EVENTS, response_model=None)
async def resume(
    name: str,
    request: Request,
    answer: Response,
    a: TheAssistant,
    drawer: TheDrawer,
    runs: TheRuns,
    places: ThePlaces,
    writings: TheWritings,
) -> Json | Response:
    """Write and draw what is left of a campaign, as after an interruption."""
    drawer.check()

    def once() -> Json:
        identity = a.campaigns.summary(name).id
        return _begun(a, identity, drawer, runs, writings)

    return await _told(once, request, answer, runs, places, writings)


def _begun(a: Assistant, campaign: str, drawer: Drawer, runs: Runs, writings: Writings) -> Json:
    """How a campaign stands as its writing begins, and the run that writes it."""
    standing = a.campaigns.summary(campaign)

    def write(hear: OnEvent, stop: Stop) -> Json:
        total = len(standing.brief["ideas"])
        for number, (idea, job) in enumerate(a.campaigns.write(campaign), 1):
            drawer.add(job)
            hear(Progress("write", number, total, message=idea))
            if stop.asked(0):
                raise StoppedError("it was stopped", hint="resume writes what is left")
        for job in a.campaigns.open_jobs(campaign):
            drawer.add(job)
        return summary_json(a.campaigns.summary(campaign))

    run = writings.begin(campaign, lambda: runs.begin(write))
    return summary_json(standing) | {"run": run.id}


async def _told(
    once: Callable[[], Json],
    request: Request,
    answer: Response,
    runs: Runs,
    places: Places,
    writings: Writings,
) -> Json | Response:
    """The campaign, or the events of its run; it goes on when nobody listens."""
    found = await run_in_threadpool(once)
    events = f"/api/v1/runs/{found['run']}/events"
    if wants_events(request):
        run = writings.get(found["id"]) or runs.get(found["run"])
        return EventStream(run.feed.listen(0), places.take(request), {"Location": events})
    answer.headers["Location"] = f"/api/v1/campaigns/{found['id']}"
    return found
