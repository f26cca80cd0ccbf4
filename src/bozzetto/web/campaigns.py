"""`/api/v1/campaigns`: boards, verdicts, undo."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from bozzetto.app.wire import board_json, verdict_json
from bozzetto.web.bodies import Id, Long, Title
from bozzetto.web.replays import Key
from bozzetto.web.state import TheAssistant, TheCaller, TheReplays, as_oneself

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])


class Said(BaseModel):
    """What a reviewer says of a picture; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid", strict=True)

    image: Id
    reviewer: Title
    keep: bool | None = None
    rating: int | None = None
    note: Long = ""


class Undo(BaseModel):
    """Whose last verdict is taken back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    reviewer: Title


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

    place = f"verdicts {name} {said.reviewer}"
    return replays.once(key, caller, place, said, make)


@router.post("/{name:path}/undo")
def undo(
    name: str, whose: Undo, a: TheAssistant, caller: TheCaller, replays: TheReplays, key: Key = None
) -> dict[str, Any]:
    """Take back a reviewer's last verdict: what stands of that picture now; null: none was left."""
    as_oneself(caller, whose.reviewer)

    def make() -> dict[str, Any]:
        verdict = a.campaigns.undo(name, reviewer=whose.reviewer)
        return {"verdict": verdict_json(verdict) if verdict else None}

    place = f"undo {name} {whose.reviewer}"
    return replays.once(key, caller, place, whose, make)
