"""Rows and filters in Pinecone's terms, and how large they are on the way."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from bozzetto.types import Condition, Facts, StoreRows, Where

__all__ = ["MOST_METADATA", "MOST_REQUEST", "filter_of", "metadata_of", "per_request", "vectors_of"]

MOST_METADATA = 40_000
"""Bytes of metadata that a record may carry (Pinecone says 40 KB)."""

MOST_REQUEST = 2_000_000
"""Bytes that an upsert may have (Pinecone says 2 MB)."""

_MOST_ROWS = 1_000
_DIGITS = 8  # after the point: what a float32 tells of a unit vector's parts
_WIDEST = 12  # bytes of such a number and its comma, "-0.12345678,"
_FRAME = 80  # bytes around a record: its id and the names of its parts

_LISTS = ("tags", "sources")

_OPERATORS = {"any": "$in", "in": "$in", ">=": "$gte", "<=": "$lte", "=": "$eq"}


def filter_of(where: Where) -> dict[str, Any] | None:
    """What has to hold; None where nothing does. A list of strings is `$in` by any of them."""
    wanted = [_condition(one) for one in where.conditions()]
    return {"$and": wanted} if len(wanted) > 1 else next(iter(wanted), None)


def _condition(one: Condition) -> dict[str, Any]:
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    return {one.field: {_OPERATORS[one.operator]: value}}


def metadata_of(facts: Facts) -> dict[str, Any]:
    """What a record carries beside its vector: at most `MOST_METADATA` bytes.

    Of what is longer, the last tags and then the last sources are left out.
    """
    told: dict[str, Any] = facts._asdict()
    spare = MOST_METADATA - _bytes(told)
    for field in _LISTS:
        told[field], spare = _cut(told[field], spare)
    return {field: value for field, value in told.items() if value != []}


def _cut(values: tuple[str, ...], spare: int) -> tuple[list[str], int]:
    """The first of some values, as many as fit, and what is spare then."""
    kept = list(values)
    while spare < 0 and kept:
        spare += _bytes(kept.pop()) + 1
    return kept, spare


def _bytes(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def vectors_of(rows: StoreRows) -> Iterator[dict[str, Any]]:
    """The records of an upsert."""
    values = np.round(rows.vectors.astype(np.float64), _DIGITS).tolist()
    for key, vector, facts in zip(rows.keys.tolist(), values, rows.facts, strict=True):
        yield {"id": str(key), "values": vector, "metadata": metadata_of(facts)}


def per_request(records: list[dict[str, Any]]) -> int:
    """How many of these records go into one request, for sure."""
    if not records:
        return _MOST_ROWS
    metadata = max(_bytes(one["metadata"]) for one in records)
    widest = _FRAME + _WIDEST * len(records[0]["values"]) + metadata
    return max(1, min(_MOST_ROWS, (MOST_REQUEST - _FRAME) // widest))
