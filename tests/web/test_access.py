"""What other sites, other servers on this machine and other users of it must not reach."""

from __future__ import annotations

import http.client
import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from bozzetto.app import Assistant
from bozzetto.app.secret import new_token
from bozzetto.errors import SetupError
from bozzetto.web.access import HEADERS
from bozzetto.web.application import make_app
from bozzetto.web.page import PAGES
from bozzetto.web.roles import ROLES, Role
from bozzetto.web.server import Server

CAMPAIGNS = "/api/v1/campaigns"
HEALTH = {"/healthz", "/readyz"}
OPEN = {*PAGES, "/static/{name:path}", "/api/v1/session", *HEALTH}
"""What is answered without the token."""


def raw(server: Server, text: bytes) -> bytes:
    """What comes back for these very bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(text)
        found = b""
        while piece := connection.recv(65536):
            found += piece
    return found


def test_every_route_but_the_open_ones_needs_the_token(
    server: Server, stranger: httpx2.Client, assistant: Assistant
) -> None:
    app = make_app(assistant, server.access)
    paths = {path: methods for path, methods in app.openapi()["paths"].items()}
    asked = {"/openapi.json": {"get"}} | {path: set(methods) for path, methods in paths.items()}
    assert OPEN & set(asked) == HEALTH | {"/api/v1/session"}
    origin = {"Origin": f"http://127.0.0.1:{server.port}"}
    found = {
        path: {
            stranger.request(method.upper(), path, headers=origin).status_code for method in methods
        }
        for path, methods in asked.items()
    }
    opened = {"/api/v1/session": {401, 422}} | {path: {200} for path in HEALTH}
    assert found == {path: {401} for path in asked} | opened
    routes = {route.path for route in app.routes if isinstance(route, APIRoute)}
    assert routes - set(asked) <= OPEN


@pytest.mark.parametrize("path", ["/", "/campaigns/x", "/static/board/page.js"])
def test_the_empty_page_is_open_and_guarded(stranger: httpx2.Client, path: str) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    tag = {"If-None-Match": answer.headers["etag"]}
    assert stranger.get(path, headers=tag).status_code == 304


@pytest.mark.parametrize(
    "hosts",
    [
        [],
        ["evil.example"],
        ["127.0.0.1"],
        ["127.0.0.1:1"],
        ["{own}", "evil.example"],
        ["[::1]:{port}"],
    ],
)
def test_another_host_is_refused(server: Server, hosts: list[str]) -> None:
    own = f"127.0.0.1:{server.port}"
    lines = "".join(
        f"Host: {one.replace('{own}', own).replace('{port}', str(server.port))}\r\n"
        for one in hosts
    )
    answer = raw(server, f"GET / HTTP/1.1\r\n{lines}Connection: close\r\n\r\n".encode())
    assert answer.split()[1] in (b"421", b"400")
    assert b"<html" not in answer


def test_localhost_is_this_machine_too(server: Server, client: httpx2.Client) -> None:
    host = {"Host": f"localhost:{server.port}"}
    assert client.get(CAMPAIGNS, headers=host).status_code == 200


def enter(server: Server, origin: str | None) -> httpx2.Response:
    own = f"http://127.0.0.1:{server.port}"
    headers = {} if origin is None else {"Origin": origin or own}
    with httpx2.Client(base_url=own) as client:
        return client.post("/api/v1/session", json={"token": server.access.token}, headers=headers)


def logged_in(server: Server) -> str:
    """The cookie of who came in by the printed address."""
    return enter(server, "").headers["set-cookie"].partition(";")[0]


def test_the_token_becomes_a_cookie_no_script_can_read(server: Server) -> None:
    answer = enter(server, "")
    assert answer.status_code == 204
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == f"bozzetto-{server.port}"
    assert rest.partition("; ")[2] == "HttpOnly; Max-Age=1209600; Path=/; SameSite=strict"
    assert server.access.token not in rest


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_no_session_for_another_page(server: Server, origin: str | None) -> None:
    answer = enter(server, origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "{own}", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "{own}", "Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "{own}"}, 404),
    ],
)
def test_a_cookie_alone_changes_nothing(
    server: Server, stranger: httpx2.Client, headers: dict[str, str], status: int
) -> None:
    own = f"http://127.0.0.1:{server.port}"
    sent = {name: value.replace("{own}", own) for name, value in headers.items()}
    cookie = {"Cookie": logged_in(server)}
    answer = stranger.post(f"{CAMPAIGNS}/no/undo", json={"reviewer": "r"}, headers=sent | cookie)
    assert answer.status_code == status


def test_a_picture_is_not_for_the_page_of_another_server(
    server: Server, stranger: httpx2.Client
) -> None:
    cookie = {"Cookie": logged_in(server)}
    there = stranger.get(CAMPAIGNS, headers=cookie | {"Sec-Fetch-Site": "same-origin"})
    foreign = stranger.get(CAMPAIGNS, headers=cookie | {"Sec-Fetch-Site": "same-site"})
    assert (there.status_code, foreign.status_code) == (200, 403)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer no"},
        {"Authorization": "Bearer"},
        {"Authorization": "Basic {token}"},
        {"Cookie": "bozzetto-1={token}"},
        {"Cookie": "{name}="},
        {"Cookie": '{name}="\\'},
    ],
)  # fmt: skip
def test_a_wrong_token_is_none(
    server: Server, stranger: httpx2.Client, headers: dict[str, str]
) -> None:
    sent = {
        name: value.replace("{token}", server.access.token).replace("{name}", server.access.cookie)
        for name, value in headers.items()
    }
    answer = stranger.get(CAMPAIGNS, headers=sent)
    assert (answer.status_code, answer.json()["code"]) == (401, "token")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_in_the_address_is_none(server: Server, stranger: httpx2.Client) -> None:
    for name in ("token", "key", "api_key", "access_token", "q"):
        for method, path in (("GET", CAMPAIGNS), ("GET", "/"), ("POST", CAMPAIGNS)):
            answer = stranger.request(method, path, params={name: server.access.token})
            assert (answer.status_code, answer.json()["code"]) == (400, "secret")
            assert server.access.token not in answer.text
    assert stranger.get(CAMPAIGNS, params={"token": "x"}).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/images/..%2f..%2flibrary.sqlite/file",
        "/api/v1/images/../../../etc/passwd/file",
        "/api/v1/images/%00/file",
        "/api/v1/images/%5c..%5c/thumbnail",
        "/static/../access.py",
        "/static/..%2faccess.py",
        "/static/%2e%2e/access.py",
        "/static//etc/passwd",
        "/static/",
        "/etc/passwd",
    ],
)
def test_no_path_reaches_the_disk(server: Server, path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    headers = {"Authorization": f"Bearer {server.access.token}"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    said: dict[str, Any] = json.loads(answer.read())
    connection.close()
    assert (answer.status, said["code"]) == (404, "not_found")


def posted(server: Server, body: bytes, headers: str = "") -> bytes:
    head = (
        f"POST {CAMPAIGNS}/no/undo HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Authorization: Bearer {server.access.token}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\n{headers}\r\n"
    )
    return raw(server, head.encode() + body)


def test_bodies_are_bounded(server: Server) -> None:
    whole = posted(server, b"", "Content-Length: 1000000000\r\n")
    pieces = b"".join(b"4000\r\n" + b" " * 0x4000 + b"\r\n" for _ in range(5)) + b"0\r\n\r\n"
    chunked = posted(server, pieces, "Transfer-Encoding: chunked\r\n")
    deep = b"[" * 60_000
    nested = posted(server, deep, f"Content-Length: {len(deep)}\r\n")
    assert [one.split()[1] for one in (whole, chunked, nested)] == [b"413", b"413", b"400"]


def test_a_taken_port_is_told(server: Server, assistant: Assistant) -> None:
    with pytest.raises(SetupError, match=f"port {server.port} of this machine cannot be taken"):
        Server(assistant, port=server.port)


def test_two_servers_at_a_time_and_a_quick_end(assistant: Assistant) -> None:
    with Server(assistant) as one, Server(assistant) as two:
        assert one.port != two.port
        assert one.access.token == two.access.token
        assert one.access.cookie != two.access.cookie
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_new_token_turns_the_old_one_out_of_a_server_that_runs(tmp_path: Path) -> None:
    with Assistant.open(tmp_path) as a, Server(a, port=0) as server:
        old = {"Authorization": f"Bearer {server.access.token}"}
        with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", headers=old) as c:
            assert c.get("/api/v1/session").status_code == 200
            new = {"Authorization": f"Bearer {new_token(tmp_path)}"}
            until = time.monotonic() + 10
            while c.get("/api/v1/session").status_code == 200 and time.monotonic() < until:
                time.sleep(0.05)
            assert c.get("/api/v1/session").status_code == 401
            assert c.get("/api/v1/session", headers=new).status_code == 200


def test_openapi_says_what_there_is(client: httpx2.Client) -> None:
    answer = client.get("/openapi.json")
    found = answer.json()["paths"]
    said = [one["responses"]["default"] for methods in found.values() for one in methods.values()]
    assert {tuple(one["content"]) for one in said} == {("application/problem+json",)}
    assert "HTTPValidationError" not in answer.text
    assert set(found) == {
        name.partition(" ")[2].replace(":path", "")
        for name, role in ROLES.items()
        if role is not Role.open and name != "GET /openapi.json"
    } | HEALTH | {"/api/v1/session"}


def test_a_program_without_a_key_is_told_so(stranger: httpx2.Client) -> None:
    answer = stranger.post(f"{CAMPAIGNS}/no/undo", json={"reviewer": "r"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token")
