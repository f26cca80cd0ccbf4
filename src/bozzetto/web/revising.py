"""`/api/v1/candidates/{id}/revise` and `/tokens`: a prompt as its user edits it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from bozzetto.app.wire import candidate_json
from bozzetto.web.bodies import ReviseBody, TokensBody
from bozzetto.web.state import TheAssistant

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["optimize"])
Json = dict[str, Any]


@router.post("/candidates/{candidate}/revise")
def revise(candidate: str, body: ReviseBody, a: TheAssistant) -> Json:
    """Keep a candidate as its user edited it, under an id of its own; the old one stays."""
    found = a.revise(candidate, body.prompt, body.negative)
    return candidate_json(found) | {"idea": a.explain(found.id).idea}


@router.post("/tokens")
def tokens(body: TokensBody, a: TheAssistant) -> Json:
    """How many tokens a prompt has, and how many the model of a profile reads, by encoder."""
    return {
        "tokens": dict(a.tokens(body.prompt, body.profile)),
        "limits": dict(a.token_limits(body.profile)),
    }
