from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.optimize.check import intent, keeps, nearest, over_budget


def test_forms_and_synonyms_count_as_kept() -> None:
    found = intent("two small dogs running", "a pair: two tiny puppies run over a hill")
    assert found.score == 1.0
    assert found.kept


def test_colours_numbers_negations_and_quotes_are_hard() -> None:
    found = intent('three red cats, no people, sign "Hi"', "a few cats beside people, sign")
    assert set(found.hard) == {"red", "three", "no peopl", '"Hi"'}
    assert not found.kept


def test_a_negation_in_the_prompt_is_kept() -> None:
    assert intent("a street with no people", "a street with no people, fog").hard == ()


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


def test_over_budget() -> None:
    assert over_budget("word " * 80, {"clip": 75}) == ["clip"]
    assert over_budget("word", {"clip": 75}) == []
    assert over_budget("word " * 80, {}) == []
