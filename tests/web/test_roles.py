from __future__ import annotations

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Route

from bozzetto.app import Assistant
from bozzetto.web.access import Access
from bozzetto.web.application import ROOMS, make_app
from bozzetto.web.roles import ROLES, Role


def app_of(assistant: Assistant) -> FastAPI:
    return make_app(assistant, Access(lambda: "token", 1, assistant.accounts))


def test_every_route_has_a_role(assistant: Assistant) -> None:
    app = app_of(assistant)
    routes = [*app.routes, *(route for room in ROOMS for route in room.router.routes)]
    there = {
        f"{method} {route.path}"
        for route in routes
        if isinstance(route, APIRoute | Route)
        for method in (route.methods or ())
        if method != "HEAD"
    }
    assert there == set(ROLES)
    said = {
        f"{method.upper()} {path}"
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    assert said <= {name.replace(":path", "") for name in ROLES}


def test_what_is_open_is_the_pages_their_parts_health_and_logging_in() -> None:
    found = {name for name, role in ROLES.items() if role is Role.open}
    api = {name for name in found if "/api/" in name}
    assert api == {"POST /api/v1/session"}
    assert {name for name in found if not name.startswith("GET /")} == api
