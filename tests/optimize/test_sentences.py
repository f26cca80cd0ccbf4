"""A prompt as prose: whole sentences, whatever they are made of."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.optimize.modifiers import Look, facet, standard, table
from bozzetto.optimize.sentences import TURNS, opened, prose, sayable, worded
from bozzetto.optimize.wording import Part
from bozzetto.types import Phrase

IDEA = (Phrase("a dog", "idea"),)
STANDARD = [look for look in standard() if sayable(look.text, look.facet)]


def parts(*texts: str) -> list[Part]:
    return [Part(Phrase(text, "library"), facet(text)) for text in texts]


@pytest.mark.parametrize(
    ("said", "prompt"),
    [
        (("oil painting",), "A dog. The picture is an oil painting."),
        (
            ("soft lighting", "rim light"),
            "A dog. The scene is lit with soft lighting and rim light.",
        ),
        (("deep shadows",), "A dog. Deep shadows shape the scene."),
        (("chiaroscuro",), "A dog. Chiaroscuro shapes the scene."),
        (
            ("35mm lens", "wide shot"),
            "A dog. The subject is shown in a wide shot, shot with a 35mm lens.",
        ),
        (
            ("calm mood", "muted colors"),
            "A dog. The palette holds muted colors. The effect is a calm mood.",
        ),
        (("moody",), "A dog. The mood is moody."),
        (("kodak portra 400",), "A dog. The subject is shot on Kodak Portra 400."),
        (
            ("sunset", "photograph", "cyberpunk"),
            "A dog. The picture is a photograph, in a cyberpunk style. The scene is set at sunset.",
        ),
        ((), "a dog"),
    ],
)
def test_prose(said: tuple[str, ...], prompt: str) -> None:
    assert prose("a dog", IDEA, parts(*said)).prompt == prompt


def test_each_turn_words_it_otherwise() -> None:
    said = parts("oil painting", "soft lighting", "moody")
    told = [prose("a dog", IDEA, said, turn).prompt for turn in range(TURNS)]
    assert told == [
        "A dog. The picture is an oil painting. The scene is lit with soft lighting. "
        "The mood is moody.",
        "A dog. It is an oil painting. Soft lighting bathes it all. It feels moody.",
        "A dog. This is an oil painting. Soft lighting falls over everything. "
        "We sense a moody mood.",
        "A dog. What meets the eye is an oil painting. Soft lighting models each form. "
        "A moody mood prevails.",
    ]


def test_what_has_no_sentence_stands_beside_the_idea() -> None:
    wish = Part(Phrase("riding a horse", "preference"), None)
    told = prose("a dog", IDEA, [*parts("charcoal"), wish])
    assert told.prompt == "A dog, riding a horse. The picture is made in charcoal."
    assert [phrase.text for phrase in told.phrases] == ["A dog", "riding a horse", "charcoal"]


def test_an_idea_with_its_own_end_gets_no_second_one() -> None:
    told = prose("Who is there?", IDEA, parts("charcoal"))
    assert told.prompt == "Who is there? The picture is made in charcoal."


@pytest.mark.parametrize(
    ("text", "as_sentence"),
    [
        ("a red fox", "A red fox"),
        ("women at a table", "Women at a table"),
        ("iPhone on a desk", "iPhone on a desk"),
        ("eames chair", "eames chair"),
        ("1girl, solo", "1girl, solo"),
        ("un gatto", "un gatto"),
        ('"sale" on a sign', '"sale" on a sign'),
        ("(fox:1.2) in snow", "(fox:1.2) in snow"),
        ("embedding:face of a man", "embedding:face of a man"),
        ("", ""),
    ],
)
def test_only_a_plain_english_word_gets_a_capital(text: str, as_sentence: str) -> None:
    assert opened(text) == as_sentence


def test_what_is_to_keep_to_the_letter_gets_no_capital() -> None:
    told = prose("a dog", IDEA, parts("charcoal"), keep=("A dog",))
    assert told.prompt.startswith("a dog. ")


@pytest.mark.parametrize(
    ("text", "about", "able"),
    [
        ("trending on artstation", "site", False),
        ("8k", "quality", False),
        ("highly detailed", "quality", True),
        ("intricate detailed", "quality", False),
        ("epic cinematic", "mood", False),
        ("epic lighting", "light", False),
        ("intricate and epic composition", "composition", False),
        ("mountains in the background", "composition", False),
        ("soft lighting", "light", True),
    ],
)
def test_what_prose_can_say(text: str, about: str, able: bool) -> None:
    assert sayable(text, about) is able


def test_a_modifier_within_a_sentence() -> None:
    assert worded("sunset", "time") == "at sunset"
    assert worded("oil painting", "medium") == "as an oil painting"
    assert worded("unique painting", "medium") == "as a unique painting"
    assert worded("8k", "quality") is None


def test_every_row_has_a_way_for_every_turn() -> None:
    for _, _, _, behind, heads in table("sentences.tsv"):
        ways = heads.split("|")
        assert len(ways) == TURNS
        assert all(len(re.findall(r"\{a?\}", way)) == 1 for way in [behind, *ways])


@given(st.lists(st.sampled_from(STANDARD), unique=True, max_size=12), st.integers(0, TURNS - 1))
def test_sentences_are_whole_and_traced(looks: list[Look], turn: int) -> None:
    told = prose("a dog", IDEA, [Part(Phrase(x.text, "library"), x.facet) for x in looks], turn)
    at = 0
    for phrase in told.phrases:
        at = told.prompt.index(phrase.text, at) + len(phrase.text)
    assert len(told.phrases) == len(looks) + 1
    if looks:
        sentences = told.prompt.removesuffix(".").split(". ")
        assert all(sentence[0].isupper() or sentence[0].isdigit() for sentence in sentences)
        assert len({" ".join(s.split()[:2]) for s in sentences}) == len(sentences)
    assert not re.search(r"  |,,|\{|\*|\ba (?!one )[aeio]", told.prompt)
