"""`import`, `library`, `config`, `doctor`, `backup`, `restore` on the command line."""

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

from bozzetto.errors import BozzettoError, DataError, InputError, NotFoundError

Run = Callable[..., Any]

CLI = (sys.executable, "-m", "bozzetto")


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "mine.txt"
    file.write_text("a red fox, ink drawing\na blue bird, watercolor\n", encoding="utf-8")
    return file


def test_import_list_show_export_and_back(run: Run, lines: Path, tmp_path: Path) -> None:
    answer = run("import", str(lines), "--format", "json")
    assert answer.code == 0
    assert answer.json == {
        "imports": [
            {
                "source": "mine.txt",
                "rows": 2,
                "new": 2,
                "known": 0,
                "bad": 0,
                "bad_rows": [],
                "already_complete": False,
            }
        ],
        "errors": [],
        "waiting": 0,
    }
    listed = run("library", "list", "--format", "json").json
    assert listed["total"] == 2
    ids = [row["id"] for row in listed["prompts"]]
    shown = run("library", "show", ids[1], "--format", "json").json["prompts"][0]
    assert (shown["prompt"], shown["source"]) == ("a blue bird, watercolor", "mine.txt")
    out = tmp_path / "out.jsonl"
    assert run("library", "export", str(out)).code == 0
    other = str(tmp_path / "other")
    assert run("import", str(out), "--no-embed", "--home", other).code == 0
    again = run("library", "list", "--home", other, "--format", "json").json
    assert [row["id"] for row in again["prompts"]] == ids


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


def test_delete_by_id_and_by_source(run: Run, lines: Path) -> None:
    run("import", str(lines), "--no-embed")
    ids = [row["id"] for row in run("library", "list", "--format", "json").json["prompts"]]
    assert run("library", "delete", ids[0], "--format", "json").json == {"deleted": 1}
    assert run("library", "delete", "--source", "mine.txt", "--format", "json").json == {
        "deleted": 1
    }
    assert isinstance(run("library", "delete", ids[0]).error, NotFoundError)
    assert run("library", "list").code == 3


def test_backup_and_restore(run: Run, lines: Path, tmp_path: Path) -> None:
    run("import", str(lines), "--no-embed")
    copy = tmp_path / "copy.sqlite"
    assert run("backup", str(copy)).code == 0
    run("library", "delete", "--source", "mine.txt")
    assert run("restore", str(copy), "--format", "json").json["restored"] == str(copy)
    assert run("library", "list", "--format", "json").json["total"] == 2
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(copy.read_bytes()[:5000])
    assert isinstance(run("restore", str(broken)).error, DataError)
    assert run("library", "list", "--format", "json").json["total"] == 2


def test_config_path_and_show(run: Run, home: Path) -> None:
    assert run("config", "path").out == f"{home / 'config.toml'}\n"
    shown = run("config", "show", "--format", "json").json
    assert shown["home"] == {"value": str(home), "origin": "BOZZETTO_HOME"}
    assert shown["profile"] == {"value": "sdxl", "origin": "default"}
    assert not home.exists()


def test_doctor_of_an_empty_home_creates_nothing(run: Run, home: Path) -> None:
    answer = run("doctor", "--format", "json")
    assert answer.code == 0
    assert answer.json["ok"] is True
    assert not home.exists()


def test_doctor_finds_a_damaged_library(run: Run, lines: Path, home: Path) -> None:
    run("import", str(lines), "--no-embed")
    file = home / "library.sqlite"
    file.write_bytes(b"not a database at all, but long enough to be read as one" * 20)
    for ending in ("-wal", "-shm"):
        file.with_name(file.name + ending).unlink(missing_ok=True)
    answer = run("doctor", "--format", "json")
    assert answer.code == 1
    assert [c["name"] for c in answer.json["checks"] if c["state"] == "fail"] == ["library"]


def test_a_reader_that_goes_away_is_no_error(lines: Path, home: Path) -> None:
    subprocess.run([*CLI, "import", str(lines), "--no-embed"], check=True, capture_output=True)
    pipe = subprocess.Popen(
        [*CLI, "library", "export", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert pipe.stdout is not None
    pipe.stdout.close()
    assert pipe.stderr is not None
    assert pipe.stderr.read() == b""
    pipe.stderr.close()
    assert pipe.wait() == 0


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


def test_the_total_of_a_list_is_of_the_sources_asked_for(
    run: Run, lines: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("a green frog, etching\n", encoding="utf-8")
    run("import", str(lines), str(other), "--no-embed")
    totals = [
        run("library", "list", *source, "--format", "json").json["total"]
        for source in ((), ("--source", "other.txt"), ("--source", "mine.txt"))
    ]
    assert totals == [3, 1, 2]
