"""`/api/v1/search` and `/library`: prompts found, listed, edited, rated, deleted, exported."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from bozzetto.app import Assistant
from bozzetto.app.wire import record_json, search_json, stats_json
from bozzetto.web.bodies import EditBody, FilterQuery, LibraryQuery, RatingBody, SearchBody
from bozzetto.web.lines import JSON_LINES, LineStream, pieces
from bozzetto.web.state import TheAssistant, ThePlaces

__all__ = ["found_json", "router"]

router = APIRouter(prefix="/api/v1", tags=["library"])
Json = dict[str, Any]


@router.post("/search", response_model=Json)
def search(body: SearchBody, a: TheAssistant) -> Response:
    """The prompts that fit an idea, best first; with `like` there need be no idea."""
    if body.idea is None and not body.like:
        raise HTTPException(422, "idea: say what you have in mind, or give like")
    # As it is: looking for values that are no JSON among a hundred takes longer than writing them.
    return JSONResponse(found_json(a, body))


def found_json(a: Assistant, body: SearchBody) -> Json:
    """What a search answers."""
    found = a.search(
        body.idea,
        body.k,
        like=body.like,
        unlike=body.unlike,
        by=body.by,
        explain=body.explain,
        filters=body.record(),
    )
    return search_json(found, explain=body.explain, facets=body.facets)


@router.get("/library")
def library(a: TheAssistant, asked: Annotated[LibraryQuery, Query()]) -> Json:
    """A page of prompts, oldest first; `next` is `after` of the following page, null at the end."""
    filters = asked.record()
    page, place = a.library.page(asked.after, limit=asked.limit, filters=filters)
    return {
        "total": a.library.count(filters),
        "prompts": [record_json(record) for record in page],
        "next": place,
    }


@router.get("/library/export", responses=JSON_LINES, response_model=None)
def export(
    request: Request, a: TheAssistant, places: ThePlaces, asked: Annotated[FilterQuery, Query()]
) -> Response:
    """The prompts as JSON Lines, which `import` reads back."""
    rows = a.library.export(asked.record())
    headers = {"Content-Disposition": 'attachment; filename="library.jsonl"'}
    return LineStream(pieces(rows), places.take(request), headers)


@router.get("/stats")
def stats(a: TheAssistant) -> Json:
    """The library in numbers, and what filters can ask for."""
    return stats_json(*a.library.stats())


@router.delete("/library")
def delete_source(source: str, a: TheAssistant) -> Json:
    """Delete a source, with all that was seen nowhere else."""
    return {"deleted": a.library.delete(source=source)}


@router.get("/library/{identity}")
def prompt(identity: str, a: TheAssistant) -> Json:
    """One prompt, whole."""
    return record_json(a.library.show([identity])[0])


@router.get("/library/{identity}/variants")
def variants(identity: str, a: TheAssistant) -> Json:
    """The prompts that are nearly the same as one."""
    return {"prompts": [record_json(record) for record in a.library.variants(identity)]}


@router.patch("/library/{identity}")
def edit(identity: str, body: EditBody, a: TheAssistant) -> Json:
    """Change a prompt; other words are another prompt, with a new id."""
    found = a.library.edit(identity, body.prompt, negative=body.negative, tags=body.tags)
    return record_json(found)


@router.delete("/library/{identity}")
def delete(identity: str, a: TheAssistant) -> Json:
    """Delete a prompt."""
    return {"deleted": a.library.delete(ids=[identity])}


@router.put("/library/{identity}/rating")
def rate(identity: str, body: RatingBody, a: TheAssistant) -> Json:
    """Rate a prompt, 1 to 5; 0 takes that back."""
    return {"changed": a.library.rate([identity], body.rating)}
