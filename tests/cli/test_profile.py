"""`profile` on the command line: the list, one profile, a user's own, a broken file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.errors import NotFoundError
from bozzetto.profiles import KEYS, names

Run = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with three profiles, one of them broken."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / "house.toml").write_text('extends = "sdxl"\nchunks = 3\nbanned = ["8k"]\n')
    (folder / "sdxl.toml").write_text('extends = "sdxl"\ntitle = "Ours"\n')
    (folder / "wrong.toml").write_text('extends = "sdxl"\nchunk = 3\n')
    return tmp_path


def test_the_list(run: Run, home: Path) -> None:
    answer = run("profile", "list", "--home", str(home))
    assert answer.code == 0
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines] == [*names(), "house", "wrong"]
    assert lines[0] == "sd15          Stable Diffusion 1.5; tags, 75 clip"
    assert lines[2] == "sdxl          Ours; tags, 75 clip"
    assert "flux          FLUX.1 dev; prose, 511 t5, 80 words" in lines
    assert all(len(line) <= 80 for line in lines[:-1])
    assert lines[-2] == "house         Ours; tags, 75 clip, 3 chunks"
    assert "unknown key 'chunk'; did you mean 'chunks'?" in lines[-1]


def test_the_list_as_json(run: Run, home: Path) -> None:
    answer = run("profile", "list", "--home", str(home), "--format", "json")
    found = answer.json["profiles"]
    assert [item["name"] for item in found] == [*names(), "house", "wrong"]
    assert set(found[0]) == set(KEYS)
    assert set(found[-1]) == {"name", "error"}


def test_one(run: Run, home: Path) -> None:
    found = run("profile", "show", "house", "--home", str(home), "--format", "json").json
    assert set(found) == set(KEYS)
    assert found["name"] == "house"
    assert found["tokens"] == {"clip": 75}
    assert found["chunks"] == 3
    assert found["banned"] == ["8k"]
    shown = run("profile", "show", "house", "--home", str(home)).out
    assert "banned         8k" in shown.splitlines()
    assert "negative       yes" in shown.splitlines()


def test_none(run: Run, home: Path) -> None:
    answer = run("profile", "show", "hose", "--home", str(home))
    assert isinstance(answer.error, NotFoundError)
    assert answer.error.message == "no profile is called 'hose'; did you mean 'house'?"
