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
    assert set(found) == {
        "idea", "language", "confident", "confidence", "hidden", "hits", "notes",
    }  # fmt: skip
    assert 0 <= found["confidence"] <= 1
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


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ((), "say what you have in mind, or give --like ID"),
        (("--unlike", "0123456789abcdef"), "say what you have in mind, or give --like ID"),
        (("--like", "0123456789abcdef"), "no prompt is called '0123456789abcdef'"),
        (("a dog", "--unlike", "x"), "no prompt is called 'x'"),
        (("a dog", "--by", "mood"), "'mood' is not one of 'both', 'subject', 'look'"),
    ],
)
def test_what_cannot_be_searched_for(
    run: Run, small_home: Path, asked: tuple[str, ...], said: str
) -> None:
    answer = run("search", *asked, "--home", str(small_home))
    assert (answer.code, answer.out) == (2, "")
    told = answer.error.message if answer.error else answer.err
    assert said in " ".join(told.replace("│", " ").split())


def test_more_like_a_prompt_and_less_like_another(run: Run, small_home: Path) -> None:
    def found(*asked: str) -> list[dict[str, Any]]:
        answer = run("search", *asked, "--home", str(small_home), "--format", "json")
        assert answer.code == 0
        hits: list[dict[str, Any]] = answer.json["hits"]
        return hits

    dog, *_, last = found("a cartoon dog")
    assert "white dog" in dog["prompt"]
    like = found("--like", dog["id"])
    assert "cartoon puppy" in like[0]["prompt"]
    assert dog["id"] not in [hit["id"] for hit in like]
    both = found("a dog", "--like", dog["id"], "--unlike", last["id"])
    assert not {dog["id"], last["id"]} & {hit["id"] for hit in both}


def test_one_half_of_the_prompts(run: Run, small_home: Path) -> None:
    answer = run("search", "pastel storybook look", "--by", "look", "--home", str(small_home))
    assert answer.code == 0
    assert answer.out.startswith("pastel storybook look  by look\n")
    assert "a cartoon puppy" in answer.out.split("\n2 ")[0]


def test_why_and_what_they_have_in_common(run: Run, small_home: Path) -> None:
    asked = ("search", "a small hound", "-k", "1", "--home", str(small_home))
    shown = run(*asked, "--explain", "--facets").out
    assert "found by meaning #1" in shown
    assert 'says small, hound as "dog"' in " ".join(shown.split())
    assert "of the best 10" in shown
    assert "mine.txt 10" in shown
    found = run(*asked, "--explain", "--facets", "--format", "json").json
    assert {"wanted": "small", "found": "small", "alike": 1.0} in found["hits"][0]["answers"]
    assert found["facets"] == {
        "of": 10, "use": {}, "tag": {}, "model_family": {}, "source": {"mine.txt": 10},
    }  # fmt: skip


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
