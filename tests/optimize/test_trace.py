from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.trace import trace
from bozzetto.types import Hit, Phrase

HITS = [Hit("h1", "a cat, volumetric light, octane render", None, 1.0, "test", 0)]


def traced(prompt: str, idea: str, prefer: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    brief = make_brief(idea, language="en", profile=profiles.load("sdxl"), prefer=prefer)
    return [(p.text, p.source) for p in trace(prompt, brief, HITS)]


def test_idea_hits_wishes_and_the_model_s_own() -> None:
    prompt = "a small dog, volumetric light, warm colors, its fur wet and shining"
    assert traced(prompt, "a small dog", ("warm colors",)) == [
        ("a small dog", "idea"),
        ("volumetric light", "h1"),
        ("warm colors", "preference"),
        ("its fur wet and shining", "model"),
    ]


def test_runs_of_the_idea_s_words_inside_a_sentence() -> None:
    assert traced("Wet fur of the small dogs glistens softly.", "a small dog") == [
        ("Wet fur of the", "model"),
        ("small dogs", "idea"),
        ("glistens softly", "model"),
    ]


def test_a_translated_idea_keeps_its_phrases() -> None:
    brief = make_brief("a small dog", language="en", profile=profiles.load("sdxl"))
    phrases = (Phrase("a small", "idea", "piccolo"), Phrase("dog", "idea", "cane"))
    foreign = replace(brief, phrases=phrases)
    assert trace("photo of a small dog, mist", foreign, HITS) == (
        Phrase("photo of", "model"),
        *phrases,
        Phrase("mist", "model"),
    )
    assert trace("wet dogs", foreign, HITS) == (
        Phrase("wet", "model"),
        Phrase("dogs", "idea", "cane"),
    )


@settings(deadline=None)
@given(st.text(max_size=80), st.text(min_size=1, max_size=20).filter(str.isalnum))
def test_the_phrases_lie_in_the_prompt_in_order(prompt: str, idea: str) -> None:
    for text in (prompt, f"{prompt}, {idea}, {prompt}"):
        place = 0
        for phrase, _ in traced(text, idea):
            assert phrase == phrase.strip()
            assert phrase
            place = text.index(phrase, place) + len(phrase)
