from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.optimize.limits import (
    as_encoded,
    budget,
    counts,
    cut,
    fits,
    rules_broken,
    with_weights,
)
from bozzetto.profiles import ENCODERS, Profile, load, names
from bozzetto.text import tokens

SDXL, FLUX, QWEN = load("sdxl"), load("flux"), load("qwen-image")
COMPEL = replace(SDXL, name="mine", weight_syntax="compel")
TEXTS = st.lists(
    st.sampled_from(
        ["a red fox", "(snow:1.2)", "((x))", "<lora:a:1>", '"open late"', "BREAK", "你好"]
    ),
    max_size=60,
).map(", ".join)


def test_profiles_name_the_encoders_that_can_be_counted() -> None:
    assert set(tokens.ENCODERS) == set(ENCODERS)


def test_weights_and_loras_are_not_counted_where_they_are_not_encoded() -> None:
    prompt = "(a red fox:1.2) <lora:snow:0.8>, [blur] BREAK night"
    assert as_encoded(prompt, SDXL) == "a red fox, blur BREAK night"
    assert counts(prompt, SDXL) == {"clip": 6}
    assert counts(prompt, FLUX)["clip"] == tokens.clip_tokens(prompt)


def test_counts_name_clip_and_the_encoders_of_the_profile() -> None:
    assert counts("a red fox in the snow", SDXL) == {"clip": 6}
    assert counts("a red fox in the snow", FLUX) == {"clip": 6, "t5": 9}
    assert counts("a red fox in the snow", QWEN) == {"clip": 6, "qwen": 7}
    assert counts("", load("sd3")) == {"clip": 0, "t5": 0}


def test_fits_looks_at_every_limit() -> None:
    assert fits("fox " * 75, SDXL)
    assert not fits("fox " * 76, SDXL)
    assert fits("(fox:1.2) " * 75, SDXL)
    assert fits("fox " * 80, FLUX)
    assert not fits("fox " * 81, FLUX)
    wordless = replace(FLUX, words=0)
    assert fits("fox " * 370, wordless)
    assert not fits("fox " * 400, wordless)
    assert fits("你好" * 200, QWEN)
    assert not fits("你好" * 201, QWEN)


def test_chunks_are_what_the_front_end_makes() -> None:
    three = replace(SDXL, chunks=3)
    assert fits("fox " * 225, three)
    assert not fits("fox " * 226, three)
    assert fits("a BREAK b BREAK c", three)
    assert not fits("a BREAK b BREAK c BREAK d", three)
    assert budget(three) == 225


@pytest.mark.parametrize("name", names())
def test_a_prose_prompt_of_the_planned_length_fits(name: str) -> None:
    profile = load(name)
    text = "A weathered fisherman, his grey beard wet with fog, mends a torn net at dawn. " * 40
    planned = tokens.clip_cut(text, budget(profile))
    assert fits(planned, profile)


@given(TEXTS, st.sampled_from((SDXL, FLUX, QWEN, COMPEL, replace(SDXL, chunks=2))))
def test_cut_fits_and_is_a_beginning(prompt: str, profile: Profile) -> None:
    short = cut(prompt, profile)
    assert fits(short, profile)
    assert prompt.startswith(short)
    assert short == prompt or not fits(prompt, profile)


def test_cut_tears_no_syntax() -> None:
    assert cut("fox " * 73 + "(a red fox in the snow:1.2) and more", SDXL) == ("fox " * 73).strip()
    assert cut("fox " * 73 + '"open late" and more', SDXL) == ("fox " * 73).strip()
    assert cut('"' + "fox " * 48 + '" ' + "fox " * 73, SDXL).startswith('"fox')
    long = "(" + "fox " * 90 + ":1.2)"
    assert tokens.clip_tokens(cut(long, SDXL).strip("(")) == 75


@pytest.mark.parametrize(
    ("prompt", "profile", "text", "notes"),
    [
        ("a (fox:1.2) [x] (y)", SDXL, "a (fox:1.2) [x] (y)", 0),
        ("a (fox:1.2)", COMPEL, "a (fox)1.2", 0),
        ("a (fox)++", SDXL, "a (fox:1.21)", 0),
        ("C++ for (1988)", SDXL, "C++ for (1988)", 0),
        ("a [fox], an Audi (1988)", load("stable-image"), "a (fox:0.91), an Audi (1988)", 0),
        (r"\[x\] \(y\)", load("stable-image"), r"[x] \(y\)", 0),
        ("a (fox:1.2), an Audi (1988)", FLUX, "a fox, an Audi (1988)", 1),
        ("a (fox)++, snow", FLUX, "a fox, snow", 1),
        (r"\(fox\) [a:b:5] <lora:x:1>", FLUX, "(fox) [a:b:5] <lora:x:1>", 0),
        ("", FLUX, "", 0),
    ],
)
def test_weights_become_the_models(prompt: str, profile: Profile, text: str, notes: int) -> None:
    found, said = with_weights(prompt, profile)
    assert found == text
    assert len(said) == notes


def test_weights_that_are_lost_are_said() -> None:
    _, notes = with_weights("a (fox:1.2) in ((snow))", FLUX)
    assert notes == ("FLUX.1 dev reads no weights; taken out: (fox:1.2), ((snow))",)


@given(TEXTS, st.sampled_from((SDXL, FLUX, COMPEL)))
def test_a_prompt_in_its_dialect_stays(prompt: str, profile: Profile) -> None:
    once, _ = with_weights(prompt, profile)
    assert with_weights(once, profile) == (once, ())


def test_rules() -> None:
    ruled = replace(FLUX, banned=("8k", "trending on artstation"), required=("acme",))
    assert rules_broken("Acme shoes, 18k gold", ruled) == ()
    assert rules_broken("shoes, 8K, Trending on ArtStation", ruled) == (
        "the profile bans '8k'",
        "the profile bans 'trending on artstation'",
        "the profile requires 'acme'",
    )
    assert rules_broken("an award-winning dog", FLUX) == ("the profile bans 'award winning'",)
    assert rules_broken("anything", FLUX) == ()
