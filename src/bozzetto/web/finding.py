"""`/api/v1/search` and `/library`: prompts found, listed, rated, deleted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query

from bozzetto.app.wire import record_json, search_json
from bozzetto.web.bodies import RatingBody, SearchBody
from bozzetto.web.state import TheAssistant

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["library"])
Json = dict[str, Any]
Sources = Annotated[list[str], Query(max_length=32)]
LARGEST = 2**53


@router.post("/search")
def search(body: SearchBody, a: TheAssistant) -> Json:
    """The prompts that fit an idea, best first; with `like` there need be no idea."""
    if body.idea is None and not body.like:
        raise HTTPException(422, "idea: say what you have in mind, or give like")
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
def library(
    a: TheAssistant,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    after: Annotated[int, Query(ge=0, le=LARGEST)] = 0,
    source: Sources = [],  # noqa: B006 - read only
) -> Json:
    """A page of prompts, oldest first; `next` is `after` of the following page, null at the end."""
    page, place = a.library.page(after, limit=limit, source=source)
    return {
        "total": a.library.count(source=source),
        "prompts": [record_json(record) for record in page],
        "next": place,
    }


@router.delete("/library")
def delete_source(source: str, a: TheAssistant) -> Json:
    """Delete a source, with all that was seen nowhere else."""
    return {"deleted": a.library.delete(source=source)}


@router.get("/library/{identity}")
def prompt(identity: str, a: TheAssistant) -> Json:
    """One prompt, whole."""
    return record_json(a.library.show([identity])[0])


@router.delete("/library/{identity}")
def delete(identity: str, a: TheAssistant) -> Json:
    """Delete a prompt."""
    return {"deleted": a.library.delete(ids=[identity])}


@router.put("/library/{identity}/rating")
def rate(identity: str, body: RatingBody, a: TheAssistant) -> Json:
    """Rate a prompt, 1 to 5; 0 takes that back."""
    return {"changed": a.library.rate([identity], body.rating)}
