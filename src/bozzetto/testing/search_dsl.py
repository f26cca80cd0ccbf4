"""The part of OpenSearch's and Elasticsearch's query language that is checked and carried out.

Filters, vector searches, scripts and aggregations as documented at docs.opensearch.org and
elastic.co/docs; whatever is not known here is refused as the servers refuse what they do not
know.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bozzetto.testing.search_mapping import VECTORS, Document, Fields, RefusedError, dim_of, illegal

__all__ = ["Hit", "aggregated", "searched"]

Hit = tuple[str, float]
"""A document's id and its score."""

_WINDOW = 10_000


def _unread(reason: str) -> RefusedError:
    return RefusedError(400, "parsing_exception", reason)


# Filters


def _one(clause: Mapping[str, Any], what: str) -> tuple[str, Any]:
    if not isinstance(clause, Mapping) or len(clause) != 1:
        raise _unread(f"[{what}] malformed query, expected [END_OBJECT] but found [FIELD_NAME]")
    return next(iter(clause.items()))


def _each(clauses: Any) -> list[Any]:  # noqa: ANN401
    return clauses if isinstance(clauses, list) else [clauses]


def _bool(body: Mapping[str, Any], doc: Document) -> bool:
    unknown = set(body) - {"filter", "must", "must_not", "should", "minimum_should_match"}
    if unknown:
        raise _unread(f"[bool] query does not support {sorted(unknown)}")
    must = _each(body.get("filter", [])) + _each(body.get("must", []))
    should = _each(body.get("should", []))
    return (
        all(_holds(one, doc) for one in must)
        and not any(_holds(one, doc) for one in _each(body.get("must_not", [])))
        and (not should or bool(must) or any(_holds(one, doc) for one in should))
    )


def _values(doc: Document, field: str) -> list[Any]:
    found: list[Any] = doc.get(field, [])
    return found


def _term(body: Mapping[str, Any], doc: Document) -> bool:
    field, value = _one(body, "term")
    wanted = value["value"] if isinstance(value, Mapping) else value
    return wanted in _values(doc, field)


def _terms(body: Mapping[str, Any], doc: Document) -> bool:
    field, wanted = _one(body, "terms")
    if not isinstance(wanted, list):
        raise _unread("[terms] query requires an array of values")
    if len(wanted) > 65_536:
        raise illegal("The number of terms has exceeded the allowed maximum of [65536]")
    return any(one in wanted for one in _values(doc, field))


_BOUNDS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gte": lambda mine, bound: bool(mine >= bound),
    "gt": lambda mine, bound: bool(mine > bound),
    "lte": lambda mine, bound: bool(mine <= bound),
    "lt": lambda mine, bound: bool(mine < bound),
}


def _range(body: Mapping[str, Any], doc: Document) -> bool:
    field, bounds = _one(body, "range")
    unknown = set(bounds) - set(_BOUNDS)
    if unknown:
        raise _unread(f"[range] query does not support {sorted(unknown)}")
    return any(
        all(_BOUNDS[name](one, bound) for name, bound in bounds.items())
        for one in _values(doc, field)
    )


_CLAUSES: Mapping[str, Callable[[Mapping[str, Any], Document], bool]] = {
    "bool": _bool,
    "exists": lambda body, doc: bool(len(_values(doc, body["field"]))),
    "match_all": lambda body, doc: True,
    "range": _range,
    "term": _term,
    "terms": _terms,
}


def _holds(clause: Mapping[str, Any], doc: Document) -> bool:
    name, body = _one(clause, "bool")
    if name not in _CLAUSES:
        raise _unread(f"unknown query [{name}]")
    return _CLAUSES[name](body, doc)


# Searches

_SCRIPTS = (
    re.compile(
        r"Math\.max\(0\.0, \(1\.0 \+ dotProduct\(params\.(?P<param>\w+), '(?P<field>\w+)'\)\) "
        r"/ 2\.0\)"
    ),
)
"""Painless with `dotProduct`, as its documentation has it; no other script is carried out."""


@dataclass(frozen=True, slots=True)
class _Near:
    """A vector search: the field, the query, how many, among which documents."""

    field: str
    query: list[float]
    k: int
    among: Mapping[str, Any]


def searched(
    body: Mapping[str, Any], docs: Mapping[str, Document], fields: Fields, *, scripts: bool = True
) -> tuple[list[Hit], int]:
    """The hits of a search, best first, and how many there are in all."""
    elastic = any(one["type"] == "dense_vector" for one in fields.values())
    known = {"size", "_source", "query", "aggs", "track_total_hits"} | (
        {"knn"} if elastic else set()
    )
    for name in body:
        if name not in known:
            raise _unread(f"Unknown key for a VALUE_STRING in [{name}].")
    size = body.get("size", 10)
    if size > _WINDOW:
        raise illegal(
            "Result window is too large, from + size must be less than or equal to: "
            f"[{_WINDOW}] but was [{size}]."
        )
    hits = _hits(body, docs, fields, scripts)
    hits.sort(key=lambda hit: -hit[1])  # ties as they come: by no key
    return hits[:size], len(hits)


