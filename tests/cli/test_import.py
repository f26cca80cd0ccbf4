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


def test_what_was_deleted_by_hand_stays_away_and_the_way_back_is_told(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "two words.txt"
    file.write_text("a red fox\na blue bird\na red fox\n", encoding="utf-8")
    run("import", str(file), "--no-embed")
    fox = run("library", "list", "--format", "json").json["prompts"][0]["id"]
    run("library", "delete", fox)
    again = run("import", str(file), "--no-embed")
    assert again.out == "two words.txt: already in the library, nothing changed\n"
    assert again.err.startswith(
        "two words.txt: 2 of its 3 rows stay away, for their prompts were deleted since; "
        "to have them back: bozzetto library delete --source 'two words.txt', then import it again"
    )
    answer = run("import", str(file), "--no-embed", "--format", "json")
    assert answer.json["imports"][0]["deleted"] == 2
    assert [row["id"] for row in listed(run)] != [fox]
    run("library", "delete", "--source", "two words.txt")
    anew = run("import", str(file), "--no-embed", "--format", "json").json["imports"][0]
    assert (anew["new"], anew["deleted"]) == (2, 0)
    assert [row["prompt"] for row in listed(run)] == ["a red fox", "a blue bird"]


def test_two_sources_of_one_name_are_both_deleted_and_that_is_told(
    run: Run, lines: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / lines.name
    other.write_text("a green frog, etching\n", encoding="utf-8")
    run("import", str(lines), str(other), "--no-embed")
    run("library", "delete", listed(run)[0]["id"])
    assert "it deletes all 2 sources of this name" in run("import", str(lines), "--no-embed").err
    assert "stay away" not in run("import", str(other), "--no-embed").err


def listed(run: Run) -> list[dict[str, Any]]:
    """What the library holds, oldest first."""
    found: list[dict[str, Any]] = run("library", "list", "--format", "json").json["prompts"]
    return found


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


def test_what_export_writes_can_be_piped_into_import(run: Run, lines: Path, tmp_path: Path) -> None:
    run("import", str(lines), "--no-embed")
    written = run("library", "export", "-").out
    other = str(tmp_path / "other")
    answer = run("import", "-", "--no-embed", "--home", other, "--format", "json", stdin=written)
    assert answer.json["imports"][0]["new"] == 2
    pages = [
        run("library", "list", *home, "--format", "json").json["prompts"]
        for home in ((), ("--home", other))
    ]
    assert [[row["prompt"] for row in page] for page in pages] == [
        ["a red fox, ink drawing", "a blue bird, watercolor"]
    ] * 2


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
