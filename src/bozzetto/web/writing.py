"""`/api/v1/optimize`, `/runs`, `/candidates`: prompts written, heard while they come, explained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.explaining import explained_json, explanation_json
from bozzetto.app.wire import candidate_json, optimize_json
from bozzetto.types import OptimizeResult
from bozzetto.web.answers import answer, stream
from bozzetto.web.bodies import OptimizeBody, RefineBody, RegenerateBody, StopBody
from bozzetto.web.runs import OnEvent, Write
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import EVENTS, LastEvent

__all__ = ["router", "writer"]

router = APIRouter(prefix="/api/v1", tags=["optimize"])


@router.post("/optimize", responses=EVENTS, response_model=None)
async def optimize(
    body: OptimizeBody, request: Request, a: TheAssistant, runs: TheRuns, places: ThePlaces
) -> dict[str, Any] | Response:
    """Write prompts: one document, or events where `Accept` asks for text/event-stream."""
    return await answer(writer(a, body), request, runs, places)


@router.post("/optimize/{candidate}/refine", responses=EVENTS, response_model=None)
async def refine(
    candidate: str,
    body: RefineBody,
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    places: ThePlaces,
) -> dict[str, Any] | Response:
    """Change a kept candidate by a wish; all else in it stays."""
    asked = body.model_dump()

    def write(hear: OnEvent, stop: Stop) -> dict[str, Any]:
        return optimize_json(a.refine(candidate, **asked, on_event=hear, stop=stop))

    return await answer(write, request, runs, places)


@router.post("/optimize/{candidate}/regenerate", responses=EVENTS, response_model=None)
async def regenerate(
    candidate: str,
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    places: ThePlaces,
    body: RegenerateBody | None = None,
) -> dict[str, Any] | Response:
    """Write another in a kept candidate's place, with a new seed."""
    asked = (body or RegenerateBody()).model_dump()

    def write(hear: OnEvent, stop: Stop) -> dict[str, Any]:
        return optimize_json(a.regenerate(candidate, **asked, on_event=hear, stop=stop))

    return await answer(write, request, runs, places)


@router.get("/runs/{run}/events", responses=EVENTS, response_model=None)
async def events(
    run: str, request: Request, runs: TheRuns, places: ThePlaces, last: LastEvent = None
) -> Response:
    """The events of a run after the one named by `Last-Event-ID`; its answer comes last."""
    return stream(runs.get(run), places.take(request), int(last or 0))


@router.post("/runs/{run}/stop", status_code=204)
def stop(run: str, runs: TheRuns, body: StopBody | None = None) -> Response:
    """Stop a candidate that is being written, or all; what is finished stays."""
    runs.get(run).stop(body.index if body else None)
    return Response(status_code=204)


@router.get("/candidates/{candidate}")
def candidate(candidate: str, a: TheAssistant) -> dict[str, Any]:
    """A kept candidate and the idea that it was written from."""
    found = a.explain(candidate)
    return candidate_json(found.candidate) | {"idea": found.idea}


@router.get("/candidates/{candidate}/explain")
def explain(candidate: str, a: TheAssistant) -> dict[str, Any]:
    """Why a kept candidate reads as it does."""
    return explanation_json(a.explain(candidate))


def writer(a: Assistant, body: OptimizeBody) -> Write:
    """What writes as a body asks."""
    as_json: Callable[[OptimizeResult], dict[str, Any]]
    as_json = explained_json if body.explain else optimize_json

    def write(hear: OnEvent, stop: Stop) -> dict[str, Any]:
        found = a.optimize(
            body.idea, n=body.n, k=body.k, pick=body.pick, prefer=body.prefer,
            wishes=body.wishes(), strength=body.strength, template=body.template,
            values=body.values, profile=body.profile, chat=body.chat, seed=body.seed,
            filters=body.record(), save=body.save, cache=body.cache, on_event=hear, stop=stop,
        )  # fmt: skip
        return as_json(found)

    return write