def _hits(
    body: Mapping[str, Any], docs: Mapping[str, Document], fields: Fields, scripts: bool
) -> list[Hit]:
    if "knn" in body:
        return _scored(_dense(body["knn"]), docs, fields)
    query = body.get("query", {"match_all": {}})
    name, inner = _one(query, "query")
    if name == "knn":
        return _scored(_knn(inner), docs, fields)
    if name == "script_score":
        if not scripts:
            raise illegal("cannot execute [inline] scripts")
        return _scored(_script(inner, fields), docs, fields)
    return [
        (id_, 0.0 if name == "bool" else 1.0) for id_, doc in docs.items() if _holds(query, doc)
    ]


def _knn(body: Mapping[str, Any]) -> _Near:
    field, inner = _one(body, "knn")
    unknown = set(inner) - {"vector", "k", "filter", "method_parameters"}
    if unknown:
        raise _unread(f"[knn] unknown field {sorted(unknown)}")
    k = inner.get("k")
    if not isinstance(k, int) or not 0 < k <= _WINDOW:
        raise illegal("[knn] requires k to be in the range (0, 10000]")
    return _Near(field, inner["vector"], k, inner.get("filter", {"match_all": {}}))


def _dense(body: Mapping[str, Any]) -> _Near:
    unknown = set(body) - {
        "field", "query_vector", "k", "num_candidates", "filter", "rescore_vector"
    }  # fmt: skip
    if unknown:
        raise _unread(f"[knn] unknown field {sorted(unknown)}")
    k, candidates = body["k"], body["num_candidates"]
    if not 0 < k <= candidates:
        raise illegal(f"[num_candidates] cannot be less than [k]: {candidates}, {k}")
    if candidates > _WINDOW:
        raise illegal(f"[num_candidates] cannot exceed [{_WINDOW}]")
    oversample = body.get("rescore_vector", {}).get("oversample", 1.0)
    if not 1.0 <= oversample <= 10.0:
        raise illegal("[oversample] must be in range [1.0, 10.0]")
    return _Near(body["field"], body["query_vector"], k, body.get("filter", {"match_all": {}}))


def _script(body: Mapping[str, Any], fields: Fields) -> _Near:
    script, among = body["script"], body["query"]
    params = script["params"]
    if script.get("lang") == "knn" and script["source"] == "knn_score":
        if params["space_type"] != "innerproduct":
            raise illegal(f"Space type [{params['space_type']}] is not carried out here")
        return _Near(params["field"], params["query_value"], _WINDOW, among)
    found = _SCRIPTS[0].fullmatch(script["source"])
    if found is None or fields[found["field"]]["type"] != "dense_vector":
        raise RefusedError(400, "script_exception", "compile error")
    return _Near(found["field"], params[found["param"]], _WINDOW, among)


def _scored(near: _Near, docs: Mapping[str, Document], fields: Fields) -> list[Hit]:
    field = fields.get(near.field)
    if field is None or field["type"] not in VECTORS:
        raise RefusedError(
            400,
            "search_phase_execution_exception",
            "all shards failed",
            f"failed to create query: Field '{near.field}' is not knn_vector type.",
        )
    if len(near.query) != dim_of(field):
        raise RefusedError(
            400,
            "search_phase_execution_exception",
            "all shards failed",
            f"Query vector has invalid dimension: {len(near.query)}. Dimension should be: "
            f"{dim_of(field)}",
        )
    fitting = {
        id_: doc[near.field]
        for id_, doc in docs.items()
        if near.field in doc and _holds(near.among, doc)
    }
    if not fitting:
        return []
    products = np.stack(list(fitting.values())) @ np.array(near.query, np.float32)
    score = _SCORES[field["type"]]
    best = np.argsort(-products, kind="stable")[: near.k].tolist()
    ids = list(fitting)
    return [(ids[n], float(np.float32(score(float(products[n]))))) for n in best]


_SCORES: Mapping[str, Callable[[float], float]] = {
    "knn_vector": lambda product: 1 + product if product > 0 else 1 / (1 - product),
    "dense_vector": lambda product: max(0.0, (1 + product) / 2),
}
"""Scores never fall below 0 ("Spaces" of OpenSearch, "similarity" of Elastic's dense_vector)."""


def aggregated(body: Mapping[str, Any], docs: Iterable[Document]) -> dict[str, Any]:
    """The answers to a search's `aggs`: `terms` of a numeric field, in partitions."""
    return {name: _buckets(one, list(docs)) for name, one in body.get("aggs", {}).items()}


def _buckets(aggregation: Mapping[str, Any], docs: list[Document]) -> dict[str, Any]:
    name, terms = _one(aggregation, "aggregation")
    if name != "terms" or set(terms) - {"field", "size", "min_doc_count", "include"}:
        raise _unread(f"Unknown aggregation type [{name}]")
    part = terms.get("include", {"partition": 0, "num_partitions": 1})
    counted = Counter(one for doc in docs for one in _values(doc, terms["field"]))
    wanted = [
        {"key": key, "doc_count": count}
        for key, count in counted.most_common()
        if count >= terms.get("min_doc_count", 1)
        and key % part["num_partitions"] == part["partition"]
    ]
    return {"buckets": wanted[: terms.get("size", 10)], "sum_other_doc_count": 0}
