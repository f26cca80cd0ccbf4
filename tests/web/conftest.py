"""A campaign of a few sketches, served on loopback, and a client that has the token."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from bench.board import browser as chromium
from bench.board import make_board
from tests.cli.conftest import PROMPTS
from tests.conftest import Require
from tests.web.conforming import check

from bozzetto.app import Assistant
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

LOOK = 10_000
"""Milliseconds that anything in a browser may take; what it does take is for the bench to say."""

NAME = "Perfume / spring"
CANARY = '<img src=x onerror="window.fired=1"><script>window.fired=1</script>'


@pytest.fixture(scope="module")
def browser(require: Require) -> Iterator[Browser]:
    """Closed with its module: an open one keeps an event loop running."""
    require("browser")
    with chromium() as found:
        yield found


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    found = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    found.set_default_timeout(LOOK)
    yield found
    found.close()


@pytest.fixture(scope="session")
def board_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("board") / "home"
    make_board(folder, NAME, 6, side=64, said=CANARY)
    return folder


@pytest.fixture(scope="session")
def assistant(board_home: Path) -> Iterator[Assistant]:
    with Assistant.open(board_home, actor="tester") as a:
        yield a


@pytest.fixture(scope="session")
def server(assistant: Assistant) -> Iterator[Server]:
    with Server(assistant, port=0) as found:
        yield found


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    headers = {"Authorization": f"Bearer {server.access.token}"}
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}", headers=headers) as found:
        yield found


@pytest.fixture
def stranger(server: Server) -> Iterator[httpx2.Client]:
    """A client without the token."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.port}") as found:
        yield found


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """An assistant over a home of ten prompts."""
    folder = tmp_path_factory.mktemp("shelf")
    file = folder / "mine.txt"
    file.write_text("\n".join(PROMPTS) + "\n", encoding="utf-8")
    with Assistant.open(folder / "home", actor="tester") as a:
        a.add(file)
        yield a


@pytest.fixture(scope="session")
def shop(shelf: Assistant) -> Iterator[Server]:
    """A server of that home."""
    with Server(shelf, port=0) as found:
        yield found


@pytest.fixture
def api(shop: Server) -> Iterator[httpx2.Client]:
    """A client of that server."""
    headers = {"Authorization": f"Bearer {shop.access.token}"}
    base = f"http://127.0.0.1:{shop.port}/api/v1"
    hooks = {"response": [check]}
    with httpx2.Client(base_url=base, headers=headers, timeout=30, event_hooks=hooks) as found:
        yield found


def told(answer: httpx2.Response) -> Iterator[tuple[int, str, Any]]:
    """The events of a stream: number, name, data."""
    number, name = 0, ""
    for line in answer.iter_lines():
        field, _, value = line.partition(": ")
        if field == "id":
            number = int(value)
        elif field == "event":
            name = value
        elif field == "data":
            yield number, name, json.loads(value)
