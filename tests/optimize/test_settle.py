"""Wishes against the idea: what stands, what gives way, and that it is told."""

from __future__ import annotations

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.types import Strength, Wishes

GIRL = "a girl with a red hat"


@pytest.mark.parametrize(
    ("strength", "keep", "text", "note"),
    [
        ("reimagine", "red hat", GIRL,
         "the idea says 'red hat': the wish 'blue hat' is left out (it is kept to the letter)"),
        ("reimagine", (), "a girl with a blue hat",
         "'red hat' of the idea became 'blue hat', as wished"),
        ("enrich", (), GIRL,
         "the idea says 'red hat': the wish 'blue hat' is left out "
         "(strength reimagine lets a wish win)"),
    ],
)  # fmt: skip
def test_a_thing_has_one_colour(
    strength: Strength, keep: str | tuple[str, ...], text: str, note: str
) -> None:
    brief = make_brief(
        GIRL, language="en", profile=profiles.load("sdxl"), prefer=["blue hat"],
        wishes=Wishes(keep=keep), strength=strength,
    )  # fmt: skip
    assert (brief.text, brief.wanted, brief.notes) == (text, (), (note,))


@pytest.mark.parametrize("wish", ["blue flowers", "red boots"])
def test_another_thing_has_its_own_colour(wish: str) -> None:
    brief = make_brief(GIRL, language="en", profile=profiles.load("sdxl"), prefer=[wish])
    assert ([phrase.text for phrase in brief.wanted], brief.notes) == ([wish], ())


@pytest.mark.parametrize(
    ("idea", "wish", "text"),
    [
        ("a cat at night", "daylight", "a cat in daylight"),
        ("a cat on a roof at midnight", "sunset", "a cat on a roof at sunset"),
        ("a cat in the night", "morning", "a cat in the morning"),
        ("a night scene", "daylight", "a daylight scene"),
        ("a cat at night, in the moonlight", "daylight", "a cat in daylight"),
        ("a cat at night in a dark alley", "daylight", "a cat in daylight in a dark alley"),
        ("a cat at night, in the dark", "daylight", "a cat in daylight"),
    ],
)
def test_a_wish_that_wins_comes_with_its_preposition(idea: str, wish: str, text: str) -> None:
    brief = make_brief(
        idea, language="en", profile=profiles.load("sdxl"), prefer=[wish], strength="reimagine"
    )
    assert (brief.text, brief.wanted) == (text, ())
