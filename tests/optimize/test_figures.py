"""Who is in the picture, told only where the idea leaves no doubt."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.optimize.figures import Figures, figures


@pytest.mark.parametrize(
    ("idea", "tags"),
    [
        ("a girl in a red dress sitting on a bench", ("1girl", "solo")),
        ("an old man reading a newspaper", ("1boy", "solo")),
        ("girl with a pearl earring", ("1girl", "solo")),
        ("a witch with a black cat", ("1girl", "solo")),
        ("a knight in armour", ("solo",)),
        ("two girls and a boy", ("2girls", "1boy")),
        ("two tall young men", ("2boys",)),
        ("a man and his son", ("2boys",)),
        ("king and queen", ("1girl", "1boy")),
        ("women at a table", ("multiple girls",)),
        ("a group of women in kimonos", ("multiple girls",)),
        ("mountains at dawn", ("no humans", "scenery")),
        ("a painting of a fox in a field", ("no humans", "animal focus")),
        ("a man stands in the shadow of a tree", ("1boy", "solo")),
        ("a woman, red hair, freckles", ("1girl", "solo")),
        ("a subway train with no cows in it", ("no humans", "vehicle focus")),
        ("a cat jumps over a baby gate", ("no humans", "animal focus")),
        ("a king penguin on ice", ("no humans", "animal focus")),
        ("a plate of sushi", ("no humans", "food focus")),
        ("a red car parked by the sea", ("no humans", "vehicle focus")),
        ("a chair by the window", ("no humans",)),
        ("empty street, no people", ("no humans", "scenery")),
        ("a garden without humans", ("no humans", "scenery")),
    ],
)
def test_figures_are_counted(idea: str, tags: tuple[str, ...]) -> None:
    assert figures(idea).tags == tags


@pytest.mark.parametrize(
    "idea",
    [
        "a couple dancing",
        "a busy street market",
        "a family dinner",
        "a mother holding her baby",
        "young woman, beautiful girl, red hair",
        "a girl's hand holding an apple",
        "men's shoes",
        "a smiling face",
        "an orange wearing a cowboy hat",
        "a soup that looks like a monster",
        "a horse without a rider",
        "cross section of a human heart",
        "a statue of a man",
        "Napoleon crossing the alps",
        "the Eiffel Tower at night",
        "the mona lisa",
        "1girl, solo, red hair",
        "2boys, a cat on a sofa",
    ],
)
def test_what_is_doubtful_is_left_open(idea: str) -> None:
    assert figures(idea).tags == ()


def test_people_and_animals_are_told_apart() -> None:
    assert figures("a woman with her dog") == Figures(("1girl", "solo"), people=True, animals=True)
    assert figures("three cats") == Figures(("no humans", "animal focus"), animals=True)
    assert figures("a wooden table") == Figures(("no humans",))
    assert not figures("an F1 race car").people


@given(st.text(max_size=80), st.sampled_from(["a woman", "two men", "a knight", "a crowd"]))
def test_where_a_person_is_there_are_humans(text: str, who: str) -> None:
    assert "no humans" not in figures(f"{who}, {text.replace('no ', '')}").tags
