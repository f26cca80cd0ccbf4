from __future__ import annotations

import pytest

from bozzetto.optimize.english import article, doing, done, plural


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("dog", "dogs"), ("fox", "foxes"), ("city", "cities"), ("boy", "boys"), ("old man", "old men"),
     ("wolf", "wolves"), ("painting", "paintings"), ("sheep", "sheep")],
)  # fmt: skip
def test_plural(noun: str, expected: str) -> None:
    assert plural(noun) == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("walk", "walking"), ("dance", "dancing"), ("run", "running"), ("lie", "lying"),
     ("look out", "looking out"), ("see", "seeing")],
)  # fmt: skip
def test_doing(verb: str, expected: str) -> None:
    assert doing(verb) == expected


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("walk", "walked"), ("dance", "danced"), ("break", "broken"), ("cry", "cried")],
)
def test_done(verb: str, expected: str) -> None:
    assert done(verb) == expected


def test_article() -> None:
    assert [article(word) for word in ("apple", "dog")] == ["an", "a"]
