"""What tests stand on: needs that are missing skip, or fail where they are required."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROBE = """
def test_data(require):
    assert require("data").is_dir()
"""


def outcome(folder: Path, **variables: str) -> str:
    """How pytest ends for a test that needs the data, in an environment of its own."""
    probe = folder / "test_probe.py"
    probe.write_text(PROBE, "utf-8")
    environment = {n: v for n, v in os.environ.items() if not n.startswith("BOZZETTO_")}
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).parent), environment["PYTHONPATH"]]
    )
    command = [sys.executable, "-m", "pytest", "-q", "-rsf", "-c", os.devnull, "-p", "conftest"]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), str(probe)],
        env={**environment, **variables},
        capture_output=True,
        text=True,
    )
    return done.stdout


def test_a_missing_need_skips_and_says_why(tmp_path: Path) -> None:
    said = outcome(tmp_path)
    assert "BOZZETTO_BENCH_DATA names no folder with the real prompts" in said
    assert "1 skipped" in said


def test_a_missing_need_fails_where_it_is_required(tmp_path: Path) -> None:
    said = outcome(tmp_path, BOZZETTO_REQUIRE="llm,data", BOZZETTO_BENCH_DATA="no-such-folder")
    assert "BOZZETTO_REQUIRE asks for data, but BOZZETTO_BENCH_DATA: no-such-folder" in said
    assert "1 failed" in said


def test_a_need_that_is_there_is_given(tmp_path: Path) -> None:
    assert "1 passed" in outcome(tmp_path, BOZZETTO_BENCH_DATA=str(tmp_path))


def test_each_test_has_a_home_of_its_own(home: Path) -> None:
    assert os.environ["BOZZETTO_HOME"] == str(home)
    assert not home.exists()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "OPENAI_API_KEY", "NO_COLOR", "COLUMNS"])
def test_the_environment_is_clean(name: str) -> None:
    assert name not in os.environ
