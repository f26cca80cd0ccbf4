"""What OpenSearch and Elasticsearch are told alike: mappings, documents, filters, bulk bodies.

Filters are built as JSON from `Where`, so that no value is ever read as language. Documented at
docs.opensearch.org (query-dsl, api-reference/document-apis/bulk) and elastic.co/docs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bozzetto.types import Condition, Facts, StoreRows, Vectors, Where

__all__ = [
    "DEEPEST",
    "FACTS",
    "Entry",
    "bodies",
    "clauses",
    "documents",
    "entry",
    "inner_products",
    "numbers",
    "shards_for",
]

DEEPEST = 10_000
"""Hits of one search at most: `index.max_result_window`, and the largest k of both."""

_BODY = 4 * 1024 * 1024  # bytes; Amazon's small instances take requests of 10 MiB
_SHARD = 20 * 1024**3  # bytes; both advise shards of 10 to 50 GB
_FACT_BYTES = 600  # of a row beside its vector, as indexed

_WORD = {"type": "keyword", "ignore_above": 8191}
"""Lucene takes terms of 32,766 bytes, and a character has at most four."""

FACTS: Mapping[str, Mapping[str, Any]] = {
    "tags": _WORD,
    "sources": _WORD,
    "use": _WORD,
    "model_family": _WORD,
    "rating": {"type": "integer"},
    "nsfw": {"type": "double"},
    "has_image": {"type": "boolean"},
    "added": {"type": "long"},
}
"""How the fields of `Facts` are mapped."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One action of a bulk request: the key it is about, and its lines."""

    key: int
    lines: str


def shards_for(rows: int, dim: int) -> int:
    """How many shards so many rows are cut into, so that none grows beyond some 20 GiB."""
    return 1 + rows * (dim * 4 + _FACT_BYTES) // _SHARD


def numbers(vectors: Vectors) -> Any:  # noqa: ANN401 - a list, nested as the array is
    """Vectors for JSON, to seven decimals: half the bytes, and 1e-7 in the inner product."""
    return np.round(np.asarray(vectors, np.float64), 7).tolist()


def entry(key: int, action: Mapping[str, Any], source: Mapping[str, Any] | None = None) -> Entry:
    """An action with its document, as NDJSON."""
    lines = json.dumps(action) + "\n"
    if source is not None:
        lines += json.dumps(source, separators=(",", ":")) + "\n"
    return Entry(key, lines)


def documents(rows: StoreRows) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each row's key and document."""
    for key, vector, facts in zip(rows.keys.tolist(), rows.vectors, rows.facts, strict=True):
        yield key, _document(vector, facts)


def _document(vector: Vectors, facts: Facts) -> dict[str, Any]:
    return {"vector": numbers(vector), **facts._asdict()}


def bodies(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Entries in pieces of some 4 MiB, the longest body that every service takes gladly."""
    piece: list[Entry] = []
    size = 0
    for one in entries:
        if piece and size + len(one.lines) > _BODY:
            yield piece
            piece, size = [], 0
        piece.append(one)
        size += len(one.lines)
    if piece:
        yield piece


def clauses(where: Where) -> list[dict[str, Any]]:
    """The clauses of a `bool` filter, all of which have to hold."""
    return [_clause(one) for one in where.conditions()]


def _clause(one: Condition) -> dict[str, Any]:
    if isinstance(one.value, tuple):
        return {"terms": {one.field: list(one.value)}}
    bound = {">=": "gte", "<=": "lte"}.get(one.operator)
    if bound is None:
        return {"term": {one.field: one.value}}
    return {"range": {one.field: {bound: one.value}}}


def inner_products(scores: Vectors) -> Vectors:
    """OpenSearch's scores of the space "innerproduct" as inner products.

    A score is 1 + p of a product p above 0, and 1 / (1 - p) of others, with every engine and
    with the exact script (docs.opensearch.org, "Spaces").
    """
    found: Vectors = np.where(scores >= 1, scores - 1, 1 - 1 / np.maximum(scores, 1e-9))
    return found
