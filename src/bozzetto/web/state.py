"""What every route may ask for: the assistant, and the answers that may be asked for again."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from bozzetto.app import Assistant
from bozzetto.web.access import Access
from bozzetto.web.replays import Replays

__all__ = ["TheAccess", "TheAssistant", "TheReplays"]


def _assistant(request: Request) -> Assistant:
    return cast(Assistant, request.app.state.assistant)


def _replays(request: Request) -> Replays:
    return cast(Replays, request.app.state.replays)


def _access(request: Request) -> Access:
    return cast(Access, request.app.state.access)


TheAssistant = Annotated[Assistant, Depends(_assistant)]
TheReplays = Annotated[Replays, Depends(_replays)]
TheAccess = Annotated[Access, Depends(_access)]
