from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.optimize.check import intent, keeps, nearest


def test_forms_and_synonyms_count_as_kept() -> None:
    found = intent("two small dogs running", "a pair: two tiny puppies run over a hill")
    assert found.score == 1.0
    assert found.kept


def test_colours_numbers_negations_and_quotes_are_hard() -> None:
    found = intent('three red cats, no people, sign "Hi"', "a few cats beside people, sign")
    assert set(found.hard) == {"red", "three", "no people", '"Hi"', "hi"}
    assert not found.kept


@pytest.mark.parametrize(
    ("prompt", "negative"),
    [
        ("a street with no people, fog", None),
        ("a street without any people", None),
        ("an empty street in the fog", None),
        ("a people-free street", None),
        ("a street devoid of people", None),
        ("a street in the fog", "blurry, people"),
    ],
)
def test_a_negation_is_kept_in_other_words_or_in_the_negative_prompt(
    prompt: str, negative: str | None
) -> None:
    assert intent("a street with no people", prompt, negative=negative).kept


def test_a_negation_turned_round_or_forgotten_is_lost() -> None:
    idea = "a street with no people or cars"
    assert intent(idea, "a street full of people and cars").hard == ("no people", "no cars")
    assert intent(idea, "a street in the fog, no people").hard == ("no cars",)
    assert intent("a man who is not smiling", "a man who smiles").hard == ("no smiling",)
    assert intent("a man who is not smiling", "a stern man").hard == ()


@pytest.mark.parametrize(
    ("idea", "prompt", "hard"),
    [
        (
            "a red book and a yellow vase",
            "a yellow book beside a red vase",
            {"red book", "yellow vase"},
        ),
        ("a red book and a yellow vase", "a yellow vase and a worn, red book", set()),
        ("two dogs and three cats", "three dogs and two cats", {"two dog", "three cat"}),
        ("two dogs and three cats", "three tabby cats, two big dogs", set()),
        ("a pair of dogs", "two dogs", set()),
        ("two dogs", "a pair of dogs", set()),
        ("two dogs", "a dog", {"two"}),
        ("a robot that hugs Totoro", "a robot hugs a bear", {"totoro"}),
    ],
)
def test_colours_counts_and_names_stay_with_their_things(
    idea: str, prompt: str, hard: set[str]
) -> None:
    assert set(intent(idea, prompt).hard) == hard


@pytest.mark.parametrize(
    ("idea", "prompt"),
    [
        ("a dog on the grass", "a golden retriever lies in a meadow"),
        ("a sunflower field", "a field of sun flowers"),
        ("a tea pot", "a teapot"),
        ("a red colored car", "a red car"),
        ("a child running in the woods", "a kid sprints through a forest"),
        ("a Japanese woman", "a lady from japan"),
    ],
)
def test_kinds_compounds_and_forms_say_the_same(idea: str, prompt: str) -> None:
    assert intent(idea, prompt).score == 1.0


def test_a_kind_is_not_its_general() -> None:
    assert intent("a dalmatian", "a dog").score == 0.0


@settings(deadline=None)
@given(st.text(min_size=1, max_size=80))
def test_an_idea_keeps_itself(idea: str) -> None:
    if idea.strip():
        assert intent(idea, idea + ", oil painting").score == 1.0


def test_atoms_need_all_their_words() -> None:
    assert keeps("dog, brown", "a brown puppy")
    assert not keeps("dog, brown", "a puppy")


def test_nearest_leaves_the_idea_aside() -> None:
    others = [frozenset({"fox", "oil", "painting"})]
    assert nearest("fox, oil painting", "fox", others) == 1.0
    assert nearest("fox, ink", "fox", others) == 0.0
    assert nearest("fox", "fox", others) == 0.0
