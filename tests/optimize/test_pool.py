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
