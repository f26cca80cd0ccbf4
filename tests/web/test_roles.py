from __future__ import annotations

from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import Route

from bozzetto.app import Assistant
from bozzetto.web.access import Access
from bozzetto.web.application import ROOMS, make_app
from bozzetto.web.roles import ROLES, Role

HOST = "127.0.0.1:1"


def test_every_route_has_a_role(assistant: Assistant) -> None:
    app = make_app(assistant, Access("token", (HOST,)))
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


def test_only_what_is_open_needs_no_token() -> None:
    access = Access("token", (HOST,))
    headers = Headers({"host": HOST, "origin": f"http://{HOST}"})
    asked = [name.split(" ") for name in ROLES]
    found = {
        f"{method} {path}"
        for method, path in asked
        if access.refusal(method, path, headers) is None
    }
    assert found == {name for name, role in ROLES.items() if role is Role.open}
