"""`/api/v1/campaigns`: campaigns listed and shown, boards, verdicts, undo."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from bozzetto.app.wire import board_json, campaign_json, summary_json, verdict_json
from bozzetto.web.bodies import LARGEST_PLACE, Id, Long, Title
from bozzetto.web.replays import Key
from bozzetto.web.state import TheAssistant, TheCaller, TheReplays, TheWritings, as_oneself

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
def campaigns(
    a: TheAssistant,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 50,
    after: Annotated[int | None, Query(ge=0, le=LARGEST_PLACE)] = None,
) -> dict[str, Any]:
    """Campaigns in numbers, the newest first; `next` is `after` of the following page."""
    page, place = a.campaigns.page(after, limit=limit)
    return {"campaigns": [summary_json(one) for one in page], "next": place}


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


# What follows takes any name, and so stands behind all that is below one


@router.get("/{name:path}")
def campaign(name: str, a: TheAssistant) -> dict[str, Any]:
    """A campaign as it stands: its brief, its pictures, what was said, how far reviewers agree."""
    return campaign_json(a.campaigns.show(name))


@router.delete("/{name:path}")
def delete(name: str, a: TheAssistant, writings: TheWritings) -> dict[str, Any]:
    """Delete a campaign, its jobs and verdicts, and pictures that nothing else has."""
    writings.stop(a.campaigns.summary(name).id)
    return {"deleted": a.campaigns.delete(name)}
