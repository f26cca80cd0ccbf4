"""An answer while it is written: bounds, reasons, counts."""

from __future__ import annotations

import pytest

from bozzetto.adapters.chat.written import MAX_BYTES, Written
from bozzetto.errors import BackendError
from bozzetto.types import Delta, Finish, Usage


def test_text_counts_and_the_end() -> None:
    written = Written(10)
    assert not written.begun
    assert written.add("a") == [Delta("a")]
    assert written.begun
    written.took(3, 1)
    written.ended("max_tokens")
    assert written.end("there") == [Usage(3, 1), Finish("length")]


@pytest.mark.parametrize("text", [None, "", 3, ["a"], {"text": "a"}])
def test_what_is_no_text_is_left_alone(text: object) -> None:
    written = Written(10)
    assert written.add(text) == []
    assert not written.begun


def test_an_answer_without_end_is_ended() -> None:
    written = Written(1)
    assert written.add("x" * 13) == [Delta("x" * 12)]
    assert written.over
    assert written.add("y") == []
    written.ended("stop")
    assert written.end("there") == [Finish("length")]


def test_a_stream_without_end_is_ended() -> None:
    written = Written(10)
    written.came(MAX_BYTES, "there")
    with pytest.raises(BackendError, match="there sent more than an answer can be"):
        written.came(1, "there")
    assert written.add("a") == [Delta("a")]
    written.came(1, "there")
    assert written.over
    assert written.end("there") == [Finish("length")]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", "stop"),
        ("COMPLETE", "stop"),
        ("FINISH", "stop"),
        ("endoftext", "stop"),
        ("LENGTH", "length"),
        ("MAX_TOKENS", "length"),
        ("guardrail_intervened", "filtered"),
        ("ERROR_TOXIC", "filtered"),
        ("new\x1bword", "new\\x1bword"),
    ],
)
def test_reasons_in_our_words(word: str, reason: str) -> None:
    written = Written(1)
    written.ended(word)
    assert written.end("there") == [Finish(reason)]


@pytest.mark.parametrize("counts", [(1, None), (-1, 1), (True, 1), (1, 10**12), ("1", 1)])
def test_counts_that_are_none_are_left_alone(counts: tuple[object, object]) -> None:
    written = Written(1)
    written.add("a")
    written.took(*counts)
    assert written.end("there") == [Finish("cut")]


def test_no_answer_at_all_may_come_another_time() -> None:
    with pytest.raises(BackendError, match="there sent an empty answer") as caught:
        Written(1).end("there")
    assert caught.value.retryable
