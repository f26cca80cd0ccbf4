from collections.abc import Sequence
from dataclasses import replace

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.judge import judge, same
from bozzetto.optimize.mend import Accepted, fitted, negatives
from bozzetto.optimize.parse import Draft, Refusal
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.tokens import clip_tokens
from bozzetto.types import Check, Hit

IDEA = "a red book and a yellow vase"
LOOK = "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field"
LIBRARY = LibraryStats.build(
    ["a castle, oil painting by greg rutkowski", "a cat, watercolor, soft light, muted colors"] * 40
)
REFERENCE = "an old knight rests under a crooked oak while ravens circle above the burnt village"
HITS = [Hit("h", REFERENCE, None, 1.0, "test", 0)]


def judged(
    prompt: str, idea: str = IDEA, prefer: Sequence[str] = (), profile: str = "sdxl"
) -> Accepted | Refusal:
    brief = make_brief(idea, language="en", profile=profiles.load(profile), prefer=prefer)
    return judge(Draft(prompt), brief, HITS, LIBRARY)


@pytest.mark.parametrize(
    "prompt",
    [
        f"{IDEA}, {LOOK}",
        f"a yellow vase beside a red book, {LOOK}",
        "a tall yellow vase with a glossy glaze stands beside a worn red book on a rustic table, "
        "its soft shadow falling over the golden light of a calm, dreamy morning",
    ],
)
def test_a_good_text_stands_as_it_is(prompt: str) -> None:
    assert judged(prompt) == Accepted(prompt)


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        (f"a blue train, {LOOK}", "lost red, yellow, book, vase"),
        (IDEA, "says next to nothing about the look"),
        (f"{IDEA}, a glass of wine, a rainbow, and a sky with clouds", "says next to nothing"),
        (f"{IDEA}, {LOOK}, by Greg Rutkowski", "names somebody (greg)"),
        (f"{IDEA}, {LOOK}, painted by rutkowski", "names somebody (rutkowski)"),
        (f"{IDEA}, {LOOK}, {REFERENCE}", "copies a reference"),
    ],
)
def test_a_bad_text_is_taken_back_with_the_reason(prompt: str, reason: str) -> None:
    found = judged(prompt)
    assert isinstance(found, Refusal)
    assert found.reason.startswith(reason)


def test_a_contradiction_is_taken_back() -> None:
    found = judged(f"a city at night, {LOOK}, bright noon sun", "a city at night")
    assert found == Refusal("contradicts the idea (noon)")


def test_surrounded_by_credits_nobody_and_names_of_the_idea_may_stay() -> None:
    assert isinstance(judged(f"{IDEA} surrounded by lush green leaves, {LOOK}"), Accepted)
    idea = "a castle by greg rutkowski"
    assert isinstance(judged(f"{idea}, {LOOK}", idea), Accepted)


def test_what_should_be_left_out_is_not_asked_for() -> None:
    found = judged(f"{IDEA}, {LOOK}, people in the background", prefer=["no people"])
    assert found == Refusal("has what should be left out (people)")
    assert isinstance(judged(f"{IDEA}, {LOOK}, no people", prefer=["no people"]), Accepted)


def test_a_text_over_the_budget_is_cut_at_a_phrase() -> None:
    found = judged(f"{IDEA}, {LOOK}, " + ", ".join(f"gentle haze number {i}" for i in range(40)))
    assert isinstance(found, Accepted)
    assert found.notes == ("cut to what Stable Diffusion XL reads",)
    assert clip_tokens(found.prompt) <= 75
    assert found.prompt.startswith(f"{IDEA}, {LOOK}, gentle haze number 0,")
    assert not found.prompt.endswith("number")


def test_a_mostly_kept_idea_is_put_in_front() -> None:
    text = f"a red book on a table with a vase, {LOOK}, dreamy haze, warm golden glow, rough canvas"
    found = judged(text)
    assert isinstance(found, Accepted)
    assert found.prompt == f"{IDEA}, {text}"
    assert found.notes == ("the idea was put in front: it lost yellow",)


