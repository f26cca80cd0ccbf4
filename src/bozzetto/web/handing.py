"""`/api/v1/campaigns/{name}`: exports, sheets, pairs for tuning, scores, the way to the library."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from bozzetto import Stop
from bozzetto.app.wire import image_json
from bozzetto.web.answers import answer, heard
from bozzetto.web.bodies import Backend, Body, Ids
from bozzetto.web.downloads import PDF, PNG, ZIP, attached, binary, download
from bozzetto.web.runs import OnEvent
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import EVENTS

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["campaigns"])
Json = dict[str, Any]
Layout = Literal["kohya", "imagefolder"]
Page = Annotated[int, Query(ge=1, le=10_000)]


class TakeBackBody(Body):
    """Of which pictures what was kept is taken back; without any, of all."""

    images: Ids | None = None


class ScoreBody(Body):
    """Who scores, as "clip:FOLDER", and how many of the best are told."""

    by: Backend
    best: Annotated[int, Field(ge=1, le=10_000)] | None = None


@router.get("/campaigns/{name:path}/export.zip", responses=binary(ZIP), response_class=FileResponse)
async def export(
    name: str, request: Request, a: TheAssistant, runs: TheRuns, only_kept: bool = False
) -> Response:
    """Pictures, prompts, manifests and a contact sheet, as `campaign export` writes them."""
    return await download(
        lambda path: a.campaigns.export(name, path, only_kept=only_kept),
        a.settings.home, request, runs, name=name, suffix=".zip", kind=ZIP,
    )  # fmt: skip


@router.get("/campaigns/{name:path}/tune.zip", responses=binary(ZIP), response_class=FileResponse)
async def tune(
    name: str,
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    layout: Layout = "kohya",
    concept: Annotated[str, Query(max_length=60)] = "style",
    repeats: Annotated[int, Query(ge=1, le=1_000)] = 10,
) -> Response:
    """Kept pictures with their prompts, to tune a model on them."""
    return await download(
        lambda path: a.campaigns.tune(
            name, path, layout=layout, concept=concept, repeats=repeats
        ),
        a.settings.home, request, runs, name=f"{name} tune", suffix=".zip", kind=ZIP,
    )  # fmt: skip


@router.get("/campaigns/{name:path}/sheet.pdf", responses=binary(PDF), response_class=FileResponse)
async def sheet(name: str, request: Request, a: TheAssistant, runs: TheRuns) -> Response:
    """The contact sheet: every picture, its prompt, what was said."""
    return await download(
        lambda path: a.campaigns.contact_sheet(name, path),
        a.settings.home, request, runs, name=name, suffix=".pdf", kind=PDF,
    )  # fmt: skip


@router.get("/campaigns/{name:path}/sheet.png", responses=binary(PNG), response_class=Response)
def sheet_page(name: str, a: TheAssistant, page: Page = 1) -> Response:
    """A page of the contact sheet; the header `X-Pages` says how many there are."""
    data, count = a.campaigns.contact_page(name, page)
    headers = {**attached(f"{name} {page}", ".png"), "X-Pages": str(count)}
    return Response(data, media_type=PNG, headers=headers)


@router.get("/jobs/{job}/sheet.png", responses=binary(PNG), response_class=Response)
def grid(job: str, a: TheAssistant) -> Response:
    """The grid of a job as one labelled picture, as far as it is drawn."""
    return Response(a.jobs.sheet(job), media_type=PNG, headers=attached(f"grid {job}", ".png"))


@router.get("/jobs/{job}/compare.png", responses=binary(PNG), response_class=Response)
def comparison(job: str, a: TheAssistant) -> Response:
    """The prompts of a job side by side, a row a seed, as far as it is drawn."""
    data = a.jobs.comparison(job)
    return Response(data, media_type=PNG, headers=attached(f"compare {job}", ".png"))


@router.get("/campaigns/{name:path}/missing")
def missing(name: str, a: TheAssistant) -> Json:
    """The pictures that were made and whose files are gone or damaged."""
    return {"missing": list(a.campaigns.missing(name))}


@router.post("/campaigns/{name:path}/keep", responses=EVENTS, response_model=None)
async def keep(
    name: str, request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> Json | Response:
    """Bring what reviewers keep into the library, rated; said again it changes nothing."""

    def work(hear: OnEvent, stop: Stop) -> Json:
        with heard(a, hear, stop):
            return asdict(a.campaigns.keep(name))

    return await answer(work, request, runs, places)


@router.post("/campaigns/{name:path}/take-back")
def take_back(name: str, a: TheAssistant, body: TakeBackBody | None = None) -> Json:
    """Have the library as it was before keep."""
    return {"taken_back": a.campaigns.take_back(name, images=body.images if body else None)}


@router.post("/campaigns/{name:path}/score", responses=EVENTS, response_model=None)
async def score(
    name: str, body: ScoreBody, request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> Json | Response:
    """Have a model score the pictures: the best first. It decides nothing."""

    def work(hear: OnEvent, stop: Stop) -> Json:
        with heard(a, hear, stop):
            found = a.campaigns.score(name, body.by)[: body.best]
        return {"images": [image_json(one) for one in found]}

    return await answer(work, request, runs, places)
