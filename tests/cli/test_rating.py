"""`bozzetto library rate`, and what `show` says of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.text.normalise import prompt_id

Run = Callable[..., Any]

FOX = prompt_id("a red fox, ink drawing")


@pytest.fixture
def home(run: Run, lines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOZZETTO_HOME", str(tmp_path / "home"))
    assert run("import", str(lines), "--no-embed").code == 0
    return tmp_path / "home"


def shown(run: Run) -> dict[str, Any]:
    found: dict[str, Any] = run("library", "show", FOX, "--format", "json").json["prompts"][0]
    return found


def test_a_rating_shows_and_is_taken_back(run: Run, home: Path) -> None:
    before = shown(run)
    answer = run("library", "rate", FOX, "5", "--actor", "ada", "--format", "json")
    assert (answer.code, answer.json) == (0, {"changed": 1})
    after = shown(run)
    assert after["rating"] == 5
    (said,) = after["kept"]
    assert (said["rating"], said["actor"], said["keep"], said["campaign"]) == (
        5, "ada", False, None,
    )  # fmt: skip
    assert " by ada" in run("library", "show", FOX).out.split("5 of 5")[1]
    assert run("library", "rate", FOX, "5").out == "0 ratings changed\n"
    assert run("library", "rate", FOX, "0").out == "1 ratings changed\n"
    assert shown(run) == before


@pytest.mark.parametrize("words", [("5",), (FOX,), (FOX, "6"), (FOX, "good")])
def test_stars_come_last(run: Run, home: Path, words: tuple[str, ...]) -> None:
    answer = run("library", "rate", *words)
    assert answer.code == 2
    assert "give ids, then 1 to 5" in answer.err


def test_a_backup_knows_what_was_said(run: Run, home: Path, tmp_path: Path) -> None:
    run("library", "rate", FOX, "5")
    after = shown(run)
    saved = tmp_path / "saved.sqlite"
    assert run("backup", str(saved)).code == 0
    shutil.rmtree(home)
    assert run("restore", str(saved)).code == 0
    assert shown(run) == after
    assert run("library", "rate", FOX, "0").out == "1 ratings changed\n"
