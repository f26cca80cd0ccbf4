"""Which modifiers of the hits are on offer."""

from __future__ import annotations

import pytest

from bozzetto.optimize.modifiers import brings_along
from bozzetto.optimize.pool import gather, lifted
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Hit

PLAIN = ["a chair, photograph, soft light, beige tones"] * 8
WORLD = ["a wizard, oil painting, steampunk"] * 12


def offered(idea: str, texts: list[str]) -> set[str]:
    hits = [Hit(f"h{n}", text, None, 1.0, "test", 0) for n, text in enumerate(texts)]
    return {e.look.text for e in gather(idea, hits, LibraryStats.build(PLAIN + WORLD))}


def test_a_world_comes_along_only_where_the_hits_have_it_oftener_than_the_library() -> None:
    assert "steampunk" not in offered("a table", PLAIN + WORLD)
    assert "steampunk" in offered("a sorcerer", WORLD)
    assert "soft light" in offered("a table", PLAIN + WORLD)


@pytest.mark.parametrize(
    ("modifier", "what"),
    [
        ("dark fantasy", "world"),
        ("vintage movie poster", "print"),
        ("white background", "stage"),
        ("close up portrait", "figure"),
        ("oil painting", ""),
    ],
)
def test_what_a_modifier_brings_along(modifier: str, what: str) -> None:
    assert brings_along(modifier) == what


def test_no_figure_comes_where_there_is_none() -> None:
    texts = ["a wizard, oil painting, headshot, soft light"] * 8
    assert "headshot" in offered("a sorcerer", texts)
    assert "headshot" not in offered("a table", texts)


def test_lifted() -> None:
    assert lifted(3, 10, 0.1)
    assert not lifted(1, 10, 0.1)


def test_hits_count_by_their_rating() -> None:
    library = LibraryStats.build(PLAIN + WORLD)

    def weights(one: int | None, other: int | None, pick: str = "") -> dict[str, float]:
        hits = [
            Hit("a", "a chair, soft light", None, 1.0, "test", 0, rating=one),
            Hit("b", "a chair, beige tones", None, 1.0, "test", 0, rating=other),
        ]
        return {e.look.text: e.weight for e in gather("a chair", hits, library, (pick,), 1)}

    plain = weights(None, None)
    assert weights(3, 3) == plain
    better = weights(None, 5)
    assert better["beige tones"] > plain["beige tones"]
    assert better["soft light"] == plain["soft light"]
    assert weights(2, None)["soft light"] < plain["soft light"]
    assert weights(1, None)["soft light"] < weights(2, None)["soft light"]
    assert weights(1, None, "a") == weights(None, None, "a"), "a picked one is liked as it is"


def test_modifiers_are_worth_more_where_prompts_that_have_them_are_rated() -> None:
    hits = [Hit("a", "a chair, soft light", None, 1.0, "test", 0)]
    library = LibraryStats.build(PLAIN + WORLD)

    def weight(rating: int | None) -> float:
        rated = library.rated([] if rating is None else [(PLAIN[0], rating)])
        return next(e.weight for e in gather("a chair", hits, rated) if e.look.key == "soft light")

    assert weight(1) < weight(2) < weight(None) == weight(3) < weight(4) < weight(5)


def test_what_was_kept_for_an_idea_counts_no_more_than_its_stars() -> None:
    """It fits to the letter, and the next candidates would all be like it."""
    library = LibraryStats.build(PLAIN + WORLD)

    def weight(rating: int | None) -> float:
        hits = [
            Hit("a", "a blue chair, soft light", None, 1.0, "test", 0, rating=rating),
            Hit("b", "a wizard on a chair, beige tones", None, 1.0, "test", 0),
        ]
        offered = {e.look.key: e.weight for e in gather("a blue chair", hits, library, (), 1)}
        return offered["soft light"] / offered["beige tones"]

    assert weight(3) < weight(5) < 2.5 < weight(None)
