"""What every route may ask for: the assistant, and what the server keeps while it runs."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from bozzetto.app import Assistant
from bozzetto.web.access import Access
from bozzetto.web.drawer import Drawer
from bozzetto.web.replays import Replays
from bozzetto.web.runs import Runs
from bozzetto.web.streams import Places

__all__ = ["TheAccess", "TheAssistant", "TheDrawer", "ThePlaces", "TheReplays", "TheRuns"]


def _assistant(request: Request) -> Assistant:
    return cast(Assistant, request.app.state.assistant)


def _replays(request: Request) -> Replays:
    return cast(Replays, request.app.state.replays)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)


def _runs(request: Request) -> Runs:
    return cast(Runs, request.app.state.runs)


def _drawer(request: Request) -> Drawer:
    return cast(Drawer, request.app.state.drawer)


def _places(request: Request) -> Places:
    return cast(Places, request.app.state.places)


TheAssistant = Annotated[Assistant, Depends(_assistant)]
TheReplays = Annotated[Replays, Depends(_replays)]
TheAccess = Annotated[Access, Depends(_access)]
TheRuns = Annotated[Runs, Depends(_runs)]
TheDrawer = Annotated[Drawer, Depends(_drawer)]
ThePlaces = Annotated[Places, Depends(_places)]
