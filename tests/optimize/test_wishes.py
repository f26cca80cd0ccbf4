"""What is heard in wishes: their language, and what only joins them."""

from __future__ import annotations

import pytest

from bozzetto.optimize.wishes import hear, spoken
from bozzetto.types import Wishes


def heard(prefer: str, language: str) -> tuple[list[str], list[str], list[str]]:
    found = hear([prefer], Wishes(), language=language, reads=("en",), book=None)
    return [wish.phrase.text for wish in found.wanted], found.unwanted, found.notes


@pytest.mark.parametrize(
    ("language", "prefer", "wanted"),
    [
        ("zh", "もっと暖かく", ["warm colors"]),
        ("zh", "もっと暖かく、夕方", ["warm colors", "evening"]),
        ("zh", "更温暖", ["warm colors"]),
        ("ja", "もっと暖かく", ["warm colors"]),
    ],
)
def test_a_script_that_tells_more_than_han_is_believed(
    language: str, prefer: str, wanted: list[str]
) -> None:
    assert heard(prefer, language) == (wanted, [], [])


@pytest.mark.parametrize(
    ("language", "prefer", "wanted"),
    [
        ("en", "feel like a rainy Sunday, but not too dark",
         ["feel like a rainy Sunday", "bright lighting"]),
        ("en", "calm, and not too bright, or foggy but",
         ["calm", "dim, low-key lighting", "foggy"]),
        ("it", "più caldo, ma non troppo scuro", ["warm colors", "bright lighting"]),
        ("fr", "plus chaud, mais pas trop sombre", ["warm colors", "bright lighting"]),
        ("pt", "mais quente", ["warm colors"]),
    ],
)  # fmt: skip
def test_what_joins_wishes_is_no_part_of_them(
    language: str, prefer: str, wanted: list[str]
) -> None:
    assert heard(prefer, language)[0] == wanted


@pytest.mark.parametrize(
    ("text", "language", "code"),
    [
        ("watermark", "it", "en"),
        ("blurry", "de", "en"),
        ("low quality", "fr", "en"),
        ("testo", "it", "it"),
        ("Schrift", "de", "de"),
    ],
)
def test_english_words_beside_an_idea_of_another_language_are_english(
    text: str, language: str, code: str
) -> None:
    assert spoken(text, language) == code
