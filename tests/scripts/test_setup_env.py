"""Set-up: what it decides without installing anything, and what it says when it fails."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import setup_env

SCRIPTS = Path(setup_env.__file__).parent


def test_groups_are_those_of_the_project() -> None:
    groups = setup_env.dependency_groups()
    assert {"test", "llm", "lint", "pictures"} <= set(groups)
    assert set(setup_env.BARE) <= set(groups)
    assert all(isinstance(line, str) for lines in groups.values() for line in lines)


@pytest.mark.parametrize(
    ("required", "groups"),
    [
        ("", ()),
        ("data", ()),
        ("llm", ("llm",)),
        ("aws,browser", ("pictures", "pages")),
        ("mcp,langchain,streamlit", ("integrations",)),
        ("llm, data, diffusers, aws, browser", ("llm", "pictures", "pages")),
    ],
)
def test_needs_lead_to_groups_of_the_project(required: str, groups: tuple[str, ...]) -> None:
    script = runpy.run_path(str(SCRIPTS / "test.py"))
    assert script["groups"](required) == groups
    assert set(groups) <= set(setup_env.dependency_groups())


def test_uv_is_told_where_pip_finds_builds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    assert setup_env.find_links() == []
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels https://example.org/builds")
    assert setup_env.find_links() == [
        "--find-links", "wheels", "--find-links", "https://example.org/builds",
    ]  # fmt: skip


def test_stamp_changes_with_root_and_groups() -> None:
    stamp = setup_env.fresh_stamp(["test"])
    assert stamp == setup_env.fresh_stamp(["test"])
    assert stamp["root"] == str(setup_env.ROOT)
    assert stamp != setup_env.fresh_stamp(["lint", "test"])
    assert json.loads(json.dumps(stamp)) == stamp


@pytest.mark.parametrize(
    ("complaint", "advice"),
    [
        ("Failed to establish a new connection: [Errno -2]", "cannot be reached"),
        ("ERROR: No matching distribution found for hatchling>=1.27 (from versions: none)\n"
         "the requirement hatchling>=1.27", "cannot be reached"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("invalid peer certificate: UnknownIssuer", "certificate"),
        ("ERROR: No matching distribution found for tantivy", "no build for this Python"),
    ],
)  # fmt: skip
def test_failures_are_explained(complaint: str, advice: str) -> None:
    first, second, *rest = setup_env.explain([complaint]).splitlines()
    assert first == "the installation failed."
    assert advice in second
    assert rest[-1] == complaint.splitlines()[-1]


def test_unknown_failures_show_the_installer_s_last_words() -> None:
    complaint = "\n".join(str(number) for number in range(100))
    assert setup_env.explain([complaint]).splitlines()[-1] == "99"
    assert len(setup_env.explain([complaint]).splitlines()) == 14


def test_runs_asks_the_interpreter() -> None:
    assert setup_env.runs(Path(sys.executable))
    assert not setup_env.runs(Path(sys.executable).parent / "no-such-python")


def test_watch_returns_code_and_output(capfd: pytest.CaptureFixture[str]) -> None:
    code, output = setup_env.watch(
        [sys.executable, "-c", "print('said'); raise SystemExit(3)"], "a title"
    )
    assert (code, output.strip()) == (3, "said")
    assert capfd.readouterr() == ("", "a title\n")


def test_old_pythons_can_read_the_scripts_as_far_as_the_message() -> None:
    """The scripts parse as Python 3.8, so that an old one can say that it is too old."""
    parse = "import ast, sys; ast.parse(open(sys.argv[1]).read(), feature_version=(3, 8))"
    for name in ("setup_env.py", "try.py", "test.py"):
        done = subprocess.run([sys.executable, "-c", parse, str(SCRIPTS / name)])
        assert done.returncode == 0, name


def test_too_old_a_python_is_told_so(tmp_path: Path) -> None:
    """An interpreter that says it is 3.8, on an otherwise empty PATH."""
    pretend = (
        "import runpy, sys; sys.version_info = (3, 8, 0, 'final', 0); "
        f"sys.path.insert(0, {str(SCRIPTS)!r}); sys.argv = ['try.py']; "
        f"runpy.run_path({str(SCRIPTS / 'try.py')!r}, run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", pretend],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stderr.splitlines()[-1] == (
        "bozzetto needs Python 3.11 or newer; this is 3.8, and PATH has no other."
    )
    assert (done.returncode, done.stdout) == (4, "")
