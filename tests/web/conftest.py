"""A campaign of a few sketches, served on loopback, and a client that has the token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from bench.board import make_board

from bozzetto.app import Assistant
from bozzetto.web.server import Server

NAME = "Perfume / spring"
CANARY = '<img src=x onerror="window.fired=1"><script>window.fired=1</script>'


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
