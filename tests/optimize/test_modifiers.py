from __future__ import annotations

import pytest

from bozzetto.optimize.modifiers import (
    as_look,
    clashes,
    facet,
    looks,
    names_someone,
    sides,
    table,
)
from bozzetto.optimize.stats import LibraryStats

EMPTY = LibraryStats()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("oil painting", "medium"),
        ("soft studio lighting", "light"),
        ("depth of field", "lens"),
        ("wide shot", "composition"),
        ("unreal engine 5", "engine"),
        ("highly detailed", "quality"),
        ("trending on artstation", "site"),
        ("glowing eyes", None),
        ("a dog", None),
    ],
)
def test_facet(text: str, expected: str | None) -> None:
    assert facet(text) == expected


def test_looks_of_a_prompt_hold_no_names_things_or_syntax() -> None:
    prompt = (
        "portrait of an elf, oil painting, (soft lighting:1.2), by Greg Rutkowski, artgerm, "
        "<lora:glow:0.8>, holding a sword, wide angle shot, art by alphonse mucha, https://x.y"
    )
    assert [look.text for look in looks(prompt, frozenset(), EMPTY)] == [
        "oil painting",
        "soft lighting",
        "wide angle shot",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("beautiful composition", False),
        ("stunning professional lighting", False),
        ("beautiful soft lighting", True),
        ("wide angle shot", True),
        ("no shadow", False),
        ("painting without texture", False),
    ],
)
def test_praise_beside_vague_words_and_what_is_not_there_say_nothing(text: str, told: bool) -> None:
    assert bool(looks(f"a dog, {text}", frozenset(), EMPTY)) is told


def test_lines_that_refuse_have_two_sets() -> None:
    rows = table("clashes.tsv")
    assert {row[0] for row in rows} == {"!", "."}
    assert all(len(row) == 3 for row in rows if row[0] == "!")


def test_a_thing_of_the_idea_may_come_back() -> None:
    assert as_look("castle lighting", frozenset(), EMPTY) is None
    found = as_look("castle lighting", frozenset({"castl"}), EMPTY)
    assert found is not None
    assert found.text == "castle lighting"


def test_words_said_after_by_are_names() -> None:
    stats = LibraryStats.build(["a cat by zorblax, ink"] * 3 + ["zorblax style lighting"])
    assert as_look("zorblax lighting", frozenset(), stats) is None


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("night", "noon light", True),
        ("watercolor", "photograph", True),
        ("monochrome", "vibrant colors", True),
        ("3d render", "oil painting", True),
        ("watercolor", "soft light", False),
        ("ink and watercolor", "watercolor", False),
        ("a street at night", "golden hour", True),
        ("indoor scene", "outdoors", True),
    ],
)
def test_clashes(one: str, other: str, expected: bool) -> None:
    assert clashes(sides(one), sides(other)) is expected
    assert clashes(sides(other), sides(one)) is expected


def test_names_someone() -> None:
    assert names_someone("in the manner of Mucha")
    assert not names_someone("in the manner of the sea")
    assert not names_someone("a carpenter under a robin")
