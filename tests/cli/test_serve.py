from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import Run

from bozzetto.app import Assistant
from bozzetto.app.secret import TOKEN_FILE
from bozzetto.cli.serve import serve_command
from bozzetto.errors import SetupError

RUN = "from bozzetto.cli.main import run; run()"
MANY = 400


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C goes to a whole console")
def test_what_is_drawn_at_the_end_goes_back_to_the_queue(home: Path) -> None:
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "DISPLAY": ""}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, "serve", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        found = re.fullmatch(
            r"(http://127\.0\.0\.1:\d+)/#token=(bzt_.+)\n", process.stdout.readline()
        )
        assert found is not None
        last = _draw_until_one_is_there(found[1], found[2], process)
        rest = process.stderr.read().splitlines()
        assert (process.wait(30), len(rest)) == (0, 1)
    assert last == {"code": "closing", "detail": "the server has ended; the job waits"}
    with Assistant.open(home) as a:
        (job,) = a.jobs.list()
    assert (job.running, job.failed, job.ok + job.waiting) == (0, 0, MANY)
    assert job.ok
    assert job.waiting


def _draw_until_one_is_there(base: str, token: str, process: subprocess.Popen[str]) -> Any:  # noqa: ANN401
    """Have many pictures drawn, press Ctrl-C at the first; the data of the last event."""
    headers = {"Authorization": f"Bearer {token}"}
    asked = {"prompt": "a fox", "n": MANY, "size": "512x512", "images": "sketch:"}
    with httpx2.Client(base_url=f"{base}/api/v1", headers=headers, timeout=30) as client:
        job = client.post("/generate", json=asked).json()["id"]
        line, told = "", False
        with client.stream("GET", f"/jobs/{job}/events") as stream:
            for line in filter(None, stream.iter_lines()):
                if line == "event: done" and not told:
                    process.send_signal(signal.SIGINT)
                    told = True
    return json.loads(line.removeprefix("data: "))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_without_accounts_only_this_machine_is_served(home: Path, host: str) -> None:
    with pytest.raises(SetupError, match=f"--host {host}: others would reach") as caught:
        serve_command(host=host, home=home)
    assert caught.value.hint == "first: bozzetto account add NAME --role admin"
    assert not home.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there, it is ended otherwise")
def test_a_team_is_served_with_a_log_until_it_is_told_to_end(run: Run, home: Path) -> None:
    run("account", "add", "ada", "--role", "admin", stdin="three words or four\n")
    log = home.parent / "log.jsonl"
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "DISPLAY": ""}
    asked = ["serve", "--port", "0", "--host", "0.0.0.0", "--log", str(log), "--new-token"]
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *asked],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        found = re.fullmatch(
            r"(http://127\.0\.0\.1:\d+)/#token=(bzt_.+)\n", process.stdout.readline()
        )
        assert found is not None
        assert found[2] == (home / TOKEN_FILE).read_text().strip()
        assert httpx2.get(f"{found[1]}/readyz").status_code == 200
        process.send_signal(signal.SIGTERM)
        said = process.stderr.read()
        assert process.wait(30) in (0, -signal.SIGTERM)
    assert "cross the network in the clear" in said
    (line,) = [json.loads(line) for line in log.read_text().splitlines()]
    assert (line["route"], line["status"]) == ("GET /readyz", 200)
