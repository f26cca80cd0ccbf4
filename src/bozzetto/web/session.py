"""`/api/v1/session`: a browser let in, by the printed address or by name and password."""

from __future__ import annotations

from typing import Annotated, Any, Self

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bozzetto import __version__
from bozzetto.app.accounts import SESSION
from bozzetto.web.access import Access, bearer
from bozzetto.web.entrance import Entrance
from bozzetto.web.log import audit
from bozzetto.web.state import TheAccess, TheCaller, TheEntrance

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/session", tags=["session"])

WRONG = "name or password is wrong"
"""What a wrong name is told, and a wrong password: who has an account is not to be found out."""

STALE = "this token lets nobody in here; open the newest address"
ELSEWHERE = "the token lets in by the loopback address alone; by this one log in to an account"

Password = Annotated[str, Field(max_length=1_000)]
Name = Annotated[str, Field(max_length=200)]


class Entry(BaseModel):
    """The token of the printed address, or an account's name and password."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Annotated[str, Field(max_length=200)] | None = None
    name: Name | None = None
    password: Password | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        given = (self.token is not None, self.name is not None, self.password is not None)
        if given not in ((True, False, False), (False, True, True)):
            raise ValueError("give token, or name and password")
        return self


class Passwords(BaseModel):
    """One's own password, and another in its place."""

    model_config = ConfigDict(extra="forbid", strict=True)

    old: Password
    new: Password


@router.get("")
async def who(caller: TheCaller, access: TheAccess) -> dict[str, Any]:
    """Who one is, and what one may do; `user` is null for the owner of this machine's files."""
    there = access.accounts.any()
    return {"user": caller.name, "role": caller.role, "accounts": there, "version": __version__}


@router.post("", status_code=204)
async def session(
    said: Entry, request: Request, access: TheAccess, entrance: TheEntrance
) -> Response:
    """Let a browser in: it gets a cookie that its scripts cannot read."""
    client = request.state.client
    name = None
    if said.token is None:
        name = await _account(access, entrance, said.name or "", said.password or "", client)
    elif not _owners(said.token, request, access):
        audit("login refused", client=client)
        raise HTTPException(401, STALE if not access.fits(said.token) else ELSEWHERE)
    secret = await run_in_threadpool(access.accounts.begin, name)
    audit("login", user=name, client=client)
    answer = Response(status_code=204)
    by_proxy = request.headers.get("origin", "").lower().startswith("https:")
    answer.set_cookie(
        access.cookie, secret, max_age=int(SESSION.total_seconds()),
        httponly=True, samesite="strict", path="/", secure=access.secure or by_proxy,
    )  # fmt: skip
    return answer


def _owners(token: str, request: Request, access: Access) -> bool:
    """Whether the owner of this machine's files asks, and from this machine."""
    host = access.host(request.scope, request.headers) or ""
    return access.fits(token) and access.local(request.scope, host)


async def _account(
    access: Access, entrance: Entrance, name: str, password: str, client: str
) -> str:
    """The account's name; what is no account's is not written down, for it may be a password."""
    found = await entrance.name(name, password, client)
    if found is None:
        audit("login refused", account=access.accounts.written(name), client=client)
        raise HTTPException(401, WRONG)
    return found


@router.delete("", status_code=204)
async def leave(request: Request, access: TheAccess) -> Response:
    """Log out: the cookie is worth nothing any more."""
    await run_in_threadpool(access.accounts.end, access.session(request.headers))
    answer = Response(status_code=204)
    answer.delete_cookie(access.cookie, path="/", httponly=True, samesite="strict")
    return answer


@router.put("/password", status_code=204)
async def password(
    said: Passwords,
    request: Request,
    caller: TheCaller,
    access: TheAccess,
    entrance: TheEntrance,
) -> Response:
    """Change one's own password; every browser of the account is logged out."""
    by_key = bearer(request.headers) is not None or not access.session(request.headers)
    if caller.name is None or by_key:
        raise HTTPException(403, "only who is logged in to an account has a password")
    client = request.state.client
    await _account(access, entrance, caller.name, said.old, client)
    await run_in_threadpool(access.accounts.set_password, caller.name, said.new)
    audit("password", user=caller.name, client=client)
    return Response(status_code=204)
