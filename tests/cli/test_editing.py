"""`bozzetto library edit`, `variants`, `stats`, and the filters of `list`."""

from __future__ import annotations

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


def test_words_negative_and_tags(run: Run, home: Path) -> None:
    text = "a grey owl, ink drawing"
    answer = run(
        "library", "edit", FOX, "--text", text, "--negative", "blurry", "--tag", "Owl",
        "--actor", "ada", "--format", "json",
    )  # fmt: skip
    assert answer.code == 0
    shown = run("library", "show", prompt_id(text), "--format", "json").json["prompts"][0]
    assert answer.json == shown
    assert (shown["prompt"], shown["negative"], shown["tags"]) == (text, "blurry", ["owl"])
    assert shown["original"] == "a red fox, ink drawing"
    plain = run("library", "edit", shown["id"], "--untag", "OWL", "--tag", "bird")
    assert "bird" in plain.out
    listed = run("library", "list", "--tag", "bird", "--format", "json").json
    assert (listed["total"], [one["id"] for one in listed["prompts"]]) == (1, [shown["id"]])
    assert run("library", "list", "--tag", "owl").code == 3


def test_what_cannot_be_edited(run: Run, home: Path) -> None:
    assert run("library", "edit", FOX).code == 2
    assert run("library", "edit", "none", "--text", "x y").code == 3
    assert run("library", "edit", FOX, "--text", "!").code == 2


def test_variants_and_stats(run: Run, home: Path) -> None:
    assert run("library", "variants", FOX).code == 3
    run("library", "edit", FOX, "--tag", "fox")
    found = run("library", "stats", "--format", "json").json
    assert found["tag"] == {"fox": 1}
    assert "fox 1" in run("library", "stats").out
