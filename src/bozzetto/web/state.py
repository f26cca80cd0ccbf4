"""What every route may ask for: who calls, the assistant, what the server keeps while it runs."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, HTTPException, Request

from bozzetto.app import Assistant
from bozzetto.types import Caller
from bozzetto.web.access import Access
from bozzetto.web.drawer import Drawer
from bozzetto.web.entrance import Entrance
from bozzetto.web.replays import Replays
from bozzetto.web.runs import Runs
from bozzetto.web.streams import Places
from bozzetto.web.writings import Writings

__all__ = [
    "TheAccess",
    "TheAssistant",
    "TheCaller",
    "TheDrawer",
    "TheEntrance",
    "ThePlaces",
    "TheReplays",
    "TheRuns",
    "TheUploads",
    "TheWritings",
    "as_oneself",
]

ACTING = 1_000
"""Accounts for which the assistant is kept as they use it."""


async def _caller(request: Request) -> Caller:
    caller: Caller | None = request.state.caller
    if caller is None:  # the route is open: nobody need be known
        raise HTTPException(401, "nobody is logged in")
    return caller


async def _assistant(request: Request) -> Assistant:
    """The assistant, whose changes carry the name of the account that calls."""
    assistant: Assistant = request.app.state.assistant
    caller: Caller | None = request.state.caller
    if caller is None or caller.name is None:
        return assistant
    acting: dict[str, Assistant] = request.app.state.acting
    if caller.name not in acting:
        if len(acting) >= ACTING:
            acting.clear()
        acting[caller.name] = assistant.acting(caller.name)
    return acting[caller.name]


def as_oneself(caller: Caller, name: str) -> str:
    """The name under which somebody judges: an account's own, the owner's whichever it is.

    Raises:
        HTTPException: 403, it is somebody else's.
    """
    if caller.name is not None and name != caller.name:
        raise HTTPException(403, f"you are {caller.name}: judge under your own name")
    return name


async def _replays(request: Request) -> Replays:
    return cast(Replays, request.app.state.replays)


async def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)


async def _runs(request: Request) -> Runs:
    """The runs, of which an account has its own alone."""
    runs: Runs = request.app.state.runs
    caller: Caller | None = request.state.caller
    return runs.of(caller.name) if caller else runs


async def _drawer(request: Request) -> Drawer:
    return cast(Drawer, request.app.state.drawer)


async def _entrance(request: Request) -> Entrance:
    return cast(Entrance, request.app.state.entrance)


async def _places(request: Request) -> Places:
    return cast(Places, request.app.state.places)


async def _uploads(request: Request) -> Places:
    return cast(Places, request.app.state.uploads)


async def _writings(request: Request) -> Writings:
    return cast(Writings, request.app.state.writings)


TheAssistant = Annotated[Assistant, Depends(_assistant)]
TheCaller = Annotated[Caller, Depends(_caller)]
TheEntrance = Annotated[Entrance, Depends(_entrance)]
TheReplays = Annotated[Replays, Depends(_replays)]
TheAccess = Annotated[Access, Depends(_access)]
TheRuns = Annotated[Runs, Depends(_runs)]
TheDrawer = Annotated[Drawer, Depends(_drawer)]
ThePlaces = Annotated[Places, Depends(_places)]
TheUploads = Annotated[Places, Depends(_uploads)]
TheWritings = Annotated[Writings, Depends(_writings)]
