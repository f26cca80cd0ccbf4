"""`/api/v1/campaigns`: boards, verdicts, undo."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field

from bozzetto.app.wire import board_json, verdict_json
from bozzetto.web.state import TheAssistant, TheCaller, TheReplays, as_oneself

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=100)]


class Said(BaseModel):
    """What a reviewer says of a picture; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid", strict=True)

    image: str = Field(max_length=64)
    reviewer: str = Field(max_length=200)
    keep: bool | None = None
    rating: int | None = None
    note: str = ""


class Undo(BaseModel):
    """Whose last verdict is taken back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reviewer: str = Field(max_length=200)


@router.get("")
def campaigns(a: TheAssistant) -> dict[str, Any]:
    """Every campaign, the newest first."""
    return {"campaigns": [asdict(row) for row in a.campaigns.list()]}


@router.get("/{name:path}/board")
def board(
    name: str, reviewer: str, a: TheAssistant, caller: TheCaller, blind: bool = False
) -> dict[str, Any]:
    """A campaign as one reviewer sees it; who has an account sees it as themselves."""
    as_oneself(caller, reviewer)
    return board_json(a.campaigns.board(name, reviewer=reviewer, blind=blind))


@router.post("/{name:path}/verdicts")
def judge(
    name: str, said: Said, a: TheAssistant, caller: TheCaller, replays: TheReplays, key: Key = None
) -> dict[str, Any]:
    """Say something of a picture: what stands of it now."""
    as_oneself(caller, said.reviewer)
    given = said.model_dump(include=said.model_fields_set - {"image", "reviewer"})

    def make() -> dict[str, Any]:
        verdict = a.campaigns.judge(name, said.image, reviewer=said.reviewer, **given)
        return {"verdict": verdict_json(verdict)}

    return replays.once(key, (name, said.reviewer), make)


@router.post("/{name:path}/undo")
def undo(
    name: str, whose: Undo, a: TheAssistant, caller: TheCaller, replays: TheReplays, key: Key = None
) -> dict[str, Any]:
    """Take back a reviewer's last verdict: what stands of that picture now; null: none was left."""
    as_oneself(caller, whose.reviewer)

    def make() -> dict[str, Any]:
        verdict = a.campaigns.undo(name, reviewer=whose.reviewer)
        return {"verdict": verdict_json(verdict) if verdict else None}

    return replays.once(key, (name, whose.reviewer), make)
