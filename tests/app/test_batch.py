"""Batch lines: what a line asks for, and what a failing one gets."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.app.batch import MAX_LINE, BatchRequest, over, parse_line, run_batch
from bozzetto.errors import BackendError, InputError, NotFoundError, SetupError
from bozzetto.types import Wishes


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("a red fox", BatchRequest("a red fox")),
        ("  a red fox \t", BatchRequest("a red fox")),
        ('{"idea": "a fox"}', BatchRequest("a fox")),
        (
            '{"idea": "a fox", "pick": ["a1"], "prefer": "warm", "profile": "sd15", "seed": 3, '
            '"k": 5, "n": 2}',
            BatchRequest("a fox", ("a1",), "warm", "sd15", 3, 5, 2),
        ),
        ('{"idea": "a fox", "pick": "a1", "note": "mine"}', BatchRequest("a fox", ("a1",))),
        (
            '{"idea": "a fox", "mood": "calm", "avoid": ["a", "b"], "aspect": "1:1", "strength": '
            '"touch-up", "template": "{subject}", "set": {"light": "soft"}}',
            BatchRequest(
                "a fox",
                wishes=Wishes(mood="calm", avoid=["a", "b"], aspect="1:1"),
                strength="touch-up",
                template="{subject}",
                values={"light": "soft"},
            ),
        ),
        (
            '{"idea": "a fox", "mood": "calm", "wishes": {"mood": "sad", "keep": ["fox"]}}',
            BatchRequest("a fox", wishes=Wishes(mood="calm", keep=["fox"])),
        ),
        ('{"idea": "a fox", "wishes": null, "colour": "red"}', BatchRequest("a fox")),
        ('{"prompt": "no idea"}', BatchRequest('{"prompt": "no idea"}')),
        ("[1, 2]", BatchRequest("[1, 2]")),
        ("{a|b} dog", BatchRequest("{a|b} dog")),
        ('{"idea": "cut off', BatchRequest('{"idea": "cut off')),
    ],
)
def test_a_line_is_json_only_as_an_object_with_an_idea(line: str, request_: BatchRequest) -> None:
    assert parse_line(line) == request_


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "the line is blank"),
        ("   ", "the line is blank"),
        ('{"idea": 3}', "idea: 3 is not a text"),
        ('{"idea": "x", "k": "ten"}', "k: 'ten' is not a whole number"),
        ('{"idea": "x", "n": true}', "n: True is not a whole number"),
        ('{"idea": "x", "pick": [1]}', "pick: [1] is not an id or a list of ids"),
        ('{"idea": "x", "template": 3}', "template: 3 is not a text"),
        ('{"idea": "x", "set": {"a": 1}}', "set: \"{'a': 1}\" is not an object of texts"),
        ('{"idea": "x", "mood": 3}', "mood: '3' is not a text"),
        ('{"idea": "x", "wishes": "calm"}', "wishes: 'calm' is not a table of fields"),
        (
            '{"idea": "x", "wishes": {"moods": "y"}}',
            "wishes: unknown field 'moods'; did you mean 'mood'?",
        ),
        ('{"idea": "x", "wish": {}}', "unknown key 'wish'; did you mean 'wishes'?"),
        ('{"idea": "x", "moods": "y"}', "unknown key 'moods'; did you mean 'mood'?"),
        ('{"idea": "x", "profil": "y"}', "unknown key 'profil'; did you mean 'profile'?"),
    ],
)
def test_a_wrong_line_says_what_is_wrong(line: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_line(line)
    assert caught.value.message == message


def test_what_a_line_says_goes_before_what_the_command_does() -> None:
    command = BatchRequest(
        "", n=2, prefer="warm", seed=7, values={"place": "Rome", "light": "dim"},
        wishes=Wishes(mood="calm", light="soft", avoid=("people",)),
    )  # fmt: skip
    line = BatchRequest(
        "a fox", seed=0, values={"light": "bright"}, wishes=Wishes(light="harsh", keep="fox")
    )
    assert over(command, line) == BatchRequest(
        "a fox", n=2, prefer="warm", seed=0, values={"place": "Rome", "light": "bright"},
        wishes=Wishes(mood="calm", light="harsh", avoid=("people",), keep="fox"),
    )  # fmt: skip


def test_one_answer_a_line_in_order() -> None:
    def answer(request: BatchRequest) -> dict[str, str]:
        if request.idea == "gone":
            raise NotFoundError("no prompt is called 'gone'")
        return {"idea": request.idea}

    stream = io.BytesIO(
        'a fox\r\n\n{"idea": "gone"}\n犬\n\xff\n'.encode().replace(b"\xc3\xbf", b"\xff")
    )
    assert list(run_batch(stream, answer)) == [
        ({"idea": "a fox"}, True),
        ({"idea": "", "error": {"code": "input", "message": "the line is blank"}}, False),
        (
            {
                "idea": "gone",
                "error": {"code": "not_found", "message": "no prompt is called 'gone'"},
            },
            False,
        ),
        ({"idea": "犬"}, True),
        (
            {
                "idea": None,
                "error": {"code": "input", "message": "the line is not UTF-8: invalid start byte"},
            },
            False,
        ),
    ]


def test_a_line_too_long_is_passed_over_without_losing_the_next() -> None:
    stream = io.BytesIO(b"x" * (3 * MAX_LINE) + b"\na fox\n")
    answers = list(run_batch(stream, lambda request: {"idea": request.idea}))
    assert [good for _, good in answers] == [False, True]
    assert answers[1][0] == {"idea": "a fox"}


def test_missing_set_up_ends_the_run_before_anything_is_answered() -> None:
    def answer(request: BatchRequest) -> dict[str, str]:
        raise SetupError("no key")

    with pytest.raises(SetupError):
        list(run_batch(io.BytesIO(b"a\nb\n"), answer))


def test_a_back_end_that_fails_fails_its_line_only() -> None:
    def answer(request: BatchRequest) -> dict[str, str]:
        raise BackendError("down")

    answers = list(run_batch(io.BytesIO(b"a\nb\n"), answer))
    assert [line["error"]["code"] for line, _ in answers] == ["backend", "backend"]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"))))
def test_exactly_one_json_object_a_line(lines: list[str]) -> None:
    stream = io.BytesIO("".join(line + "\n" for line in lines).encode())
    answers = [line for line, _ in run_batch(stream, lambda request: {"idea": request.idea})]
    assert len(answers) == len(lines)
    for line in answers:
        assert json.loads(json.dumps(line)) == line
