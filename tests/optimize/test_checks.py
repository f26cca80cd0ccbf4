import re
from dataclasses import replace

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.checks import CHECKS, Case, checked, examine
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Candidate, Check, Hit

IDEA = "a red book and a yellow vase"
LOOK = "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field"
LIBRARY = LibraryStats.build(["a castle, oil painting by greg rutkowski", "a cat, ink"] * 40)
REFERENCE = "an old knight rests under a crooked oak while ravens circle above the burnt village"
HITS = [Hit("h", REFERENCE, None, 1.0, "test", 0)]


def brief(idea: str = IDEA, profile: str = "sdxl", **wishes: list[str]) -> Brief:
    return make_brief(idea, language="en", profile=profiles.load(profile), **wishes)  # type: ignore[arg-type]


def failed(prompt: str, of: Brief | None = None, negative: str | None = None) -> dict[str, str]:
    case = Case(prompt, negative, of or brief(), HITS, LIBRARY)
    return {check.name: check.found for check in examine(case) if not check.passed}


def test_a_good_prompt_passes_every_check_and_each_says_what_it_saw() -> None:
    found = examine(Case(f"{IDEA}, {LOOK}", None, brief(), HITS, LIBRARY))
    assert found == (
        Check("intent", True, "keeps the whole idea"),
        Check("keep", True, "had nothing marked to keep"),
        Check("look", True, found[2].found),
        Check("names", True, "names nobody of its own accord"),
        Check("contradictions", True, "contradicts neither the idea nor itself"),
        Check("unwanted", True, "has nothing that should be left out"),
        Check("wishes", True, "had no wishes to meet"),
        Check("budget", True, "has 25 of 75 CLIP tokens"),
        Check("dialect", True, "suits Stable Diffusion XL"),
        Check("guidelines", True, "breaks no rule"),
        Check("language", True, "is in a language that the model reads"),
        Check("novelty", True, "copies none of the prompts found"),
        Check("duplicates", True, "is like no other candidate"),
    )
    assert re.fullmatch(r"says \d+ things about the look", found[2].found)
    assert tuple(check.name for check in found) == tuple(CHECKS)


@pytest.mark.parametrize(
    ("prompt", "name", "says"),
    [
        (f"a red book and a vase, {LOOK}", "intent", "lost yellow"),
        (f"a yellow book, a red vase, {LOOK}", "intent", "lost red book, yellow vase"),
        (IDEA, "look", "says next to nothing about the look"),
        (f"{IDEA}, {LOOK}, by greg rutkowski", "names", "names somebody (greg)"),
        (
            f"{IDEA}, {LOOK}, photorealistic, 35mm photo",
            "contradictions",
            "contradicts itself (photorealistic, watercolor)",
        ),
        (
            f"{IDEA}, {LOOK}, a moonlit scene under a blue sky",
            "contradictions",
            "contradicts itself (moonlit, blue sky)",
        ),
        (f"{IDEA}, {LOOK}, " + "mist, " * 60, "budget", "has 146 of 75 CLIP tokens"),
        (f"{IDEA}, {LOOK}, <lora:x:1>", "dialect", "has syntax of its own (<lora:x:1>)"),
        (f"{IDEA}, {LOOK} --ar 16:9", "dialect", "has syntax of its own (--ar 16:9)"),
        (f"{IDEA}, {LOOK}, {REFERENCE}", "novelty", "copies a reference"),
    ],
)
def test_what_fails_says_why(prompt: str, name: str, says: str) -> None:
    assert failed(prompt).get(name) == says


def test_a_text_in_a_language_the_model_does_not_read_fails() -> None:
    found = failed("un libro rosso e un vaso giallo sul tavolo con una luce morbida")
    assert found["language"] == "is written in Italian"


def test_what_the_idea_says_itself_is_its_own_business() -> None:
    idea = "a photograph of a watercolor of noon at midnight"
    assert "contradictions" not in failed(f"{idea}, soft light", brief(idea))


def test_wishes_and_what_is_unwanted() -> None:
    wishing = brief(prefer=["thick fog, by greg rutkowski, no dark colors"])
    assert failed(f"{IDEA}, {LOOK}", wishing)["wishes"] == (
        "has no room for 'thick fog', 'by greg rutkowski'"
    )
    kept = f"{IDEA}, {LOOK}, thick fog, by greg rutkowski"
    assert failed(kept, wishing) == {}
    assert failed(f"{kept}, dark colors", wishing)["unwanted"] == (
        "has what should be left out (dark colors)"
    )
    assert "unwanted" not in failed(f"{kept}, no dark colors", wishing)


def test_marked_words_stay_to_the_letter() -> None:
    marked = replace(brief("a Red book"), keep=("Red",))
    assert failed(f"a red book, {LOOK}", marked) == {"keep": "lost 'Red'"}


def test_the_rules_of_the_profile() -> None:
    ruled = replace(
        brief(),
        profile=replace(profiles.load("sdxl"), banned=("paper",), required=("masterpiece",)),
    )
    assert failed(f"{IDEA}, {LOOK}", ruled)["guidelines"] == (
        "breaks a rule: the profile bans 'paper'; the profile requires 'masterpiece'"
    )


def test_a_banned_word_that_was_asked_for_stands() -> None:
    asked = replace(
        brief("a red book on 8K paper"),
        profile=replace(profiles.load("sdxl"), banned=("8k", "masterpiece")),
    )
    found = {c.name: c for c in examine(Case(f"{asked.text}, {LOOK}", None, asked, HITS, LIBRARY))}
    assert found["guidelines"] == Check(
        "guidelines", True, "breaks a rule only as you asked: the profile bans '8k'"
    )
    assert failed(f"{asked.text}, {LOOK}, masterpiece", asked)["guidelines"] == (
        "breaks a rule: the profile bans 'masterpiece'"
    )


def test_an_idea_over_the_budget_counts_as_far_as_it_fits() -> None:
    long = brief("a red book, " + "a yellow vase with green leaves, " * 20)
    found = examine(Case(long.text[:280], None, long, HITS, LIBRARY))
    assert found[0] == Check("intent", True, "keeps the idea up to what Stable Diffusion XL reads")


def test_an_idea_in_a_language_the_model_reads_may_be_answered_in_english() -> None:
    chinese = make_brief("一只小狗", language="zh", profile=profiles.load("qwen-image"))
    assert "intent" not in failed(f"a small dog, {LOOK}", chinese)
    assert "intent" in failed(f"a castle, {LOOK}", chinese)


def test_candidates_are_checked_in_turn_and_mendings_are_told() -> None:
    mended = (Check("dialect", True, "'<lora:x:1>' went"), Check("writer", False, "x: declined"))
    one = Candidate("a", f"{IDEA}, {LOOK}", None, "sdxl", "compose", {}, (), 1.0, 1.0)
    first, second = checked([one, replace(one, checks=mended)], brief(), HITS, LIBRARY)
    assert {check.name for check in first.checks if not check.passed} == set()
    by_name = {check.name: check for check in second.checks}
    assert not by_name["duplicates"].passed
    assert by_name["dialect"].found == "suits Stable Diffusion XL; '<lora:x:1>' went"
    assert by_name["writer"] == mended[1]
    assert replace(second, checks=()) == one


def test_a_wish_that_stands_against_the_idea_is_no_contradiction() -> None:
    wished = brief("a dark forest", prefer=["brighter"])
    assert "contradictions" not in failed("a dark forest, bright lighting", wished)
    assert "contradictions" in failed("a dark forest, bright lighting", brief("a dark forest"))
