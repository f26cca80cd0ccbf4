from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LINES = [
    "a red fox in the snow, ink drawing",
    "a lighthouse in fog, charcoal drawing",
    "two robots drinking tea, soft light",
]


def index(home: Path, *arguments: str) -> tuple[int, dict[str, object]]:
    """`bozzetto index ...`: the exit code and what it answered."""
    command = [sys.executable, "-m", "bozzetto", "index", *arguments, "--home", str(home)]
    run = subprocess.run(
        [*command, "--format", "json"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert run.stdout, run.stderr
    return run.returncode, json.loads(run.stdout)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    (folder / "mine.txt").write_text("\n".join(LINES) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "bozzetto", "import", str(folder / "mine.txt"), "--no-embed"]
    subprocess.run([*command, "--home", str(folder / "home")], check=True, capture_output=True)
    return folder / "home"


def states(found: dict[str, object]) -> dict[str, tuple[object, ...]]:
    rows = found["indexes"]
    assert isinstance(rows, list)
    return {row["name"]: (row["state"], row["rows"], row["recall"]) for row in rows}


def test_build_status_and_verify(home: Path) -> None:
    code, before = index(home, "status")
    assert (code, before["tier"]) == (0, "small")
    assert states(before)["minilm"] == ("none", 0, None)
    whole = {
        "words": ("complete", 3, None),
        "minilm": ("complete", 3, 1.0),
        "use": ("complete", 3, 1.0),
    }
    for command in ("build", "status", "verify"):
        code, found = index(home, command)
        assert (code, states(found)) == (0, whole)
    (own,) = (home / "indexes").glob("minilm-*/core/vectors.npy")
    own.write_bytes(own.read_bytes()[:-4] + b"\0\0\0\0")
    code, found = index(home, "verify")
    assert (code, states(found)["minilm"][0]) == (1, "damaged")
    assert index(home, "build")[0] == 0
    assert index(home, "verify") == (0, found | {"indexes": index(home, "status")[1]["indexes"]})
