from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.optimize.glossary import LANGUAGES
from bozzetto.optimize.translate import translate, translate_each
from bozzetto.types import Phrase

CASES = (
    ("it", "un cartone animato di un piccolo cane", "a cartoon of a small dog"),
    ("it", "una ragazza che cammina sulla spiaggia", "a girl walking on the beach"),
    ("de", "ein kleines Bergdorf im Schnee", "a small mountain village in the snow"),
    ("de", "zwei Katzen spielen mit einem roten Ball", "two cats playing with a red ball"),
    ("fr", "un vieux phare dans la tempête", "an old lighthouse in the storm"),
    ("es", "tres caballos blancos", "three white horses"),
    ("pt", "um gatinho dormindo em uma poltrona vermelha", "a kitten sleeping in a red armchair"),
    ("ja", "小さな犬の漫画", "small dog cartoon"),
    ("zh", "一只在雪地里奔跑的小狗", "a puppy running in snow"),
    ("ko", "작은 강아지 만화", "small dog cartoon"),
)


class Book:
    """Two phrases it knows well, the rest badly."""

    KNOWN = {"clessidrone": ("giant hourglass", 0.9), "Medioevo": ("middle ages", 0.8)}  # noqa: RUF012

    def nearest(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        return [[self.KNOWN.get(text, ("lonely", 0.4))] for text in texts]


@pytest.mark.parametrize(("language", "text", "expected"), CASES)
def test_common_ideas_without_any_book(language: str, text: str, expected: str) -> None:
    english, phrases, notes = translate(text, language, None)
    assert english == expected
    assert all(phrase.source == "idea" and phrase.original for phrase in phrases)
    assert notes[0].endswith(f"as: {expected}")


def test_a_book_answers_for_the_rest_and_the_notes_say_how_sure() -> None:
    english, _, notes = translate("un clessidrone blorficante nel Medioevo", "it", Book())
    assert english == "a lonely giant hourglass in the middle ages" or english == (
        "a giant hourglass lonely in the middle ages"
    )
    assert notes[1] == "unsure of: blorficante (lonely)"


def test_names_quotes_and_syntax_pass_as_they_are() -> None:
    english, phrases, _ = translate('un cane a Bologna con "Ciao" <lora:x:1>', "it", None)
    assert english == 'a dog at Bologna with "Ciao" <lora:x:1>'
    assert phrases[0] == Phrase("a dog", "idea", "un cane")


def test_what_nobody_knows_is_left_out_and_said() -> None:
    english, _, notes = translate("un cane blorficante", "it", None)
    assert english == "a dog"
    assert notes[1] == "not understood and left out: blorficante"


def test_nothing_understood_stays_as_typed() -> None:
    english, phrases, notes = translate("blorficante", "it", None)
    assert (english, phrases) == ("blorficante", (Phrase("blorficante", "idea"),))
    assert "could not be put into English" in notes[0]


@settings(deadline=None)
@given(st.text(max_size=120), st.sampled_from([*LANGUAGES, "ru"]))
def test_phrases_join_to_the_text(text: str, language: str) -> None:
    english, phrases, _ = translate(text, language, Book())
    at = 0
    for phrase in phrases:
        found = english.find(phrase.text, at)
        assert found >= 0
        at = found + len(phrase.text)


def test_many_at_a_time_are_as_each_alone() -> None:
    texts = [(text, language) for language, text, _ in CASES]
    texts += [("un clessidrone blorficante nel Medioevo", "it"), ("blorficante", "it")]
    for book in (None, Book()):
        assert translate_each(texts, book) == [translate(*one, book) for one in texts]
