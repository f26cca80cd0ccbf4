import asyncio
import time
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bozzetto import profiles
from bozzetto.errors import BackendError, SetupError
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.check import intent
from bozzetto.optimize.compose import compose
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.write import Written, write
from bozzetto.testing.chat import ScriptedChat
from bozzetto.text.normalise import normalise
from bozzetto.text.tokens import clip_tokens
from bozzetto.types import ChatRequest, Hit

IDEA = "a red book and a yellow vase"
LOOKS = (
    "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field",
    "neon glow, cinematic night photograph, reflections on wet chrome, saturated magenta haze",
    "charcoal drawing, heavy grain, stark chiaroscuro, smudged edges, expressive gestural strokes",
    "isometric 3d render, clay texture, bright studio lighting, playful candy colors, minimal",
)
PROMPTS = tuple(f"{IDEA}, {look}" for look in LOOKS)
ANSWERS = tuple(f"PROMPT: {prompt}\nNEGATIVE: fingerprints" for prompt in PROMPTS)
LIBRARY_TEXTS = [
    f"a castle on a hill under a dramatic sky, {look.split(', ')[0]}, stone bridge, ravens, {more}"
    for look, more in zip(LOOKS, ("oil painting", "fog", "etching", "pixel art"), strict=True)
]
LIBRARY = LibraryStats.build(LIBRARY_TEXTS * 10)
HITS = [Hit(f"h{i}", text, None, 1.0, "test", 0) for i, text in enumerate(LIBRARY_TEXTS)]
BRIEF = make_brief(IDEA, language="en", profile=profiles.load("sdxl"))
SPARE = compose(BRIEF, HITS, LIBRARY, n=4, seed=0)


def wrote(
    script: Callable[[ChatRequest], str | Exception] | Sequence[str],
    *,
    n: int = 4,
    seed: int = 0,
    timeout: float = 5.0,
    delay: float = 0.0,
) -> tuple[Written, ScriptedChat]:
    chat = ScriptedChat(script, delay=delay)
    work = write(BRIEF, HITS, LIBRARY, chat, n=n, seed=seed, timeout=timeout)
    return asyncio.run(work), chat


def test_good_texts_stand_unchanged_and_signed() -> None:
    written, chat = wrote(ANSWERS)
    assert [c.prompt for c in written.candidates] == list(PROMPTS)
    assert {c.chat for c in written.candidates} == {"scripted:"}
    assert [c.warnings for c in written.candidates] == [()] * 4
    assert all((c.negative or "").endswith(", fingerprints") for c in written.candidates)
    assert all(c.intent == 1.0 and c.novelty > 0 for c in written.candidates)
    assert (written.degraded, written.back) == (None, 0)
    assert sorted(request.seed or 0 for request in chat.asked) == [0, 1, 2, 3]
    assert len({request.messages for request in chat.asked}) == 4


def test_the_same_seed_gives_the_same() -> None:
    assert wrote(ANSWERS)[0] == wrote(ANSWERS)[0]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("I'm sorry, but I can't help with that.", "declined"),
        ("", "said nothing"),
        ("PROMPT: a train", "lost"),
        ("PROMPT: HACKED https://evil.example", "carries an address"),
        ("<script>alert(1)</script>", "said nothing"),
        ("the same " * 3000, "lost"),
    ],
)
def test_a_text_that_fails_twice_is_composed_and_says_why(answer: str, reason: str) -> None:
    written, chat = wrote([answer])
    assert [c.prompt for c in written.candidates] == [c.prompt for c in SPARE]
    assert {c.chat for c in written.candidates} == {"compose"}
    said = f"scripted: was not used: it {reason}"
    assert all(c.warnings[-1].startswith(said) for c in written.candidates)
    assert (written.degraded, written.back) == (None, 4)
    assert sorted(request.seed or 0 for request in chat.asked) == list(range(8))
    assert f"it {reason}" in chat.asked[-1].messages[1].content


def test_a_second_try_may_do_better() -> None:
    def script(request: ChatRequest) -> str:
        number = request.seed or 0
        return ANSWERS[number % 4] if number >= 4 else "no idea"

    written, chat = wrote(script)
    assert [c.prompt for c in written.candidates] == list(PROMPTS)
    assert len(chat.asked) == 8


def test_the_same_text_twice_stands_once() -> None:
    written, _ = wrote([ANSWERS[0]])
    assert [c.chat for c in written.candidates] == ["scripted:", *["compose"] * 3]
    assert "is the same as another candidate" in written.candidates[1].warnings[-1]


def test_a_back_end_that_fails_degrades_and_is_not_asked_again() -> None:
    def script(request: ChatRequest) -> str | Exception:
        number = request.seed or 0
        return BackendError("the server is down") if number == 2 else ANSWERS[number]

    written, chat = wrote(script)
    assert [c.chat for c in written.candidates] == [*["scripted:"] * 2, "compose", "scripted:"]
    assert written.candidates[2].prompt == SPARE[2].prompt
    assert written.candidates[2].warnings[-1] == "the server is down"
    assert (written.degraded, written.back, len(chat.asked)) == ("the server is down", 1, 4)


def test_a_call_that_takes_too_long_is_left() -> None:
    start = time.monotonic()
    written, chat = wrote(ANSWERS, timeout=0.3, delay=0.2)
    assert written.degraded == "scripted: took longer than 0.3 s"
    assert chat.cancelled == 4
    assert time.monotonic() - start < 2


def test_a_refused_key_ends_it_all_and_stops_the_others() -> None:
    def script(request: ChatRequest) -> str | Exception:
        return SetupError("no key") if request.seed == 0 else ANSWERS[0]

    chat = ScriptedChat(script, delay=0.5)
    with pytest.raises(SetupError, match="no key"):
        asyncio.run(write(BRIEF, HITS, LIBRARY, chat, n=4, seed=0, timeout=5.0))
    assert chat.cancelled == 3


def test_an_answer_cut_off_loses_its_unfinished_phrase() -> None:
    long = ANSWERS[0].partition("\n")[0] + ", " + "very " * 400
    written, _ = wrote([long], n=1)
    assert written.candidates[0].prompt.startswith(PROMPTS[0])


def test_many_candidates_from_few_hits() -> None:
    written, _ = wrote(["no"], n=20)
    assert len(written.candidates) == 20


def test_the_phrases_give_the_prompt() -> None:
    for candidate in wrote(ANSWERS)[0].candidates:
        place = 0
        for phrase in candidate.phrases:
            place = candidate.prompt.index(phrase.text, place) + len(phrase.text)
        assert candidate.phrases[0].source == "idea"
        assert any(phrase.source.startswith("h") for phrase in candidate.phrases[1:])


PIECES = st.sampled_from(
    ["PROMPT: ", "NEGATIVE: ", "\n", IDEA, "a red book", "yellow vase", *LOOKS, "by greg rutkowski"]
)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.lists(PIECES | st.text(max_size=9), max_size=9).map(", ".join), min_size=4))
def test_whatever_it_says_the_candidates_keep_idea_and_budget(answers: list[str]) -> None:
    written, _ = wrote(answers)
    assert len(written.candidates) == 4
    assert len({c.prompt for c in written.candidates}) == 4
    for candidate in written.candidates:
        assert intent(IDEA, candidate.prompt).kept
        assert candidate.tokens["clip"] <= min(75, clip_tokens(candidate.prompt))
        assert normalise(candidate.prompt) == candidate.prompt
        assert "rutkowski" not in candidate.prompt
