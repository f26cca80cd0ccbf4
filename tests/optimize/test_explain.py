from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto.optimize.explain import Explanation, Part, Source, diff, explain
from bozzetto.types import Candidate, Check, Phrase

HIT = "a cat, volumetric light, octane render"


def test_kept_changed_added_and_lost() -> None:
    assert diff("a small dog runs home", "A small dog, running fast, soft light") == (
        Part("kept", "a small dog", "A small dog,"),
        Part("changed", " runs", " running"),
        Part("lost", before=" home"),
        Part("added", after=" fast, soft light"),
    )


def test_the_idea_as_it_is_with_something_behind() -> None:
    assert diff("a dog", "a dog, mist") == (
        Part("kept", "a dog", "a dog,"),
        Part("added", after=" mist"),
    )


def test_nothing_against_nothing() -> None:
    assert diff("", "") == ()
    assert diff("a", "") == (Part("lost", before="a"),)
    assert diff("", " ") == (Part("added", after=" "),)


@settings(deadline=None)
@given(st.text(alphabet="ab ,.\n犬", max_size=40), st.text(alphabet="ab ,.\n犬", max_size=40))
def test_the_parts_give_the_idea_and_the_prompt(idea: str, prompt: str) -> None:
    parts = diff(idea, prompt)
    assert "".join(part.before for part in parts) == idea
    assert "".join(part.after for part in parts) == prompt
    for part in parts:
        assert bool(part.before) == (part.change != "added")
        assert bool(part.after) == (part.change != "lost")
    assert all(a.change != b.change for a, b in pairwise(parts))


@settings(deadline=None)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_the_texts(idea: str, prompt: str) -> None:
    parts = diff(idea, prompt)
    assert "".join(part.before for part in parts) == idea
    assert "".join(part.after for part in parts) == prompt


def test_a_candidate_explained() -> None:
    phrases = (Phrase("a dog", "idea"), Phrase("volumetric light", "h"), Phrase("mist", "model"))
    checks = (Check("intent", True, "keeps the whole idea"), Check("look", False, "says nothing"))
    one = Candidate(
        "x", "a dog, volumetric light, mist", None, "sdxl", "m", {}, phrases, 1.0, 1.0, (), checks
    )
    found = explain(one, "a dog", {"h": HIT})
    assert found == Explanation(
        one,
        "a dog",
        (Part("kept", "a dog", "a dog,"), Part("added", after=" volumetric light, mist")),
        (Source(phrases[0]), Source(phrases[1], HIT), Source(phrases[2])),
    )
    assert found.failed == checks[1:]


def test_a_translated_idea_is_held_against_as_it_was_understood() -> None:
    phrases = (Phrase("a small", "idea", "un piccolo"), Phrase("dog", "idea", "cane"))
    one = Candidate("x", "a small dog, mist", None, "sdxl", "compose", {}, phrases, 1.0, 1.0)
    found = explain(one, "un piccolo cane", {})
    assert found.idea == "a small dog"
    assert found.diff[0] == Part("kept", "a small dog", "a small dog,")


def test_what_parts_translated_phrases_is_theirs() -> None:
    phrases = (
        Phrase("a dog", "idea", "un cane"),
        Phrase("without people", "idea", "senza persone"),
        Phrase("mist", "h"),
        Phrase("snow", "idea", "neve"),
    )
    prompt = "a dog, without people, mist, snow"
    one = Candidate("x", prompt, None, "sdxl", "m", {}, phrases, 1.0, 1.0)
    assert explain(one, "un cane, senza persone, neve", {}).idea == "a dog, without people snow"
