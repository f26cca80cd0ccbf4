from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.optimize.revising import BY_HAND, aligned
from bozzetto.types import Candidate, Phrase


def made(prompt: str, *phrases: Phrase) -> Candidate:
    return Candidate("id", prompt, None, "sdxl", "compose", {"clip": 1}, phrases, 1.0, 1.0)


DOG = Phrase("a small dog", "idea", "un piccolo cane")
FOG = Phrase("fog", "h1")
LIGHT = Phrase("warm light", "h2")
TAGS = made("a small dog, fog, warm light", DOG, FOG, LIGHT)
PROSE = made("A photo of a small dog. The light is warm, with fog.", DOG, Phrase("warm", "h2"), FOG)
HAN = made("小狗在雪地里奔跑", Phrase("小狗", "idea"), Phrase("雪地", "h1"), Phrase("奔跑", "h2"))


def by_user(text: str) -> Phrase:
    return Phrase(text, BY_HAND)


@pytest.mark.parametrize(
    ("parent", "prompt", "phrases"),
    [
        (TAGS, TAGS.prompt, (DOG, FOG, LIGHT)),
        (TAGS, "a small dog, fog, warm light, oil", (DOG, FOG, LIGHT, by_user("oil"))),
        (TAGS, "oil, ink, fog, warm light", (by_user("oil"), by_user("ink"), FOG, LIGHT)),
        (TAGS, "a small dog in a hat, fog", (DOG, by_user("in a hat"), FOG)),
        (TAGS, "a small dog, warm lights", (DOG, by_user("warm lights"))),
        (TAGS, "a small dog, foggy, warm light", (DOG, by_user("foggy"), LIGHT)),
        (TAGS, "warm light, fog", (LIGHT, by_user("fog"))),
        (TAGS, "a small dog, (fog:1.2), warm light", (DOG, FOG, by_user(":1.2)"), LIGHT)),
        (TAGS, "a big dog", (by_user("a big dog"),)),
        (TAGS, "", ()),
        (TAGS, "... , ;", ()),
        (TAGS, "fog, a small dog, fog, warm light", (by_user("fog"), DOG, FOG, LIGHT)),
        (PROSE, PROSE.prompt, (DOG, Phrase("warm", "h2"), FOG)),
        (
            PROSE,
            "A photo of a small dog. It is night. The light is warm, with fog.",
            (DOG, by_user("It is night"), Phrase("warm", "h2"), FOG),
        ),
        (HAN, "大小狗在雪地里跳舞", (by_user("大"), *HAN.phrases[:2], by_user("跳舞"))),
    ],
)
def test_what_stands_keeps_its_origin(
    parent: Candidate, prompt: str, phrases: tuple[Phrase, ...]
) -> None:
    assert aligned(parent, prompt) == phrases


def joined(prompt: str, phrases: tuple[Phrase, ...]) -> bool:
    """Whether phrases occur in a prompt one after the other."""
    at = 0
    for phrase in phrases:
        start = prompt.find(phrase.text, at)
        if start < 0:
            return False
        at = start + len(phrase.text)
    return True


WORDS = st.sampled_from(
    ["fog", "dog", "a", "warm light", "of", "oil", "小狗", "é", "(", ":1.2)", ""]
)
GLUE = st.sampled_from([", ", " ", ". ", "; ", "\n", " with "])


@st.composite
def candidates(draw: st.DrawFn) -> Candidate:
    prompt = draw(st.sampled_from(["", "A photo of "]))
    phrases: list[Phrase] = []
    for number in range(draw(st.integers(0, 8))):
        text = draw(WORDS.filter(str.strip))
        origin = draw(st.sampled_from(["idea", "library", f"h{number}"]))
        if phrases:
            prompt += draw(GLUE)
        prompt += text
        phrases.append(Phrase(text, origin, draw(st.sampled_from([None, "x"]))))
    return made(prompt + draw(st.sampled_from(["", ".", " indeed"])), *phrases)


@given(candidates(), st.lists(WORDS | GLUE | st.text(max_size=4), max_size=20))
def test_any_text_is_given_by_its_phrases(parent: Candidate, pieces: list[str]) -> None:
    prompt = "".join(pieces)
    found = aligned(parent, prompt)
    assert joined(prompt, found)
    left = iter(parent.phrases)
    assert all(phrase in left for phrase in found if phrase.source != BY_HAND)
    assert all(phrase.text.strip() for phrase in found)


@given(candidates(), st.data())
def test_what_an_edit_leaves_untouched_keeps_its_origin(
    parent: Candidate, data: st.DataObject
) -> None:
    before = parent.prompt
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, len(before)))
    typed = data.draw(st.sampled_from([", ", ""])) + data.draw(WORDS) + ", "
    at, head, tail = 0, [], []
    for phrase in parent.phrases:
        place = before.index(phrase.text, at)
        at = place + len(phrase.text)
        if at <= start and not before[at - 1 : at + 1].isalnum():
            head.append(phrase)
        elif place > end and not before[place - 1 : place + 1].isalnum():
            tail.append(phrase)
    found = aligned(parent, before[:start] + ", " + typed + before[end:])
    assert kept(found, [*head, *tail])


def kept(found: tuple[Phrase, ...], wanted: list[Phrase]) -> bool:
    """Whether phrases are among others, in order."""
    left = iter(found)
    return all(phrase in left for phrase in wanted)


def test_a_long_prompt_is_aligned_soon() -> None:
    parent = made("a," * 9_000, *[Phrase("a", "library")] * 9_000)
    began = time.perf_counter()
    found = aligned(parent, "b," + "a," * 9_000 + "b")
    assert time.perf_counter() - began < 5
    assert (found[0], found[-1]) == (by_user("b"), by_user("b"))
