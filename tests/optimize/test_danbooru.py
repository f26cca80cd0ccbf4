"""Modifiers told in the tags of models that know those of Danbooru."""

from __future__ import annotations

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.danbooru import Tag, as_tags, tag_of
from bozzetto.optimize.figures import Figures
from bozzetto.optimize.modifiers import Look, key, senses, sides, table
from bozzetto.optimize.pool import Entry
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Candidate, Hit, Phrase

TEXTS = (
    "a girl in a garden, watercolor, soft lighting, warm colors, close up, blurred background",
    "portrait of a woman, photograph, shallow depth of field, golden hour, 85mm lens, bokeh",
    "a girl on a roof, anime, cel shaded, vibrant colors, low angle, dramatic sky, rim light",
    "a woman in the rain, oil painting, volumetric lighting, muted colors, upper body, fog",
)
HITS = tuple(Hit(f"h{n}", text, None, 1.0, "test", 0) for n, text in enumerate(TEXTS))
STATS = LibraryStats.build(TEXTS * 3)


def written(idea: str, profile: str = "pony", prefer: str = "") -> list[Candidate]:
    wishes = [prefer] if prefer else []
    brief = make_brief(idea, language="en", profile=profiles.load(profile), prefer=wishes)
    return compose(brief, HITS, STATS, n=4, seed=0)


def entry(text: str, weight: float, hits: set[int], share: float = 0.0) -> Entry:
    look = Look(text, key(text), "light", senses(text))
    return Entry(look, weight, f"h{min(hits)}", frozenset(hits), sides(text), share=share)


@pytest.mark.parametrize(
    ("modifier", "tag"),
    [
        ("watercolor", "watercolor (medium)"),
        ("loose watercolor wash", "watercolor (medium)"),
        ("soft volumetric lighting", "light rays"),
        ("dramatic rim light", "backlighting"),
        ("low angle shot", "from below"),
        ("muted colours", "muted color"),
        ("depth of field", "depth of field"),
        ("watercolor painting", "watercolor (medium)"),
        ("golden ratio", None),
        ("highly detailed", None),
        ("trending on artstation", None),
    ],
)
def test_the_longest_words_with_a_tag_decide(modifier: str, tag: str | None) -> None:
    found = tag_of(modifier)
    assert (found.text if found else None) == tag


def test_no_words_stand_for_two_tags_and_needs_are_known() -> None:
    rows = table("tags.tsv")
    said = [word for row in rows for word in row[3].split("|")]
    assert len(said) == len(set(said))
    assert {row[2] for row in rows} == {"", "people", "figure"}


@pytest.mark.parametrize(
    ("needs", "there", "fits"),
    [
        ("", Figures(), True),
        ("figure", Figures(), False),
        ("figure", Figures(animals=True), True),
        ("people", Figures(animals=True), False),
        ("people", Figures(people=True), True),
    ],
)
def test_a_tag_fits_who_is_there(needs: str, there: Figures, fits: bool) -> None:
    assert Tag("full body", "composition", needs).fits(there) is fits


def test_modifiers_of_one_tag_count_together() -> None:
    some = [
        entry("god rays", 1.0, {0}),
        entry("volumetric light", 2.0, {1, 2}),
        entry("hd", 9, {0}),
    ]
    found = as_tags(some, Figures(), "a1111", 10)
    assert [(e.look.text, e.weight, e.hits, e.said) for e in found] == [
        ("light rays", 3.0, frozenset({0, 1, 2}), "god rays")
    ]


def test_brackets_are_escaped_where_the_front_end_reads_them_as_weights() -> None:
    ink = [entry("ink drawing", 1.0, {0})]
    assert as_tags(ink, Figures(), "a1111", 1)[0].look.text == r"ink \(medium\)"
    assert as_tags(ink, Figures(), "none", 1)[0].look.text == "ink (medium)"


def test_a_tag_that_brings_a_world_needs_many_hits() -> None:
    common = [entry("fantasy art", 1.0, {0}, share=0.05)]
    assert as_tags(common, Figures(), "none", 100) == []
    assert len(as_tags(common, Figures(), "none", 5)) == 1


def test_what_is_added_are_tags_and_says_what_they_were() -> None:
    known = {row[0].replace("(", r"\(").replace(")", r"\)") for row in table("tags.tsv")}
    sources = {hit.id: hit.prompt for hit in HITS}
    for candidate in written("a woman under a tree"):
        start = "score_9, score_8_up, score_7_up, 1girl, solo, a woman under a tree, "
        assert candidate.prompt.startswith(start)
        assert candidate.intent == 1.0
        own, added = candidate.phrases[:6], candidate.phrases[6:]
        assert [p.source for p in own] == ["guideline"] * 5 + ["idea"]
        assert added
        assert {phrase.text for phrase in added} <= known
        for phrase in added:
            if phrase.source in sources:
                assert (phrase.original or phrase.text) in sources[phrase.source]
        assert ", ".join(phrase.text for phrase in candidate.phrases) == candidate.prompt


def test_nobody_is_put_into_a_picture_without_people() -> None:
    people = {row[0] for row in table("tags.tsv") if row[2]}
    for candidate in written("a wooden table", "sdxl-anime"):
        assert candidate.phrases[4] == Phrase("no humans", "guideline")
        assert not people & {phrase.text for phrase in candidate.phrases}


def test_a_wish_for_people_or_for_none_counts() -> None:
    assert "no humans" in written("a street at night", prefer="no people")[0].prompt
    assert "no humans" not in written("a wooden table", prefer="a man sitting at it")[0].prompt
