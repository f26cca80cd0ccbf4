from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Run


@pytest.fixture
def made(run: Run, small_home: Path) -> dict[str, str]:
    found: dict[str, str] = run(
        "optimize", "a small dog", "-n", "1", "--home", str(small_home), "--format", "json"
    ).json["candidates"][0]
    return found


def test_an_edit_is_kept(run: Run, small_home: Path, made: dict[str, str]) -> None:
    home = ("--home", str(small_home), "--format", "json")
    text = f"{made['prompt']}, in ink"
    answer = run("optimize", "--revise", made["id"], "--text", text, "--negative", "", *home)
    (found,) = answer.json["candidates"]
    assert (answer.code, answer.json["idea"]) == (0, "a small dog")
    assert (found["prompt"], found["negative"], found["parent"]) == (text, None, made["id"])
    assert found["phrases"][-1] == {"text": "in ink", "from": "user"}
    told = run("explain", found["id"], "--home", str(small_home)).out
    assert f"was revised by hand from {made['id']}" in told
    seen = run("optimize", "--revise", made["id"], "--text", text, "--home", str(small_home))
    assert (seen.code, "in ink" in seen.out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--revise", "a"), "give the prompt as you want it"),
        (("--revise", "a", "--text", "x", "--again", "a"), "give one"),
        (("--revise", "a", "--text", "x", "--prefer", "y"), "--prefer goes with --refine"),
        (("--revise", "a", "--text", "x", "--chat", "y"), "--chat cannot go with --revise"),
        (("--revise", "a", "--text", "x", "--no-save"), "--no-save cannot go with --revise"),
        (("a dog", "--text", "x"), "go with --revise"),
        (("a dog", "--negative", "x"), "go with --revise"),
    ],
)
def test_what_does_not_go_together(
    run: Run, small_home: Path, arguments: tuple[str, ...], said: str
) -> None:
    answer = run("optimize", *arguments, "--home", str(small_home))
    assert answer.code == 2
    assert said in " ".join(answer.err.replace("│", " ").split())


def test_nobody_revises_what_is_not_there(run: Run, small_home: Path) -> None:
    answer = run("optimize", "--revise", "0" * 16, "--text", "x", "--home", str(small_home))
    assert answer.error is not None
    assert answer.error.code == "not_found"
