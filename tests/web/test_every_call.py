"""Every call that OpenAPI allows, and those it forbids, made at a real server by Schemathesis."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import PROMPTS
from tests.conftest import Require

from bozzetto.app import Assistant
from bozzetto.web.server import Server

SETTINGS = """
[checks]
# What cannot be said in a schema is refused as well: an empty idea, a name that nobody has.
positive_data_acceptance.enabled = false
# Names of campaigns may hold slashes: every path below them answers some methods more.
allow_header_conformance.enabled = false
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 406, 413, 415, 422, 428, 431]
"""

CALLED_OFTEN = "^/api/v1/(library|search|stats|tokens|profiles|jobs|candidates)(?!.*events)"
"""Paths where calls follow calls: nothing there draws, or takes long."""

RUN = "from schemathesis.cli import schemathesis; schemathesis()"


@pytest.fixture
def server(require: Require, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server of ten prompts that lets one client ask as often as it likes."""
    require("schemathesis")
    monkeypatch.setenv("BOZZETTO_MAX_RATE", "0")
    file = tmp_path / "mine.txt"
    file.write_text("\n".join(PROMPTS) + "\n", encoding="utf-8")
    with Assistant.open(tmp_path / "home", actor="tester") as a:
        a.add(file)
        with Server(a, port=0) as found:
            yield found


def called(server: Server, folder: Path, *options: str) -> None:
    """Make the calls; where one is answered as it may not be, raise with what is said of it."""
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS, encoding="utf-8")
    command = [
        sys.executable, "-c", RUN, "--config-file", str(settings), "run",
        f"http://127.0.0.1:{server.port}/openapi.json",
        "--header", f"Authorization: Bearer {server.access.token}",
        "--generation-deterministic", "--continue-on-failure", "--no-color",
        "--request-timeout", "60", "--suppress-health-check", "all", *options,
    ]  # fmt: skip
    made = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    said = made.stdout.partition("= FAILURES =")[2] or made.stdout[-20_000:]
    assert made.returncode == 0, said + made.stderr[-2_000:]


def test_each_call_at_its_limits_and_beyond_them(server: Server, tmp_path: Path) -> None:
    called(server, tmp_path, "--phases", "coverage")


def test_calls_of_all_sorts_and_one_after_the_other(server: Server, tmp_path: Path) -> None:
    options = ("--max-examples", "5", "--include-path-regex", CALLED_OFTEN)
    called(server, tmp_path, "--phases", "fuzzing,stateful", *options)
