"""Candidates changed by a wish or written again, without a chat model."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto import profiles
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.limits import fits
from bozzetto.optimize.rework import again, one_wish, refine
from bozzetto.optimize.sentences import prose
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.wording import Part
from bozzetto.types import Candidate, Hit, Phrase

IDEA = "a lighthouse on a cliff"
TEXTS = [
    "a castle on a hill, oil painting, cold colors, misty, thick brush strokes, crowd of people",
    "a boat in a storm, watercolor, muted palette, soft light, rough paper",
    "a village at night, ink drawing, high contrast, moonlight, stark shadows",
    "a bridge in fog, digital painting, volumetric light, wide shot, blue hues",
]
LIBRARY = LibraryStats.build(TEXTS * 10)
HITS = [Hit(f"h{i}", text, None, 1.0, "test", 0) for i, text in enumerate(TEXTS)]


def brief(*prefer: str, profile: str = "sdxl") -> Brief:
    return make_brief(IDEA, language="en", profile=profiles.load(profile), prefer=prefer)


PHRASES = (
    Phrase(IDEA, "idea"),
    Phrase("oil painting", "h0"),
    Phrase("cold colors", "h0"),
    Phrase("thick brush strokes", "h0"),
    Phrase("people on the beach", "h0"),
)
PARENT = Candidate(
    "c1", ", ".join(p.text for p in PHRASES), "blurry, text", "sdxl", "compose", {"clip": 20},
    PHRASES, 1.0, 0.5, ("an old warning",), seed=3, look="oil", references=("h0",),
)  # fmt: skip


def refined(*wishes: str, parent: Candidate = PARENT) -> Candidate:
    wish = brief(*wishes)
    return refine(parent, one_wish(brief(), wish), wish, HITS)


def test_what_contradicts_the_wish_goes_and_all_else_stays_to_the_letter() -> None:
    found = refined("warmer")
    assert found.prompt == (
        f"{IDEA}, warm colors, oil painting, thick brush strokes, people on the beach"
    )
    assert found.phrases == (
        PHRASES[0], Phrase("warm colors", "preference", "warmer"), PHRASES[1], *PHRASES[3:],
    )  # fmt: skip
    assert (found.parent, found.look, found.references) == ("c1", "oil", ("h0",))
    assert found.warnings == ()
    assert found.negative is not None
    assert {"blurry", "text"} <= set(found.negative.split(", "))


def test_what_is_not_wanted_goes_to_the_negative_prompt() -> None:
    found = refined("no people")
    assert found.prompt == f"{IDEA}, oil painting, cold colors, thick brush strokes"
    assert found.negative == "people, blurry, text"


def test_a_later_wish_goes_before_an_earlier_one() -> None:
    first, second = brief("warmer, no people"), brief("colder, people")
    both = one_wish(first, second)
    assert [p.text for p in both.wanted] == [p.text for p in second.wanted]
    assert "people" not in both.unwanted
    warm = refined("warmer")
    found = refine(warm, both, second, HITS)
    assert "warm colors" not in found.prompt
    assert "cold colors" in found.prompt


def test_a_wish_that_is_met_already_is_no_new_candidate() -> None:
    found = refined("oil painting")
    assert (found.id, found.prompt, found.parent) == ("c1", PARENT.prompt, None)
    assert found.warnings == ("nothing had to be changed for that wish",)


def test_a_text_of_a_chat_model_gets_the_wish_at_its_end() -> None:
    parent = replace(PARENT, chat="ollama:x")
    assert refined("soft light", parent=parent).prompt == f"{PARENT.prompt}, soft light"


def test_a_model_without_negative_prompt_gets_none() -> None:
    wish = brief("no people", profile="flux")
    found = refine(PARENT, one_wish(brief(profile="flux"), wish), wish, HITS)
    assert (found.negative, found.profile) == (None, "flux")
    assert "people" not in found.prompt


MODIFIERS = [
    ("scifi", "style"), ("sunset", "time"), ("mist", "weather"), ("mystical", "mood"),
    ("cinematic", "mood"), ("bright", "palette"), ("hyperrealistic", "quality"),
]  # fmt: skip


def in_sentences(turn: int = 0) -> Candidate:
    parts = [Part(Phrase(text, "h1"), about) for text, about in MODIFIERS]
    told = prose(IDEA, (Phrase(IDEA, "idea"),), parts, turn)
    return replace(PARENT, prompt=told.prompt, phrases=told.phrases, negative=None, profile="flux")


START = "A lighthouse on a cliff. The style of the picture is scifi."
PLACE = "The scene is set at sunset, in mist."
BRIGHT = "The palette is bright."
MOOD = "The mood is mystical and cinematic."
REAL = "The rendering is hyperrealistic."


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ("less mystical", [START, PLACE, BRIGHT, "The mood is cinematic.", REAL]),
        ("no sunset", [START, "The scene lies in mist.", BRIGHT, MOOD, REAL]),
        ("no mist", [START, "The scene is set at sunset.", BRIGHT, MOOD, REAL]),
        ("night", [START, "The scene is set at night, in mist.", BRIGHT, MOOD, REAL]),
        ("no cinematic, less mystical", [START, PLACE, BRIGHT, REAL]),
        (
            "watercolor",
            ["A lighthouse on a cliff. The picture is made in watercolor, in a scifi style.",
             PLACE, BRIGHT, MOOD],
        ),
    ],
)  # fmt: skip
def test_sentences_are_put_together_anew(wish: str, told: list[str]) -> None:
    parent = in_sentences()
    assert parent.prompt == " ".join([START, PLACE, BRIGHT, MOOD, REAL])
    alone = brief(wish, profile="flux")
    found = refine(parent, one_wish(brief(profile="flux"), alone), alone, HITS)
    assert (found.prompt, found.warnings, found.parent) == (" ".join(told), (), "c1")


@pytest.mark.parametrize("turn", range(4))
def test_sentences_keep_their_turn_of_phrase(turn: int) -> None:
    parent = in_sentences(turn)
    alone = brief("no mist", profile="flux")
    found = refine(parent, one_wish(brief(profile="flux"), alone), alone, HITS)
    kept = [s for s in parent.prompt.split(". ") if "mist" not in s]
    assert [s for s in found.prompt.split(". ") if "sunset" not in s] == kept


@pytest.mark.parametrize("chat", ["compose", "ollama:x"])
def test_sentences_that_no_wish_changes_stay_with_their_id(chat: str) -> None:
    parent = replace(in_sentences(), chat=chat)
    alone = brief("no people, mystical", profile="flux")
    found = refine(parent, one_wish(brief(profile="flux"), alone), alone, HITS)
    assert (found.id, found.prompt) == ("c1", parent.prompt)
    assert found.warnings == (
        "FLUX.1 dev takes no negative prompt: 'no people' was left out",
        "nothing had to be changed for that wish",
    )


def test_another_text_keeps_its_full_stop() -> None:
    phrases = (Phrase(IDEA, "idea"), Phrase("seen from a boat", "h1"))
    text = f"{IDEA}, as it is seen from a boat."
    parent = replace(PARENT, prompt=text, phrases=phrases, chat="ollama:x", profile="flux")
    alone = brief("soft light", profile="flux")
    found = refine(parent, one_wish(brief(profile="flux"), alone), alone, HITS)
    assert found.prompt == f"{IDEA}, as it is seen from a boat, soft light."


@given(
    st.lists(st.sampled_from(["warmer", "soft light", "dusk", "no people", "colder"]), max_size=4)
)
def test_the_idea_stays_within_the_budget_and_the_phrases_give_the_prompt(said: list[str]) -> None:
    long = [Phrase(f"detail number {i} of the place", "h1") for i in range(11)]
    phrases = (*PHRASES, *long)
    parent = replace(PARENT, prompt=", ".join(p.text for p in phrases), phrases=phrases)
    current, so_far = parent, brief()
    for text in said:
        wish = brief(text)
        so_far = one_wish(so_far, wish)
        current = refine(current, so_far, wish, HITS)
        assert current.prompt.startswith(IDEA)
        assert fits(current.prompt, so_far.profile)
        at = 0
        for phrase in current.phrases:
            at = current.prompt.index(phrase.text, at) + len(phrase.text)
        assert at == len(current.prompt)


@pytest.mark.parametrize("seed", [1, 2])
def test_another_in_its_place_is_another_and_comes_again_with_its_seed(seed: int) -> None:
    parent = compose(brief(), HITS, LIBRARY, n=1, seed=0)[0]
    found = again(parent, brief(), HITS, LIBRARY, seed=seed)
    assert found.prompt != parent.prompt
    assert (found.parent, found.seed) == (parent.id, seed)
    assert again(parent, brief(), HITS, LIBRARY, seed=seed) == found


def test_where_there_is_nothing_else_that_is_said() -> None:
    parent = compose(brief(), [], LibraryStats.build([]), n=1, seed=0)[0]
    found = again(parent, brief(), [], LibraryStats.build([]), seed=1)
    assert found.warnings[-1] == "there is little else"
