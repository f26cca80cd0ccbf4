from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto import profiles
from bozzetto.errors import InputError
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.limits import fits
from bozzetto.optimize.modifiers import clashes, facet, key, names_someone, sides
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import words
from bozzetto.types import Candidate, Hit, Phrase, Wishes

SDXL = profiles.load("sdxl")
TEXTS = (
    "a small dog, oil painting, soft lighting, warm colors, by greg rutkowski, highly detailed",
    "a puppy in a garden, watercolor, pastel palette, whimsical mood, storybook illustration",
    "portrait of a dog, photograph, shallow depth of field, golden hour, 85mm lens, bokeh",
    "cartoon dog, vector art, flat design, bold lines, vibrant colors, sticker, white background",
    "a dog at night, neon lights, cyberpunk, cinematic lighting, wide angle, moody atmosphere",
    "a dog on a beach, charcoal drawing, high contrast, dramatic shadows, minimalist composition",
)
HITS = tuple(
    Hit(f"{n:016x}", text, "blurry, cat" if n == 1 else None, 1 - n / 10, "test", 0)
    for n, text in enumerate(TEXTS)
)
STATS = LibraryStats.build(TEXTS * 3)


def written(idea: str = "a cartoon of a small dog", **brief: object) -> list[Candidate]:
    profile = brief.pop("profile", SDXL)
    made = make_brief(idea, language="en", profile=profile, **brief)  # type: ignore[arg-type]
    return compose(made, HITS, STATS, n=4, seed=0)


def traced(candidate: Candidate) -> bool:
    at = 0
    for phrase in candidate.phrases:
        found = candidate.prompt.find(phrase.text, at)
        if found < 0:
            return False
        at = found + len(phrase.text)
    return True


def test_the_idea_stands_first_and_whole() -> None:
    for candidate in written():
        assert candidate.prompt.startswith("a cartoon of a small dog, ")
        assert candidate.phrases[0].source == "idea"
        assert candidate.intent == 1.0
        assert candidate.chat == "compose"


def test_phrases_trace_the_prompt_to_its_sources() -> None:
    sources = {hit.id: hit.prompt for hit in HITS}
    for candidate in written():
        assert traced(candidate)
        assert len(candidate.phrases) > 2
        for phrase in candidate.phrases[1:]:
            if phrase.source not in ("library", "guideline"):
                assert phrase.text in sources[phrase.source]


def test_same_arguments_same_candidates_other_seed_others() -> None:
    made = make_brief("a dog", language="en", profile=SDXL)
    assert compose(made, HITS, STATS, n=3, seed=5) == compose(made, HITS, STATS, n=3, seed=5)
    assert compose(made, HITS, STATS, n=3, seed=5) != compose(made, HITS, STATS, n=3, seed=6)


def test_candidates_take_different_looks() -> None:
    found = written()
    looks = [{phrase.text for phrase in candidate.phrases[1:]} for candidate in found]
    for number, look in enumerate(looks):
        for other in looks[:number]:
            assert len(look & other) * 2 <= min(len(look), len(other))
    assert len({candidate.id for candidate in found}) == 4


def test_no_names_no_repeats_no_contradictions() -> None:
    for candidate in written("a dog at night"):
        texts = [phrase.text for phrase in candidate.phrases]
        assert not any(names_someone(text) for text in texts)
        assert len({key(text) for text in texts}) == len(texts)
        stances = [sides(text) for text in texts]
        assert not any(clashes(a, b) for i, a in enumerate(stances) for b in stances[:i])
        assert "golden hour" not in candidate.prompt


def test_picked_hits_come_first() -> None:
    picked = HITS[5]
    first = written("a dog", pick=[picked.id])[0]
    assert first.phrases[1].source == picked.id


def test_wishes_are_added_and_the_unwanted_goes_to_the_negative() -> None:
    candidate = written("a dog", prefer=["warmer, no people"], pick=[HITS[1].id])[0]
    assert [(p.text, p.source) for p in candidate.phrases[:2]] == [
        ("a dog", "idea"),
        ("warm colors", "preference"),
    ]
    assert candidate.negative is not None
    assert candidate.negative.startswith("people, blurry, cat, ")


def test_a_model_without_negative_says_what_it_left_out() -> None:
    candidate = written("a dog", profile=profiles.load("flux"), prefer=["no people"])[0]
    assert candidate.negative is None
    assert "no people" in candidate.warnings[0]


def test_nothing_wanted_is_kept_out() -> None:
    candidate = written("a watermark on a text")[0]
    assert candidate.negative is not None
    assert not {"watermark", "text"} & set(words(candidate.negative))


def test_an_idea_over_the_budget_is_kept_up_to_it() -> None:
    idea = " ".join(f"dog{n}" for n in range(80))
    candidate = written(idea)[0]
    assert candidate.tokens["clip"] <= 75
    assert idea.startswith(candidate.prompt)
    assert "left out" in candidate.warnings[0]


