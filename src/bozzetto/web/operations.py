"""`/api/v1/index`, `/config`, `/doctor`, `/backup`: how the installation stands, and its copy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse
from starlette.types import Receive, Scope, Send

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.clock import now
from bozzetto.app.doctor import examine
from bozzetto.app.wire import config_json, doctor_json, index_json
from bozzetto.web.answers import answer, heard
from bozzetto.web.log import redacted
from bozzetto.web.runs import OnEvent, answer_of
from bozzetto.web.scratch import scratch, swept
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import EVENTS

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["operations"])
Json = dict[str, Any]

DATABASE = "application/vnd.sqlite3"
COPY: dict[int | str, dict[str, Any]] = {
    200: {"content": {DATABASE: {"schema": {"type": "string", "format": "binary"}}}}
}


def _state(a: Assistant, *, verify: bool = False) -> Json:
    found = a.index.verify() if verify else a.index.status()
    return index_json(a.index.tier, found) | {"waiting": a.library.waiting()}


@router.get("/index", responses=EVENTS, response_model=None)
async def index(
    request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> Json | Response:
    """How each index stands, how much of the truth it finds, and how many prompts wait."""
    return await answer(lambda _, __: _state(a), request, runs, places)


@router.post("/index/build", responses=EVENTS, response_model=None)
async def build(
    request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces, embed: bool = True
) -> Json | Response:
    """Bring every index up to date with the library; stopped, it goes on the next time."""

    def work(hear: OnEvent, stop: Stop) -> Json:
        with heard(a, hear, stop):
            a.index.build(embed=embed)
        return _state(a)

    return await answer(work, request, runs, places)


@router.post("/index/verify", responses=EVENTS, response_model=None)
async def verify(
    request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> Json | Response:
    """Read every byte of the indexes, and say how each stands."""
    return await answer(lambda _, __: _state(a, verify=True), request, runs, places)


@router.get("/config")
def config(a: TheAssistant) -> Json:
    """Every setting in force and where its value came from; what is secret in it is left out."""
    return {name: _without_secrets(said) for name, said in config_json(a.settings).items()}


def _without_secrets(said: Json) -> Json:
    return {name: redacted(one) if isinstance(one, str) else one for name, one in said.items()}


@router.get("/doctor", responses=EVENTS, response_model=None)
async def doctor(
    request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> Json | Response:
    """Examine the installation and the library; nothing is changed."""
    return await answer(lambda _, __: doctor_json(examine(a.settings.home)), request, runs, places)


class _Passing(FileResponse):
    """A file that is gone once it was sent, or was not."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            await run_in_threadpool(swept, Path(self.path).parent)


@router.post("/backup", responses=COPY, response_class=FileResponse)
async def backup(request: Request, a: TheAssistant, runs: TheRuns) -> Response:
    """A whole and consistent copy of the library, as a file to keep; `restore` takes it back."""
    folder = await run_in_threadpool(scratch, a.settings.home)
    try:

        def work(_: OnEvent, __: Stop) -> Json:
            return {"path": str(a.backup(folder / "library.sqlite"))}

        made = await answer_of(runs.begin(work), request)
    except BaseException:
        swept(folder)
        raise
    stamp = "".join(c for c in now() if c.isdigit())[:14]
    return _Passing(made["path"], media_type=DATABASE, filename=f"library-{stamp}.sqlite")
