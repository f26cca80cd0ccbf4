"""`/api/v1/index`, `/config`, `/doctor`, `/backup`: how the installation stands, and its copy."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.clock import now
from bozzetto.app.doctor import examine
from bozzetto.app.wire import config_json, doctor_json, index_json
from bozzetto.web.answers import answer, heard
from bozzetto.web.downloads import binary, download
from bozzetto.web.log import redacted
from bozzetto.web.runs import OnEvent
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import EVENTS

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["operations"])
Json = dict[str, Any]

DATABASE = "application/vnd.sqlite3"


def _state(a: Assistant, *, verify: bool = False) -> Json:
    found = a.index.verify() if verify else a.index.status()
    return index_json(a.index, found) | {"waiting": a.library.waiting()}


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


@router.post("/backup", responses=binary(DATABASE), response_class=FileResponse)
async def backup(request: Request, a: TheAssistant, runs: TheRuns) -> Response:
    """A whole and consistent copy of the library, as a file to keep; `restore` takes it back."""
    stamp = "".join(c for c in now() if c.isdigit())[:14]
    return await download(
        a.backup, a.settings.home, request, runs,
        name=f"library-{stamp}", suffix=".sqlite", kind=DATABASE,
    )  # fmt: skip
