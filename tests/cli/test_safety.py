"""`bozzetto backup` and `bozzetto restore`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bozzetto.errors import DataError

Run = Callable[..., Any]


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
