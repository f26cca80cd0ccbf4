"""What goes into the negative prompt, and what does not because it is asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.negative import carried, denied, negative_prompt

PROFILE = replace(
    profiles.load("sdxl"),
    avoid="low quality, worst quality, bad anatomy, jpeg artifacts, text, crowd of people",
)


def brief(idea: str, *prefer: str, profile: profiles.Profile = PROFILE) -> Brief:
    return make_brief(idea, language="en", profile=profile, prefer=prefer)


@pytest.mark.parametrize(
    ("idea", "gone"),
    [
        ("a low table of good quality", set()),
        ("a low quality photo of an anatomy book", set()),
        ("museum artifacts", set()),
        ("a page of text", {"text"}),
        ("a sign with no text", set()),
        ("a crowd at a concert", {"crowd of people"}),
        ("people at a market", set()),
    ],
)
def test_only_what_is_asked_for_itself_is_left_out(idea: str, gone: set[str]) -> None:
    negative, unmet = negative_prompt(brief(idea), [])
    assert (set(PROFILE.avoid.split(", ")) - set((negative or "").split(", ")), unmet) == (gone, ())


@pytest.mark.parametrize(
    ("text", "things", "rest"),
    [
        ("two cats without collars, no people", ("collars", "people"), "two cats , "),
        ("a street with no cars or bikes at night", ("cars", "bikes"), "a street with  at night"),
        ("a man without a red hat", ("red hat",), "a man "),
        ("no people walking by", ("people",), " walking by"),
        ('a sign "no parking"', (), 'a sign "no parking"'),
        ("a tree no longer green", (), "a tree no longer green"),
    ],
)
def test_things_that_a_text_denies(text: str, things: tuple[str, ...], rest: str) -> None:
    assert denied(text) == (things, rest)


def test_what_the_idea_denies_goes_in_after_the_unwanted_and_the_idea_stays() -> None:
    asked = brief("two cats without collars, no people", "no dogs")
    negative, _ = negative_prompt(asked, [])
    assert asked.text == "two cats without collars, no people"
    assert (negative or "").split(", ")[:4] == ["dogs", "collars", "people", "low quality"]


def test_a_thing_that_is_there_as_well_is_not_kept_out() -> None:
    negative, _ = negative_prompt(brief("a cat without a hat beside a dog with a hat"), [])
    assert negative == PROFILE.avoid


def test_an_earlier_negative_is_carried_on_but_for_what_is_asked_for_now() -> None:
    asked = brief("a sign", "no dogs")
    assert carried("text, low quality, dogs", asked, "a sign, low sun, text") == (
        "dogs, low quality",
        (),
    )


def test_a_model_without_one_tells_what_was_lost() -> None:
    flux = profiles.load("flux")
    asked = brief("a street", "no dogs", profile=flux)
    said = (f"{flux.title} takes no negative prompt: 'no dogs' was left out",)
    assert negative_prompt(asked, []) == carried("x", asked, "a street") == (None, said)
