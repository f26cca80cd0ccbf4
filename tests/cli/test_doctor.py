"""`bozzetto doctor`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


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
