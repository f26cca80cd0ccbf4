"""`/api/v1/accounts`: who may use this home over the network."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from bozzetto.types import AccountRole
from bozzetto.web.log import audit
from bozzetto.web.state import TheAssistant

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])
Json = dict[str, Any]
Password = Annotated[str, Field(max_length=1_000)]
Text = Annotated[str, Field(max_length=200)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewAccount(_Body):
    """A new account."""

    name: Text
    role: AccountRole
    password: Password


class Changed(_Body):
    """What of an account changes."""

    role: AccountRole | None = None
    password: Password | None = None


class NewKey(_Body):
    """A key for a program; `until` is a day or a time, UTC."""

    role: AccountRole
    label: Text = ""
    until: Text | None = None


@router.get("")
def accounts(a: TheAssistant) -> Json:
    """Every account, by name."""
    return {"accounts": [asdict(one) for one in a.accounts.list()]}


@router.post("", status_code=201)
def add(said: NewAccount, a: TheAssistant, request: Request) -> Json:
    """Make an account; the first is an admin's."""
    a.accounts.add(said.name, said.password, said.role)
    _note(request, "account add", account=said.name, role=said.role)
    return accounts(a)


@router.patch("/{name}")
def change(name: str, said: Changed, a: TheAssistant, request: Request) -> Json:
    """Give an account another role or password, at once."""
    if said.role is None and said.password is None:
        raise HTTPException(422, "give role or password")
    if said.role is not None:
        a.accounts.set_role(name, said.role)
        _note(request, "account role", account=name, role=said.role)
    if said.password is not None:
        a.accounts.set_password(name, said.password)
        _note(request, "account password", account=name)
    return accounts(a)


@router.delete("/{name}")
def remove(name: str, a: TheAssistant, request: Request) -> Json:
    """Remove an account, its sessions and its keys."""
    a.accounts.remove(name)
    _note(request, "account remove", account=name)
    return accounts(a)


@router.get("/{name}/keys")
def keys(name: str, a: TheAssistant) -> Json:
    """An account's keys, the newest first; never their secrets."""
    return {"keys": [asdict(one) for one in a.accounts.keys(name)]}


@router.post("/{name}/keys", status_code=201)
def add_key(name: str, said: NewKey, a: TheAssistant, request: Request) -> Json:
    """Make a key; its secret is in this answer and nowhere else."""
    key, secret = a.accounts.add_key(name, said.role, label=said.label, until=said.until)
    _note(request, "key add", account=key.account, role=key.role, key=key.id)
    return {"key": asdict(key), "secret": secret}


@router.delete("/{name}/keys/{key}")
def revoke_key(name: str, key: str, a: TheAssistant, request: Request) -> Json:
    """Take a key back, at once."""
    if key not in {one.id for one in a.accounts.keys(name)}:
        raise HTTPException(404, "the account has no such key")
    a.accounts.revoke_key(key)
    _note(request, "key revoke", account=name, key=key)
    return keys(name, a)


@router.get("/{name}/sessions")
def sessions(name: str, a: TheAssistant) -> Json:
    """The browsers in which an account is logged in, the newest first."""
    return {"sessions": [asdict(one) for one in a.accounts.sessions(name)]}


@router.delete("/{name}/sessions")
def log_out(name: str, a: TheAssistant, request: Request) -> Json:
    """Log an account out everywhere, at once."""
    ended = a.accounts.log_out(name)
    _note(request, "account logout", account=name)
    return {"ended": ended}


def _note(request: Request, action: str, **said: str) -> None:
    caller = request.state.caller
    audit(action, user=caller.name, client=request.state.client, **said)
