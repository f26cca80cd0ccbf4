"""The application: routes, errors and the guard around an assistant."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio.to_thread
from fastapi import Depends, FastAPI

from bozzetto import Stop, __version__
from bozzetto.app import Assistant
from bozzetto.web import (
    accounts,
    batches,
    briefs,
    campaigns,
    choices,
    drawing,
    finding,
    handing,
    health,
    intake,
    operations,
    page,
    pictures,
    problems,
    revising,
    session,
    writing,
)
from bozzetto.web.access import Access
from bozzetto.web.answers import heard
from bozzetto.web.described import describe
from bozzetto.web.drawer import Drawer
from bozzetto.web.entrance import Entrance
from bozzetto.web.guard import Guard, Routes, as_let_in
from bozzetto.web.limits import Rates
from bozzetto.web.replays import Replays
from bozzetto.web.runs import Json, OnEvent, Runs
from bozzetto.web.streams import Places
from bozzetto.web.writings import Writings

__all__ = ["ROOMS", "drain", "make_app", "prepare"]

ROOMS = (
    page,
    health,
    session,
    accounts,
    briefs,
    handing,
    campaigns,
    pictures,
    finding,
    intake,
    writing,
    revising,
    batches,
    operations,
    drawing,
    choices,
)

FIRST = ("an idea", "un'idea")
"""What is searched for at the start: English and another language read different models."""

THREADS = 36
"""Requests that are taken in hand at a time, each with a connection to the library of its own.
Two times sixteen ideas are searched for in one go (search/engine.py): with fewer, fewer are."""


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    yield
    await anyio.to_thread.run_sync(_end, app)


def _end(app: FastAPI) -> None:
    app.state.runs.close()
    app.state.drawer.close()


def make_app(assistant: Assistant, access: Access) -> FastAPI:
    """The pages and the API of an opened home; who may call is said by `access`."""
    app = FastAPI(
        title="bozzetto",
        version=__version__,
        docs_url=None,  # they fetch scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan,
        dependencies=[Depends(as_let_in)],
    )
    app.state.assistant = assistant
    app.state.replays = Replays(assistant.replays)
    app.state.access = access
    app.state.acting = {}
    app.state.entrance = Entrance(assistant.accounts)
    app.state.runs = Runs()
    app.state.writings = Writings()
    app.state.drawer = Drawer(assistant)
    app.state.places = Places()
    app.state.uploads = Places(intake.AT_ONCE, intake.AT_ONCE_EACH)
    for room in ROOMS:
        app.include_router(room.router, responses=problems.PROBLEMS)
    problems.install(app)
    describe(app)
    routes = [*app.routes, *(route for room in ROOMS for route in room.router.routes)]
    rates = Rates(assistant.settings.max_rate)
    app.add_middleware(Guard, access=access, routes=Routes(routes), rates=rates)
    return app


def drain(app: FastAPI) -> None:
    """Begin to end: what is written stops, what is drawn goes back to the queue, streams end."""
    app.state.runs.drain()
    app.state.drawer.drain()


def prepare(app: FastAPI) -> None:
    """Have ready what a search reads, as the first one would: in a new home that takes seconds."""
    a: Assistant = app.state.assistant

    def work(hear: OnEvent, stop: Stop) -> Json:
        with heard(a, hear, stop):
            for idea in FIRST:
                a.search(idea, k=1)
        return {}

    app.state.runs.begin(work)
