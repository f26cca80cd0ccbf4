"""`bozzetto library`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bozzetto.errors import NotFoundError

Run = Callable[..., Any]

CLI = (sys.executable, "-m", "bozzetto")


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
                "deleted": 0,
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


def test_delete_by_id_and_by_source(run: Run, lines: Path) -> None:
    run("import", str(lines), "--no-embed")
    ids = [row["id"] for row in run("library", "list", "--format", "json").json["prompts"]]
    assert run("library", "delete", ids[0], "--format", "json").json == {"deleted": 1}
    assert run("library", "delete", "--source", "mine.txt", "--format", "json").json == {
        "deleted": 1
    }
    assert isinstance(run("library", "delete", ids[0]).error, NotFoundError)
    assert run("library", "list").code == 3


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