def test_a_text_that_lost_some_of_the_idea_must_say_more() -> None:
    found = judged("a red book with a vase, soft light, watercolor, muted palette, a car, a show")
    assert found == Refusal("says next to nothing about the look")


def test_wishes_not_met_are_added() -> None:
    found = judged(f"{IDEA}, {LOOK}", prefer=["thick fog", "soft light"])
    assert isinstance(found, Accepted)
    assert (found.prompt, found.notes) == (f"{IDEA}, {LOOK}, thick fog", ())
    assert found.mended == (Check("wishes", True, "was given 'thick fog'"),)


def test_a_long_idea_needs_no_more_looks() -> None:
    idea = "a red book " + "and a yellow vase with green leaves " * 7
    found = judged(f"{idea}, dusk", idea)
    assert isinstance(found, Accepted)


def test_protected_text_must_come_through_to_the_letter() -> None:
    idea = 'a sign that says "Open", <lora:neon:0.8>'
    assert isinstance(judged(f"{idea}, {LOOK}", idea), Accepted)
    found = judged(f'a sign that says "open", {LOOK}', idea)
    assert isinstance(found, Refusal) or found.prompt.startswith(idea)
    mended = judged(f"a sign that says ‘open’, {LOOK}", 'a sign that says "Open"')
    assert isinstance(mended, Accepted)
    assert mended.prompt == f'a sign that says "Open", {LOOK}'
    assert mended.notes == ('‘open’ became "Open"',)


def test_fitted_texts_fit() -> None:
    for limit in (1, 5, 20, 75):
        profile = replace(profiles.load("sdxl"), tokens={"clip": limit})
        assert clip_tokens(fitted("one two, three four. five six " * 20, profile)) <= limit


def test_the_same_twice_is_one() -> None:
    assert same(f"{IDEA}, {LOOK}", [f"{IDEA}, {LOOK}, paper"], IDEA)
    assert not same(f"{IDEA}, {LOOK}", [f"{IDEA}, neon, night rain, chrome, reflections"], IDEA)
    assert not same(f"{IDEA}, {LOOK}", [], IDEA)


def test_negatives_that_harm_nothing_are_added() -> None:
    brief = make_brief(IDEA, language="en", profile=profiles.load("sdxl"))
    said = "red book, blurry, grainy noise, what to leave out of the picture, grainy noise, text"
    assert negatives(said, IDEA, "blurry, text", brief) == "blurry, text, grainy noise"
    assert negatives(None, IDEA, "blurry", brief) == "blurry"
    flux = make_brief(IDEA, language="en", profile=profiles.load("flux"))
    assert negatives(said, IDEA, None, flux) is None


def test_syntax_the_idea_does_not_have_is_taken_out() -> None:
    found = judged(f"{IDEA}, {LOOK}, <lora:../../x:1>, __season__ mist, (bokeh:1.3)")
    assert isinstance(found, Accepted)
    assert found.prompt == f"{IDEA}, {LOOK}, mist, (bokeh:1.3)"
    assert found.notes == ("'<lora:../../x:1>' went", "'__season__' went")
    plain = judged(f"{IDEA}, {LOOK}, (bokeh:1.3)", profile="flux")
    assert isinstance(plain, Accepted)
    assert plain.prompt == f"{IDEA}, {LOOK}, bokeh"
    settings = judged(f"{IDEA}, {LOOK} --ar 16:9 --v 6, mist::2")
    assert isinstance(settings, Accepted)
    assert settings.prompt == f"{IDEA}, {LOOK}, mist"


def test_a_banned_word_that_stands_alone_is_left_out() -> None:
    found = judged(f"{IDEA}, {LOOK}, masterpiece, Award-Winning", profile="flux")
    assert isinstance(found, Accepted)
    assert found.prompt == f"{IDEA}, {LOOK}"
    assert found.mended == (
        Check("guidelines", True, "left out 'masterpiece'"),
        Check("guidelines", True, "left out 'award winning'"),
    )
    inside = judged(f"{IDEA}, a masterpiece of {LOOK}", profile="flux")
    assert inside == Refusal("breaks a rule: the profile bans 'masterpiece'")
