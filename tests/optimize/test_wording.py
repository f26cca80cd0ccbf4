"""A prompt as a list, in the order that the image model likes."""

from __future__ import annotations

from dataclasses import replace

from bozzetto import profiles
from bozzetto.optimize.modifiers import facet
from bozzetto.optimize.wording import Part, kind, order, tags
from bozzetto.types import Phrase

IDEA = (Phrase("a dog", "idea"),)
PONY = profiles.load("pony")


def parts(*texts: str) -> list[Part]:
    return [Part(Phrase(text, "library"), facet(text)) for text in texts]


def test_lists_stand_in_the_order_of_the_profile() -> None:
    said = parts("8k", "soft light", "oil painting")
    told = tags("a dog", IDEA, said, profiles.load("sdxl"))
    assert told.prompt == "a dog, oil painting, soft light, 8k"


def test_what_counts_figures_stands_before_the_idea() -> None:
    own = Part(Phrase("score_9", "guideline"), "own")
    none = Part(Phrase("no humans", "guideline"), "figures")
    told = tags("a dog", IDEA, [*parts("sunset"), none, own], PONY)
    assert told.prompt == "score_9, no humans, a dog, sunset"


def test_a_profile_of_the_users_own_is_ordered_by_its_vocabulary() -> None:
    mine = replace(PONY, name="mine")
    assert order(mine) == order(PONY)
    assert (kind(PONY), kind(mine), kind(profiles.load("sdxl"))) == ("", "anime", "")
