"""That a server ends in time, whoever is listening, and that who waits hinders nobody."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest
from bench.newcomer import serving

from bozzetto.app import Assistant
from bozzetto.app.drawing import Asked
from bozzetto.web.server import Server
from bozzetto.web.streams import MOST_EACH

IN_TIME = 4.0
"""Seconds; uvicorn would cut streams off after five."""


@pytest.fixture(scope="module")
def a(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    with Assistant.open(tmp_path_factory.mktemp("served"), actor="owner") as found:
        yield found


def waiting_job(a: Assistant) -> str:
    """A job that nobody draws."""
    return a.jobs.add(Asked(images="sketch:", size="16x16"), prompt="a fox", n=1)


def listen(server: Server, job: str, begun: threading.Barrier, heard: list[str]) -> None:
    url = f"http://127.0.0.1:{server.port}/api/v1/jobs/{job}/events"
    bearer = {"Authorization": f"Bearer {server.access.token}"}
    with httpx2.stream("GET", url, headers=bearer, timeout=30) as answer:
        lines = answer.iter_lines()
        first = next(lines)
        begun.wait(30)
        heard.append("\n".join([first, *lines]))


def test_a_restart_with_open_streams_ends_in_time(a: Assistant) -> None:
    job, heard, begun = waiting_job(a), list[str](), threading.Barrier(6)
    with Server(a, port=0) as server:
        asked = (server, job, begun, heard)
        listeners = [threading.Thread(target=listen, args=asked) for _ in range(5)]
        for listener in listeners:
            listener.start()
        begun.wait(30)
        began = time.monotonic()
    assert time.monotonic() - began < IN_TIME
    for listener in listeners:
        listener.join()
    assert [told.count("event: error") for told in heard] == [1] * 5
    assert all('"code": "closing"' in told for told in heard)
    with Server(a, port=server.port) as again:
        assert httpx2.get(f"http://127.0.0.1:{again.port}/readyz").status_code == 200
        assert again.access.token == server.access.token


def test_many_that_wait_hinder_nobody(a: Assistant) -> None:
    """Connections that say nothing, half a request, and more streams than one may have."""
    path = f"/api/v1/jobs/{waiting_job(a)}/events"
    with ExitStack() as opened, Server(a, port=0) as server:
        head = f"Host: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.access.token}\r\n"
        places = [b"", f"POST /api/v1/search HTTP/1.1\r\n{head}".encode()] * 100
        places += [f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()] * (MOST_EACH + 6)
        sockets = []
        for said in places:
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            sockets.append(opened.enter_context(connection))
            connection.sendall(said)
        answers = [one.recv(12).split()[1] for one in sockets[200:]]
        assert sorted(answers) == [b"200"] * MOST_EACH + [b"429"] * 6
        base = f"http://127.0.0.1:{server.port}"
        took = []
        with httpx2.Client(base_url=base, timeout=10) as c:
            for _ in range(20):
                began = time.monotonic()
                assert c.get("/readyz").status_code == 200
                took.append(time.monotonic() - began)
        assert sorted(took)[10] < 0.5
        began = time.monotonic()
    assert time.monotonic() - began < IN_TIME


def test_the_token_outlives_the_server(a: Assistant, tmp_path: Path) -> None:
    with Server(a, port=0) as first:
        pass
    with Server(a, port=0) as second:
        assert second.access.token == first.access.token
        session = a.accounts.begin(None)
        cookie = {"Cookie": f"{second.access.cookie}={session}"}
        url = f"http://127.0.0.1:{second.port}/api/v1/session"
        assert httpx2.get(url, headers=cookie).status_code == 200
        a.accounts.new_token()
        assert httpx2.get(url, headers=cookie).status_code == 401
    with Server(a, port=0) as third:
        assert third.access.token != first.access.token


def test_a_new_home_is_made_ready_while_it_is_served(tmp_path: Path) -> None:
    with serving(tmp_path / "home") as address:
        host, _, token = address.partition("/#token=")
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=host, headers=headers) as client:
            until = time.monotonic() + 60
            while not (found := client.get("/api/v1/library").json()["total"]):
                assert time.monotonic() < until
                time.sleep(0.2)
    assert found > 400
