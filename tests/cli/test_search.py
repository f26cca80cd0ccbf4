"""`search` on the command line: its JSON, its exit codes, batches, hostile ideas."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bozzetto.errors import InputError

Run = Callable[..., Any]

HIT = {"id", "prompt", "negative", "score", "source", "variants", "tags", "rating"}


def test_the_shape_of_the_answer(run: Run, small_home: Path) -> None:
    answer = run("search", "a dog", "-k", "3", "--home", str(small_home), "--format", "json")
    assert answer.code == 0
    found = answer.json
    assert {"idea", "language", "confident", "hidden", "hits"} <= set(found)
    assert (found["idea"], found["language"], found["hidden"]) == ("a dog", "en", 0)
    assert len(found["hits"]) == 3
    for hit in found["hits"]:
        assert set(hit) >= HIT
        assert hit["source"] == "mine.txt"
    assert "dog" in found["hits"][0]["prompt"]


def test_another_language_finds_the_same(run: Run, small_home: Path) -> None:
    answer = run("search", "un cagnolino", "-k", "2", "--home", str(small_home), "--format", "json")
    assert answer.json["language"] == "it"
    assert all("dog" in h["prompt"] or "puppy" in h["prompt"] for h in answer.json["hits"])


def test_for_people_it_says_the_idea_the_hits_and_their_ids(run: Run, small_home: Path) -> None:
    answer = run("search", "a lighthouse", "-k", "1", "--home", str(small_home))
    assert answer.code == 0
    assert "a lighthouse in fog" in answer.out
    assert "mine.txt" in answer.out


def test_terminal_escapes_of_a_prompt_never_reach_the_terminal(run: Run, small_home: Path) -> None:
    answer = run("search", "a fox in the snow", "-k", "1", "--home", str(small_home))
    assert "fox" in answer.out
    assert "\x1b]52" not in answer.out
    assert "\x07" not in answer.out


def test_nothing_found_is_exit_3_with_an_empty_list(run: Run, small_home: Path) -> None:
    answer = run(
        "search", "a dog", "--tag", "nobody", "--home", str(small_home), "--format", "json"
    )
    assert answer.code == 3
    assert answer.json["hits"] == []


@pytest.mark.parametrize(
    "idea", ['"', 'a "dog', "NEAR(", "prompt:dog", "dog*", "-dog", "^dog", "a AND", "'; DROP --"]
)
def test_query_syntax_is_only_words(run: Run, small_home: Path, idea: str) -> None:
    answer = run("search", f"dog {idea}", "--home", str(small_home), "--format", "json")
    assert answer.code == 0
    assert answer.json["hits"]


@pytest.mark.parametrize("idea", ["", "   ", "🎉🎉", "\x00\x1b", "...", "x" * 1_000_001])
def test_an_idea_without_words_or_end_is_a_usage_error(
    run: Run, small_home: Path, idea: str
) -> None:
    answer = run("search", idea, "--home", str(small_home))
    assert answer.code == 2
    assert isinstance(answer.error, InputError)
    assert answer.error.hint
    assert answer.out == ""


@pytest.mark.parametrize(("k", "code"), [("0", 2), ("-1", 2), ("1000000000", 0), ("ten", 2)])
def test_how_many(run: Run, small_home: Path, k: str, code: int) -> None:
    answer = run("search", "a dog", "-k", k, "--home", str(small_home), "--format", "json")
    assert answer.code == code


def test_no_idea_is_a_usage_error(run: Run, small_home: Path) -> None:
    assert run("search", "--home", str(small_home)).code == 2


def test_a_batch_answers_each_line_in_order(run: Run, small_home: Path) -> None:
    lines = 'a dog\n\n{"idea": "a castle", "k": 1}\n{"idea": "x", "k": "many"}\n'
    answer = run("search", "--batch", "-", "--home", str(small_home), stdin=lines)
    assert answer.code == 6
    rows = [json.loads(line) for line in answer.out.splitlines()]
    assert [row["idea"] for row in rows] == ["a dog", "", "a castle", '{"idea": "x", "k": "many"}']
    assert len(rows[2]["hits"]) == 1
    assert rows[1]["error"] == {"code": "input", "message": "the line is blank"}
    assert rows[3]["error"] == {"code": "input", "message": "k: 'many' is not a whole number"}


def test_a_batch_that_went_well_is_exit_0(run: Run, small_home: Path, tmp_path: Path) -> None:
    ideas = tmp_path / "ideas.txt"
    ideas.write_text("a dog\n", encoding="utf-8")
    answer = run("search", "--batch", str(ideas), "--home", str(small_home))
    assert answer.code == 0
    assert len(answer.out.splitlines()) == 1


def test_a_batch_file_that_is_not_there(run: Run, small_home: Path) -> None:
    answer = run("search", "--batch", "nowhere.txt", "--home", str(small_home))
    assert answer.code == 2
    assert "nowhere.txt" in str(answer.error)
