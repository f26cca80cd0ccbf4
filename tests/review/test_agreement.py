"""The worked examples are Krippendorff's own, and those that software is checked against."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.review.agreement import Agreement, Split, agreement, alpha
from bozzetto.types import Verdict

FOUR_OBSERVERS = (
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C."""

THREE_CODERS = (
    ". . . . . 3 4 1 2 1 1 3 3 . 3",
    "1 . 2 1 3 3 4 3 . . . . . . .",
    ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
)
"""Wikipedia, Krippendorff's alpha, A computational example."""

TWO_OBSERVERS = ("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0")
"""Krippendorff (2011), section A: binary data, two observers."""


def units(rows: Sequence[str]) -> list[list[int]]:
    return [
        [int(value) for value in column if value != "."]
        for column in zip(*(row.split() for row in rows), strict=True)
    ]


def test_published_examples_of_nominal_values() -> None:
    assert alpha(units(TWO_OBSERVERS), "nominal") == pytest.approx(0.095, abs=5e-4)
    assert alpha(units(FOUR_OBSERVERS), "nominal") == pytest.approx(0.743, abs=5e-4)
    assert alpha(units(THREE_CODERS), "nominal") == pytest.approx(0.691, abs=5e-4)


def test_published_example_of_ordinal_values() -> None:
    assert alpha(units(FOUR_OBSERVERS), "ordinal") == pytest.approx(0.815, abs=5e-4)


def test_nothing_to_compare() -> None:
    assert alpha([], "nominal") is None
    assert alpha([[1], [2], []], "ordinal") is None
    assert alpha([[1, 1], [1, 1, 1]], "nominal") is None


UNITS = st.lists(st.lists(st.integers(1, 5), max_size=4), max_size=8)
LEVELS = st.sampled_from(["nominal", "ordinal"])


@given(UNITS, LEVELS, st.randoms(use_true_random=False))
def test_order_says_nothing(found: list[list[int]], level: str, random: object) -> None:
    shuffled = [sorted(unit) for unit in found]
    shuffled.sort()
    assert alpha(shuffled, level) == alpha(found, level)  # type: ignore[arg-type]


@given(UNITS)
def test_names_of_values_say_nothing(found: list[list[int]]) -> None:
    renamed = [[(7 * value) % 11 for value in unit] for unit in found]
    assert alpha(renamed, "nominal") == alpha(found, "nominal")


@given(UNITS)
def test_ordinal_values_count_by_their_order(found: list[list[int]]) -> None:
    upside_down = [[-(value**3) for value in unit] for unit in found]
    assert alpha(upside_down, "ordinal") == alpha(found, "ordinal")


@given(UNITS, LEVELS)
def test_full_agreement_is_one_and_nothing_is_more(found: list[list[int]], level: str) -> None:
    value = alpha(found, level)  # type: ignore[arg-type]
    assert value is None or value <= 1
    same = alpha([[unit[0]] * len(unit) for unit in found if unit], level)  # type: ignore[arg-type]
    assert same in (1.0, None)


@given(st.lists(st.lists(st.integers(0, 1), max_size=4), max_size=8))
def test_of_two_values_the_levels_say_the_same(found: list[list[int]]) -> None:
    assert alpha(found, "ordinal") == alpha(found, "nominal")


def test_agreement_of_reviewers() -> None:
    verdicts = [
        Verdict("a", "anna", keep=False, rating=1),
        Verdict("a", "anna", keep=True, rating=5),
        Verdict("a", "ben", keep=True, rating=5),
        Verdict("b", "anna", keep=True, rating=2),
        Verdict("b", "ben", keep=False, rating=1),
        Verdict("c", "anna", keep=False),
        Verdict("c", "ben", keep=False),
        Verdict("d", "ben", rating=3),
        Verdict("d", "carla", rating=5),
    ]
    # Decisions: a +,+  b +,-  c -,-: alpha = 1 - 5 * 2 / (2 * 3 * 3).
    # Ratings: a 5,5  b 2,1  d 3,5; 1 | 2 | 3 | 5 5 5 of which 1-2 are 1, 3-5 are 2 apart:
    # seen 2 * (1 + 4); expected 2 * (1 + 4 + 3 * 16 + 1 + 3 * 9 + 3 * 4).
    assert agreement(verdicts) == Agreement(
        reviewers=("anna", "ben", "carla"),
        pairs=3,
        same=2 / 3,
        keep=8 / 18,
        rating_pairs=3,
        rating=136 / 186,
        split=(Split("b", 1, 1, 1, 2), Split("d", 0, 0, 3, 5)),
    )


def test_agreement_of_nobody() -> None:
    nothing = Agreement((), 0, None, None, 0, None, ())
    assert agreement([]) == nothing
    alone = agreement([Verdict("a", "anna", keep=True, rating=4)])
    assert alone == Agreement(("anna",), 0, None, None, 0, None, ())


def test_the_worst_splits_come_first() -> None:
    def votes(image: str, kept: int, rejected: int) -> list[Verdict]:
        said = [True] * kept + [False] * rejected
        return [Verdict(image, f"r{n}", keep=keep) for n, keep in enumerate(said)]

    found = agreement([*votes("a", 3, 1), *votes("b", 2, 2), *votes("c", 4, 0), *votes("d", 1, 1)])
    assert [split.image for split in found.split] == ["b", "d", "a"]


@given(st.permutations(["anna", "ben", "carla"]))
def test_names_of_reviewers_say_nothing(names: list[str]) -> None:
    said = [(0, "a", True, 5), (1, "a", False, 1), (2, "a", True, 4), (0, "b", True, 2)]
    said += [(2, "b", True, 3), (1, "c", False, None), (2, "c", False, 2)]  # type: ignore[list-item]
    one = agreement(Verdict(i, f"r{n}", keep=k, rating=r) for n, i, k, r in said)
    other = agreement(Verdict(i, names[n], keep=k, rating=r) for n, i, k, r in said)
    assert (one.pairs, one.same, one.keep, one.rating_pairs, one.rating, one.split) == (
        other.pairs, other.same, other.keep, other.rating_pairs, other.rating, other.split,
    )  # fmt: skip
