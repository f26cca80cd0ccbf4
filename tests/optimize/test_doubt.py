from dataclasses import replace

import pytest

from bozzetto import profiles
from bozzetto.optimize.brief import Brief, make_brief
from bozzetto.optimize.checks import checked
from bozzetto.optimize.doubt import Doubt, doubt
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Candidate, Check, Phrase


def translated(idea: str, english: str, *notes: str, language: str = "it") -> Brief:
    made = make_brief(idea, language=language, profile=profiles.load("sdxl"))
    return replace(made, text=english, phrases=(Phrase(english, "idea", idea),), notes=notes)


def near(one: str, other: str) -> float:
    return 0.8


def far(one: str, other: str) -> float:
    return 0.25


def test_a_good_translation_raises_no_doubt() -> None:
    assert doubt(translated("un piccolo cane", "a small dog"), near) == Doubt()


@pytest.mark.parametrize(
    ("brief", "similar", "share", "reason"),
    [
        (
            translated("una strega che non porta il cappello", "a witch not door the hat"),
            near,
            2 / 3,
            "unsure of the translation: it reads oddly (not door, door the)",
        ),
        (
            translated("un gatto xyz", "a cat", "not understood and left out: xyz"),
            near,
            1 / 2,
            "unsure of the translation: it leaves out xyz",
        ),
        (
            translated("un piccolo cane", "a small dog"),
            far,
            1 / 2,
            "unsure of the translation: it is far from the idea (0.25)",
        ),
    ],
)
def test_what_speaks_against_it(brief: Brief, similar: object, share: float, reason: str) -> None:
    found = doubt(brief, similar)  # type: ignore[arg-type]
    assert found.share == pytest.approx(share)
    assert found.reason == reason


def test_an_english_idea_is_not_held_against_itself() -> None:
    def never(one: str, other: str) -> float:
        raise AssertionError

    brief = make_brief("cat two is", language="en", profile=profiles.load("sdxl"))
    assert doubt(brief, never) == Doubt()


def test_what_is_doubtful_counts_as_lost() -> None:
    brief = translated("una strega che non porta il cappello", "a witch not door the hat")
    one = Candidate("a", f"{brief.text}, ink", None, "sdxl", "compose", {}, (), 1.0, 1.0)
    (found,) = checked([one], brief, [], LibraryStats.build(["a cat, ink"] * 20), similar=near)
    assert found.intent == pytest.approx(2 / 3)
    assert found.checks[0] == Check("intent", False, doubt(brief, near).reason)
