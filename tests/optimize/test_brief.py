from __future__ import annotations

import pytest

from bozzetto import profiles
from bozzetto.errors import InputError
from bozzetto.optimize.brief import make_brief, tidy
from bozzetto.types import Phrase

SDXL = profiles.load("sdxl")


@pytest.mark.parametrize("idea", ["", "   ", "\x00\x07", ",,, ;", "\n\t"])
def test_nothing_to_see_is_an_input_error(idea: str) -> None:
    with pytest.raises(InputError, match="empty"):
        make_brief(idea, language="und", profile=SDXL)


def test_protected_spans_pass_to_the_letter() -> None:
    idea = 'a  sign saying "OPEN  24 h" ,  <lora:neon:0.8>  at 8 k.'
    assert tidy(idea) == 'a sign saying "OPEN  24 h", <lora:neon:0.8> at 8k'


def test_wishes_are_parted_into_wanted_and_unwanted() -> None:
    brief = make_brief(
        "a street", language="en", profile=SDXL, prefer=("warmer, no people", "without cars; fog")
    )
    assert brief.wanted == (
        Phrase("warm colors", "preference", "warmer"),
        Phrase("fog", "preference"),
    )
    assert brief.unwanted == ("people", "cars")


def test_a_foreign_idea_is_translated_for_a_model_that_reads_english() -> None:
    brief = make_brief(
        "un cartone animato di un piccolo cane",
        language="it",
        profile=SDXL,
        prefer=("senza persone",),
    )
    assert brief.text == "a cartoon of a small dog"
    assert brief.phrases == (
        Phrase("a cartoon", "idea", "un cartone animato"),
        Phrase("of a small dog", "idea", "di un piccolo cane"),
    )
    assert brief.unwanted == ("persons",) or brief.unwanted == ("people",)


def test_a_model_that_reads_the_language_gets_it_as_typed() -> None:
    brief = make_brief("一只小狗", language="zh", profile=profiles.load("qwen-image"))
    assert brief.text == "一只小狗"
    assert brief.phrases == (Phrase("一只小狗", "idea"),)
