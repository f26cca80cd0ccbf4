"""`/api/v1/session`: the token of the printed address for a cookie that scripts cannot read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from bozzetto import __version__
from bozzetto.web.roles import Role
from bozzetto.web.state import TheAccess

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Token(BaseModel):
    """The token of the printed address."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(max_length=200)


@router.get("")
def whoever() -> dict[str, Any]:
    """Who one is; without accounts whoever has the token owns this machine's files."""
    return {"user": None, "role": Role.admin, "accounts": False, "version": __version__}


@router.post("", status_code=204)
def session(said: Token, access: TheAccess) -> Response:
    """Trade the token for a cookie."""
    if not access.fits(said.token):
        raise HTTPException(401, "this address is of an earlier start; open the newest")
    answer = Response(status_code=204)
    answer.set_cookie(access.cookie, access.token, httponly=True, samesite="strict", path="/")
    return answer
