from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import ValidationError
from tests.web.conforming import check_event, shape_of, wrong
from tests.web.conftest import told
from tests.web.test_writing import good

from bozzetto.app import Assistant
from bozzetto.testing.chat_server import ChatServer
from bozzetto.web.access import Access
from bozzetto.web.application import make_app
from bozzetto.web.described import ANSWERS, EVENTS, schemas
from bozzetto.web.roles import ROLES
from bozzetto.web.shapes.prompts import Deleted, Prompts

OTHERS = {
    "/batch/": "application/x-ndjson",
    "/export": "application/x-ndjson",
    "/file": "*/*",
    "/thumbnail": "*/*",
    "/backup": "application/vnd.sqlite3",
    ".zip": "application/zip",
    ".png": "image/png",
    ".pdf": "application/pdf",
}
"""What routes answer that answer no JSON, by a part of their path."""


@pytest.fixture
def app(shelf: Assistant) -> FastAPI:
    return make_app(shelf, Access(lambda: "x" * 32, 1, shelf.accounts))


def operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_route_says_what_it_answers(app: FastAPI) -> None:
    """Where this fails, give the new route a shape: web/described.py."""
    plain = {name.replace(":path", ""): name for name in ROLES}
    for name, operation in operations(app):
        answers = operation["responses"]
        problem = answers["default"]["content"]["application/problem+json"]["schema"]
        assert {"status", "code", "detail"} <= set(problem["required"]), name
        assert "422" not in answers, name
        statuses = [one for one in answers if one.startswith("2")]
        content = answers[statuses[0]].get("content", {})
        if statuses == ["204"]:
            assert content == {}, name
        elif plain[name] in EVENTS and plain[name] not in ANSWERS:
            assert set(content) == {"text/event-stream"}, name
        elif (other := next((kind for part, kind in OTHERS.items() if part in name), None)) is None:
            assert plain[name] in ANSWERS, name
            assert content["application/json"]["schema"] == schemas()[0][str(ANSWERS[plain[name]])]
        else:
            assert "application/json" not in content, (name, other)


def test_what_is_said_is_of_routes_that_are_there() -> None:
    assert set(ANSWERS) <= set(ROLES)
    assert set(EVENTS) <= set(ROLES)


def test_no_two_shapes_have_one_name(app: FastAPI) -> None:
    plain = FastAPI.openapi(make_app(app.state.assistant, app.state.access))
    assert not set(plain.get("components", {}).get("schemas", {})) & set(schemas()[1])


def test_what_is_not_told_of_is_found() -> None:
    assert shape_of("DELETE", "/api/v1/library/abc") is Deleted
    assert shape_of("GET", "/api/v1/library/abc/variants") is Prompts
    assert wrong(Deleted, {"deleted": 1, "more": 2}) == [".more"]
    with pytest.raises(ValidationError):
        wrong(Deleted, {"deleted": None})
    assert wrong(Prompts, {"prompts": []}) == []


def test_events_are_as_told(api: httpx2.Client) -> None:
    headers, heard = {"Accept": "text/event-stream"}, set()
    with ChatServer(good) as server:
        asked = {"idea": "a small dog", "n": 1, "chat": f"ollama:tiny@{server.address}"}
        with api.stream("POST", "/optimize", json=asked, headers=headers) as answer:
            for _, name, data in told(answer):
                heard.add(name)
                check_event("POST /api/v1/optimize", name, data)
    with api.stream("POST", "/index/build", headers=headers) as answer:
        for _, name, data in told(answer):
            check_event("POST /api/v1/index/build", name, data)
    job = api.post("/generate", json={"prompt": "a fox", "size": "64x64", "images": "sketch:"})
    with api.stream("GET", f"/jobs/{job.json()['id']}/events") as answer:
        for _, name, data in told(answer):
            heard.add(name)
            check_event("GET /api/v1/jobs/{job}/events", name, data)
    assert {"started", "done", "result"} <= heard


def test_what_a_route_takes_is_told(app: FastAPI) -> None:
    plain = {name.replace(":path", ""): role for name, role in ROLES.items()}
    assert app.openapi()["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    told_of = {name: (one["x-role"], one["security"]) for name, one in operations(app)}
    assert told_of == {
        name: (plain[name], [] if plain[name] == "open" else [{"bearer": []}]) for name in told_of
    }
    assert {role for role, _ in told_of.values()} == {"open", "viewer", "editor", "admin"}
