"""The bench of the stores: both sides of each find what they were given, and the table's terms."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("chromadb", reason="needs the group backends")

from bench.backends import PLACES, Data, Figures, facts, gates, line, measure

from bozzetto.testing.stores import rows_of


@pytest.fixture(scope="module")
def given() -> Data:
    """Few rows, in the order that loading has them."""
    rows = rows_of(300)
    rows.keys.sort()
    queries = rows.vectors[:5]
    order = np.argsort(-(queries @ rows.vectors.T), axis=1)[:, :10]
    return Data(rows, queries, [set(rows.keys[found].tolist()) for found in order])


@pytest.mark.parametrize("name", ["faiss", *PLACES])
def test_both_sides_find_what_they_were_given(
    name: str, given: Data, require: Callable[[str], Path]
) -> None:
    require("backends")
    ours, hand = measure(name, given)
    assert min(ours.recall, hand.recall) > 0.95
    assert len(ours.searches) == len(hand.searches) == 5


def test_facts_are_those_of_the_prompt() -> None:
    assert facts("a red fox") == facts("a red fox")
    assert len({facts(f"prompt {n}") for n in range(500)}) > 450
    assert {fact.use for fact in map(facts, map(str, range(100)))} == {
        "", "product", "food", "film", "games",
    }  # fmt: skip


def test_the_table_and_its_gates() -> None:
    ours, hand = Figures(3.0, 1.0, [2.0, 2.0], 0.98), Figures(2.0, 2.0, [1.0, 1.0], 0.97)
    assert line("x", ours, hand, 1_000) == (
        "| x | 250 (250) | 3.0 (2.0) | 1.0 (2.0) | 2.00 (1.00) | 2.00 (1.00) | 0.980 (0.970) |"
    )
    assert [(gate.value, gate.met) for gate in gates("x", ours, hand)] == [
        (1.0, True),
        (2.0, False),
    ]
