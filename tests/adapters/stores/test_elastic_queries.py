"""What both are told: filters, documents, bulk bodies; what their scores mean."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.stores.elastic_queries import (
    FACTS,
    Entry,
    bodies,
    clauses,
    documents,
    entry,
    inner_products,
    shards_for,
)
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, Where


def test_every_fact_is_mapped() -> None:
    assert tuple(FACTS) == Facts._fields


def test_a_filter_has_a_clause_for_each_condition() -> None:
    where = Where(("a", '"'), ("s",), ("u",), ("m",), rating=3, nsfw=0.5, has_image=False, added=9)
    assert clauses(where) == [
        {"terms": {"tags": ["a", '"']}},
        {"terms": {"sources": ["s"]}},
        {"terms": {"use": ["u"]}},
        {"terms": {"model_family": ["m"]}},
        {"range": {"rating": {"gte": 3}}},
        {"range": {"nsfw": {"lte": 0.5}}},
        {"term": {"has_image": False}},
        {"range": {"added": {"gte": 9}}},
    ]
    assert clauses(Where()) == []


@given(st.floats(-1, 1))
def test_scores_turn_back_into_products(product: float) -> None:
    score = 1 + product if product > 0 else 1 / (1 - product)
    found = inner_products(np.array([np.float32(score)], np.float64))
    assert found == pytest.approx([product], abs=1e-6)


@given(st.lists(st.text(max_size=20), max_size=5))
def test_documents_are_read_as_they_were_written(tags: list[str]) -> None:
    rows = rows_of(1)
    (_, source), *_ = documents(rows)
    lines = entry(7, {"index": {}}, {**source, "tags": tags}).lines.splitlines()
    found = json.loads(lines[1])
    assert (len(lines), found["tags"]) == (2, tags)
    assert found["vector"] == pytest.approx(rows.vectors[0].tolist(), abs=1e-7)


@given(st.lists(st.integers(1, 6_000_000), max_size=8))
def test_bodies_hold_all_in_order(lengths: list[int]) -> None:
    entries = [Entry(n, "x" * length) for n, length in enumerate(lengths)]
    found = list(bodies(entries))
    assert [one for piece in found for one in piece] == entries
    sizes = [sum(len(one.lines) for one in piece) for piece in found]
    assert all(size <= 4 * 1024**2 or len(piece) == 1
               for size, piece in zip(sizes, found, strict=True))  # fmt: skip


@pytest.mark.parametrize(("rows", "dim", "shards"), [(0, 384, 1), (14_000_000, 384, 2)])
def test_shards_stay_of_a_good_size(rows: int, dim: int, shards: int) -> None:
    assert shards_for(rows, dim) == shards