def test_no_hits_and_no_library_leave_the_idea() -> None:
    made = make_brief("a dog", language="en", profile=SDXL)
    found = compose(made, (), LibraryStats(), n=2, seed=0)
    assert [candidate.prompt for candidate in found] == ["a dog", "a dog"]
    alone = compose(made, (), STATS, n=1, seed=0)[0]
    assert {phrase.source for phrase in alone.phrases[1:]} <= {"library", "guideline"}


def test_a_translated_idea_keeps_its_originals() -> None:
    made = make_brief("un piccolo cane sulla spiaggia", language="it", profile=SDXL)
    candidate = compose(made, HITS, STATS, n=1, seed=0)[0]
    assert candidate.phrases[0].original == "un piccolo cane"
    assert candidate.prompt.startswith("a small dog on the beach")
    assert "understood from Italian" in candidate.warnings[0]
    assert traced(candidate)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=300), st.sampled_from(["sdxl", "flux", "plain"]))
def test_any_idea_stays_in_budget_and_traced(idea: str, name: str) -> None:
    profile = profiles.load(name)
    try:
        made = make_brief(idea, language="en", profile=profile)
    except InputError:
        return
    for candidate in compose(made, HITS, STATS, n=2, seed=1):
        assert fits(candidate.prompt, profile)
        assert traced(candidate)
        assert 0 <= candidate.novelty <= 1


def test_prose_says_nothing_of_sites_and_engines() -> None:
    hit = dataclasses.replace(HITS[0], prompt="a dog, trending on artstation, unreal engine, 8k")
    made = make_brief("a dog", language="en", profile=profiles.load("flux"))
    candidate = compose(made, (hit,), LibraryStats(), n=1, seed=0)[0]
    assert candidate.prompt == "a dog"


def facets(candidate: Candidate) -> list[str | None]:
    return [facet(phrase.text) for phrase in candidate.phrases if phrase.source != "idea"]


def test_a_touch_up_adds_few_and_safe_modifiers() -> None:
    modest = {"light", "lens", "composition", "palette", "quality"}
    for candidate in written("a dog", strength="touch-up"):
        assert len(candidate.phrases) - 1 <= 3
        assert set(facets(candidate)) <= modest


def test_to_reimagine_adds_no_less_than_to_enrich() -> None:
    bold = written("a dog", strength="reimagine")
    assert sum(len(c.phrases) for c in bold) >= sum(len(c.phrases) for c in written("a dog"))


def test_a_wish_keeps_what_competes_with_it_out() -> None:
    wishes = Wishes(medium="watercolor", palette="muted colors")
    for candidate in written("a dog", wishes=wishes):
        found = facets(candidate)
        assert (found.count("medium"), found.count("palette")) == (1, 1)
        assert not {"photograph", "vector", "charcoal"} & set(words(candidate.prompt))


def test_the_unwanted_is_not_added_in_other_words_either() -> None:
    for candidate in written("a dog", prefer=["no photo, no neon"]):
        said = set(words(candidate.prompt))
        assert not {"photo", "photograph", "85mm", "neon"} & said


def test_nothing_the_profile_bans_is_added() -> None:
    profile = dataclasses.replace(SDXL, banned=("bokeh",), required=("style of the house",))
    for candidate in written("a dog", profile=profile):
        assert "bokeh" not in candidate.prompt
        assert "style of the house" in candidate.prompt
        assert traced(candidate)


def test_a_banned_word_of_the_idea_stands_and_is_told() -> None:
    profile = dataclasses.replace(SDXL, banned=("bokeh",))
    for candidate in written("a dog, bokeh", profile=profile):
        assert candidate.prompt.startswith("a dog, bokeh")
        assert "the profile bans 'bokeh'; it stands because you asked for it" in candidate.warnings


def test_words_of_praise_do_not_pile_up() -> None:
    for candidate in written("a dog"):
        praise = {"quality", "site", "engine"}
        assert sum(facet in praise for facet in facets(candidate)) <= 2


def test_a_rich_idea_comes_back_as_it_is_and_says_so() -> None:
    idea = (
        "portrait of an old sailor, oil painting, soft window light, shallow depth of field, "
        "muted colors, melancholic mood, highly detailed, sharp focus, rule of thirds"
    )
    first, *others = written(idea)
    assert first.prompt == idea
    assert first.warnings == ("the idea is rich already: it is left as it is",)
    for candidate in others:
        assert candidate.prompt.startswith(idea)
        assert len(candidate.phrases) <= 3


def test_anime_models_get_their_quality_first_and_no_photographs() -> None:
    for candidate in written("a dog", profile=profiles.load("sdxl-anime")):
        assert candidate.prompt.startswith("masterpiece, best quality, ")
        assert candidate.phrases[0].source == "guideline"
        assert "photograph" not in candidate.prompt
        assert traced(candidate)


def test_prose_is_sentences() -> None:
    for candidate in written("a small dog in the snow", profile=profiles.load("flux")):
        idea, *sentences = candidate.prompt.split(". ")
        assert idea == "A small dog in the snow"
        assert candidate.phrases[0] == Phrase(idea, "idea")
        assert sentences
        assert candidate.prompt.endswith(".")
        assert all(sentence[0].isupper() for sentence in sentences)
        assert traced(candidate)
