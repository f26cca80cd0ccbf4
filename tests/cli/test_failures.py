"""What goes wrong on the command line: a message, an exit code, and nothing half done."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.cli.library import replacing
from bozzetto.cli.options import make_filters
from bozzetto.errors import DataError, InputError, SetupError

Run = Callable[..., Any]

CLI = (sys.executable, "-m", "bozzetto")


@pytest.mark.parametrize("command", [("library", "export"), ("backup",)])
def test_a_file_that_cannot_be_written_is_a_message(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "out.jsonl"
    ended = subprocess.run([*CLI, *command, str(target)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("bozzetto: ")
    assert str(tmp_path / "file") in ended.stderr


def test_a_home_that_cannot_be_made_is_a_setup_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = run("library", "list", "--home", str(tmp_path / "file" / "home"))
    assert isinstance(answer.error, SetupError)
    assert answer.code == 4


@pytest.mark.parametrize("command", ["search", "optimize"])
def test_a_k_of_0_in_a_batch_line_is_refused(run: Run, small_home: Path, command: str) -> None:
    line = '{"idea": "a dog", "k": 0}\n'
    answer = run(command, "--batch", "-", "--home", str(small_home), stdin=line)
    assert answer.code == 6
    assert json.loads(answer.out)["error"]["code"] == "input"


def test_a_batch_that_begins_blank_and_has_no_key_writes_nothing(
    run: Run, small_home: Path
) -> None:
    answer = run(
        "optimize", "--chat", "openai:gpt-x", "--batch", "-", "--home", str(small_home),
        stdin="\na dog\n",
    )  # fmt: skip
    assert answer.code == 4
    assert answer.out == ""


@pytest.mark.parametrize("command", ["search", "optimize"])
@pytest.mark.parametrize(
    "arguments", [("--since", "yesterday"), ("--max-nsfw", "nan"), ("--max-nsfw", "inf")]
)
def test_a_filter_that_is_no_date_or_number_is_refused(
    run: Run, small_home: Path, command: str, arguments: tuple[str, str]
) -> None:
    answer = run(command, "a dog", *arguments, "--home", str(small_home))
    assert isinstance(answer.error, InputError)
    assert arguments[0] in answer.error.message


@pytest.mark.parametrize(
    ("since", "written"),
    [
        ("2026-01-31", "2026-01-31"),
        ("20260131", "2026-01-31"),
        ("2026-01-31T12:00", "2026-01-31T12:00:00+00:00"),
        ("2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00+00:00"),
    ],
)
def test_since_is_written_as_the_library_writes_times(since: str, written: str) -> None:
    filters = make_filters(None, None, None, None, None, None, None, since)
    assert filters.since == written


def test_an_export_that_fails_leaves_the_former_file(tmp_path: Path) -> None:
    target = tmp_path / "kept.jsonl"
    target.write_text("whole\n", encoding="utf-8")

    def break_off() -> None:
        with replacing(target) as file:
            file.write("half")
            raise DataError("the file is damaged")

    with pytest.raises(DataError):
        break_off()
    assert target.read_text(encoding="utf-8") == "whole\n"
    assert list(tmp_path.iterdir()) == [target]
    with replacing(target) as file:
        file.write("new\n")
    assert target.read_text(encoding="utf-8") == "new\n"


def test_more_bad_rows_than_are_shown_are_in_the_json(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"prompt": "a fox"}\n' + "not json\n" * 25, encoding="utf-8")
    assert "5 more (--format json lists them)" in run("import", str(file), "--no-embed").err
    again = run("import", str(file), "--no-embed", "--format", "json").json["imports"][0]
    assert len(again["bad_rows"]) == 25


def test_a_source_that_cannot_be_read_is_in_the_json(run: Run, tmp_path: Path) -> None:
    good, missing = tmp_path / "good.txt", str(tmp_path / "nope.csv")
    good.write_text("a fox\n", encoding="utf-8")
    answer = run("import", str(good), missing, "--no-embed", "--format", "json")
    assert answer.code == 6
    assert [report["source"] for report in answer.json["imports"]] == ["good.txt"]
    (error,) = answer.json["errors"]
    assert error["source"] == missing
    assert "nope.csv" in error["message"]


def test_what_a_folder_holds_beside_prompts_is_told(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "good.txt").write_text("a fox\n", encoding="utf-8")
    (folder / "picture.bin").write_bytes(b"\x00\x01\x02")
    answer = run("import", str(folder), "--no-embed")
    assert answer.code == 0
    assert "picture.bin is left out" in answer.err
