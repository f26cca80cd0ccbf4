from __future__ import annotations

import pytest

from bozzetto import profiles
from bozzetto.optimize.modifiers import facet
from bozzetto.optimize.wording import Part, prose, sayable, tags
from bozzetto.types import Phrase

IDEA = (Phrase("a dog", "idea"),)


def parts(*texts: str) -> list[Part]:
    return [Part(Phrase(text, "library"), facet(text)) for text in texts]


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        (("oil painting",), "a dog. An oil painting."),
        (("soft lighting", "deep shadows"), "a dog. With soft lighting and deep shadows."),
        (("35mm lens", "wide shot"), "a dog. Shot with a 35mm lens, in a wide shot."),
        (("calm mood", "muted colors"), "a dog. With a calm mood, in muted colors."),
        (("moody", "eerie"), "a dog. With a moody and eerie mood."),
        (("intricate", "fine texture"), "a dog. Intricate, with fine texture."),
        (("sunset", "photograph"), "a dog. A photograph. At sunset."),
        ((), "a dog"),
    ],
)
def test_prose(said: tuple[str, ...], prompt: str) -> None:
    assert prose("a dog", IDEA, parts(*said)).prompt == prompt


def test_prose_keeps_what_it_has_no_sentence_for_beside_the_idea() -> None:
    wish = Part(Phrase("riding a horse", "preference"), None)
    told = prose("a dog", IDEA, [*parts("charcoal"), wish])
    assert told.prompt == "a dog, riding a horse. Charcoal."
    assert [phrase.text for phrase in told.phrases] == ["a dog", "riding a horse", "Charcoal"]


def test_an_idea_with_its_own_end_gets_no_second_one() -> None:
    assert prose("Who is there?", IDEA, parts("charcoal")).prompt == "Who is there? Charcoal."


def test_sites_and_sizes_are_not_said_in_prose() -> None:
    assert not sayable("trending on artstation", "site")
    assert not sayable("8k", "quality")
    assert sayable("highly detailed", "quality")


def test_lists_stand_in_the_order_of_the_profile() -> None:
    said = parts("8k", "soft light", "oil painting")
    told = tags("a dog", IDEA, said, profiles.load("sdxl"))
    assert told.prompt == "a dog, oil painting, soft light, 8k"
