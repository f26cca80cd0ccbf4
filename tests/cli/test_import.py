"""`bozzetto import`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.errors import BozzettoError, InputError, NotFoundError

Run = Callable[..., Any]

CLI = (sys.executable, "-m", "bozzetto")


def test_importing_twice_changes_nothing(run: Run, lines: Path) -> None:
    run("import", str(lines), "--no-embed")
    before = run("library", "list", "--format", "json").out
    answer = run("import", str(lines), "--no-embed", "--format", "json")
    assert answer.json["imports"][0]["already_complete"] is True
    assert run("library", "list", "--format", "json").out == before


def test_bad_rows_are_told_and_the_good_ones_kept(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"prompt": "a fox"}\nnot json\n{"prompt": ""}\n', encoding="utf-8")
    answer = run("import", str(file), "--no-embed")
    assert answer.code == 6
    assert "1 new" in answer.out
    assert "line 2" in answer.err
    assert "line 3" in answer.err


def test_stdin_is_a_source(run: Run) -> None:
    answer = run("import", "-", "--no-embed", "--format", "json", stdin="a fox\na bird\n")
    assert answer.json["imports"][0]["source"] == "stdin"
    assert answer.json["imports"][0]["new"] == 2


@pytest.mark.parametrize(
    ("name", "kind"), [("nowhere.csv", NotFoundError), ("data.bin", InputError)]
)
def test_what_cannot_be_read(
    run: Run, tmp_path: Path, name: str, kind: type[BozzettoError]
) -> None:
    (tmp_path / "data.bin").write_bytes(b"\x00\x01\x02")
    answer = run("import", str(tmp_path / name), "--no-embed")
    assert isinstance(answer.error, kind)
    assert answer.error.hint


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_is_exit_130_and_keeps_what_is_there(home: Path) -> None:
    process = subprocess.Popen(
        [*CLI, "import", "-", "--no-embed"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin is not None
    process.stdin.write(b"a fox\n")
    process.stdin.flush()
    while not list(home.glob("stdin-*")):
        if process.poll() is not None:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert b"interrupted" in err


def test_a_json_answer_is_one_document_and_stderr_holds_the_rest(lines: Path) -> None:
    run = subprocess.run(
        [*CLI, "import", str(lines), "--format", "json"], capture_output=True, check=True
    )
    json.loads(run.stdout)
