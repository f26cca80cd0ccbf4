"""What stores are told of prompts, and what they are asked by filters."""

from __future__ import annotations

import pytest

from bozzetto.store.facts import seconds, where_of
from bozzetto.types import Filters, Where


@pytest.mark.parametrize(
    ("at", "second"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01", 1),
        ("1970-01-01T01:00:01+01:00", 1),
        ("2026-01-02T03:04:05Z", 1767323045),
        ("1969-12-31T23:59:59Z", -1),
        ("no date", 0),
        ("", 0),
    ],
)
def test_a_moment_in_seconds(at: str, second: int) -> None:
    assert seconds(at) == second


def test_filters_become_conditions() -> None:
    filters = Filters(
        tag=("Warm", "a'b"), use=("poster",), source=("S",), model_family=("sdxl",), min_rating=3,
        has_image=True, since="1970-01-02",
    )  # fmt: skip
    assert where_of(filters, 0.5) == Where(
        tags=("warm", "a'b"), sources=("S",), use=("poster",), model_family=("sdxl",), rating=3,
        nsfw=0.500001, has_image=True, added=86_400,
    )  # fmt: skip


def test_the_limit_is_the_one_of_the_filters_where_they_have_one() -> None:
    assert where_of(Filters(max_nsfw=0.25), 0.5) == Where(nsfw=0.250001)
    assert where_of(Filters(), 0.5) == Where(nsfw=0.500001)


def test_conditions_come_in_their_order() -> None:
    where = Where(rating=0, has_image=False, tags=("x",))
    assert [tuple(one) for one in where.conditions()] == [
        ("tags", "any", ("x",)),
        ("rating", ">=", 0),
        ("has_image", "=", False),
    ]
