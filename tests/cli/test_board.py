from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from bench.board import make_board

from bozzetto.cli.board import review_command
from bozzetto.errors import InputError, NotFoundError

RUN = "import typer; from bozzetto.cli.board import review_command; typer.run(review_command)"


@pytest.mark.skipif(sys.platform == "win32", reason="there, Ctrl-C goes to a whole console")
def test_it_prints_an_address_and_ends_by_ctrl_c(home: Path) -> None:
    make_board(home, "..", 1, side=64)
    options = ("..", "--as", "Anna B", "--blind", "--port", "0")
    environment = os.environ | {"PYTHONUNBUFFERED": "1", "DISPLAY": ""}
    with subprocess.Popen(
        [sys.executable, "-c", RUN, *options],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        address = process.stdout.readline()
        found = re.fullmatch(
            r"(http://127\.0\.0\.1:\d+)/campaigns/[0-9a-f]{16}\?as=Anna\+B&blind=1#token=(.+)\n",
            address,
        )
        assert found is not None, address
        said = process.stderr.readline()
        token = {"Authorization": f"Bearer {found[2]}"}
        answer = httpx2.get(f"{found[1]}/api/v1/campaigns", headers=token, timeout=30)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
        assert (process.wait(30), rest) == (0, "")
    assert said == "the board is served until Ctrl-C; ? in the page shows the keys\n"
    assert [one["name"] for one in answer.json()["campaigns"]] == [".."]


def test_it_serves_nothing_that_is_not_there(home: Path) -> None:
    with pytest.raises(NotFoundError, match="no campaign is called 'none'"):
        review_command("none", home=home)
    make_board(home, "there", 1, side=64)
    with pytest.raises(InputError, match="reviewer"):
        review_command("there", reviewer="\n", home=home)
