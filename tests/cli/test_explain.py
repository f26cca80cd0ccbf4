"""`explain` on the command line: its JSON, what people see, what is not there."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any, get_args

from rich.console import Console

from bozzetto.cli.explained import explanation_view
from bozzetto.errors import NotFoundError
from bozzetto.optimize.checks import CHECKS
from bozzetto.optimize.explain import explain
from bozzetto.types import Candidate, Check, Origin

Run = Callable[..., Any]


def written(run: Run, home: Path, *arguments: str) -> dict[str, Any]:
    answer = run("optimize", *arguments, "-n", "1", "--home", str(home), "--format", "json")
    found: dict[str, Any] = answer.json["candidates"][0]
    return found


def test_a_kept_prompt_says_why_it_reads_as_it_does(run: Run, small_home: Path) -> None:
    candidate = written(run, small_home, "a small dog")
    answer = run("explain", candidate["id"], "--home", str(small_home), "--format", "json")
    found = answer.json
    assert {key: found[key] for key in candidate} == candidate
    assert [check["name"] for check in found["checks"]] == list(CHECKS)
    assert "".join(part["before"] for part in found["diff"]) == found["idea"] == "a small dog"
    assert "".join(part["after"] for part in found["diff"]) == candidate["prompt"]
    assert found["diff"][0]["change"] == "kept"
    sources = {phrase["from"] for phrase in candidate["phrases"]}
    assert {hit["id"] for hit in found["hits"]} == sources - set(get_args(Origin))


def test_for_people(run: Run, small_home: Path) -> None:
    candidate = written(run, small_home, "un gatto e una luna")
    answer = run("explain", candidate["id"], "--home", str(small_home))
    assert answer.code == 0
    assert "keeps the whole idea" in answer.out
    assert "gatto" in answer.out
    assert all(len(line) <= 80 for line in answer.out.splitlines())


def test_without_colour_lost_and_added_words_are_marked() -> None:
    candidate = Candidate(
        "0" * 16, "a dog on a hill, ink", None, "sdxl", "compose", {}, (), 0.5, 1.0,
        checks=(Check("wishes", True, "had no wishes to meet"), Check("look", True, "says one")),
    )  # fmt: skip
    view = explanation_view(explain(candidate, "a dog in the snow", {}))
    plain, coloured = (
        Console(file=StringIO(), force_terminal=True, color_system=system, width=80)
        for system in (None, "standard")
    )
    for console in (plain, coloured):
        console.print(view)
    said = plain.file.getvalue()  # type: ignore[attr-defined]
    assert "a dog [-in the snow-] {+on a hill, ink+}" in said
    assert "[-lost-]" in said
    assert "wishes" not in said
    assert "[-" not in coloured.file.getvalue()  # type: ignore[attr-defined]


def test_optimize_explains_what_it_wrote(run: Run, small_home: Path) -> None:
    arguments = ("optimize", "a small dog", "-n", "2", "--explain", "--home", str(small_home))
    found = run(*arguments, "--format", "json").json["candidates"]
    for candidate in found:
        assert "".join(part["after"] for part in candidate["diff"]) == candidate["prompt"]
    assert run(*arguments).out.count("keeps the whole idea") == 2


def test_an_id_that_is_not_kept(run: Run, small_home: Path) -> None:
    answer = run("explain", "nothing", "--home", str(small_home))
    assert isinstance(answer.error, NotFoundError)
    assert answer.error.hint
