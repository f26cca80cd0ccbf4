"""The application: routes, errors and the guard around an assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI

from bozzetto import __version__
from bozzetto.app import Assistant
from bozzetto.web import campaigns, page, pictures, problems, session
from bozzetto.web.access import Access, Guard
from bozzetto.web.replays import Replays

__all__ = ["make_app"]

THREADS = 8
"""Requests that are worked on at a time; each has a connection to the library of its own."""


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield


def make_app(assistant: Assistant, access: Access) -> FastAPI:
    """The pages and the API of an opened home; who may call is said by `access`."""
    app = FastAPI(
        title="bozzetto",
        version=__version__,
        docs_url=None,  # they fetch scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.assistant = assistant
    app.state.replays = Replays()
    app.state.access = access
    for room in (page, session, campaigns, pictures):
        app.include_router(room.router)
    problems.install(app)
    app.add_middleware(Guard, access=access)
    return app
