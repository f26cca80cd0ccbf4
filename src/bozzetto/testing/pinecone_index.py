"""An index as Pinecone documents it: namespaces of records, answered by NumPy.

Of the limits, those are held that a client can meet in a test. What is written is seen `lag`
seconds later, as Pinecone says of itself.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["PineconeIndex", "Refused", "fits"]

_MOST_ROWS = 1_000
_MOST_IDS = 1_000
_MOST_FOUND = 10_000
_MOST_METADATA = 40 * 1024
_MOST_VALUES = 10_000


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An answer that is an error: `status`, the code of gRPC, and the message."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def _wrong(message: str) -> Refused:
    return Refused(400, 3, message)


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda mine, wanted: wanted in mine if isinstance(mine, list) else mine == wanted,
    "$ne": lambda mine, wanted: wanted not in mine if isinstance(mine, list) else mine != wanted,
    "$gt": lambda mine, wanted: _number(mine) and mine > wanted,
    "$gte": lambda mine, wanted: _number(mine) and mine >= wanted,
    "$lt": lambda mine, wanted: _number(mine) and mine < wanted,
    "$lte": lambda mine, wanted: _number(mine) and mine <= wanted,
    "$in": lambda mine, wanted: not set(_listed(mine)).isdisjoint(wanted),
    "$nin": lambda mine, wanted: set(_listed(mine)).isdisjoint(wanted),
}
"""The documented operators."""


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [value]


def fits(metadata: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a record's metadata is what a filter asks for.

    Raises:
        Refused: the filter is none.
    """
    return all(_holds(metadata, name, value) for name, value in wanted.items())


def _holds(metadata: Mapping[str, Any], name: str, value: Any) -> bool:  # noqa: ANN401
    if name in ("$and", "$or"):
        if not isinstance(value, list) or not value:
            raise _wrong(f"{name} must be a non-empty list of expressions")
        found = [fits(metadata, one) for one in value]
        return all(found) if name == "$and" else any(found)
    if name.startswith("$"):
        raise _wrong(f"{name} is not a valid operator")
    tests = value if isinstance(value, dict) else {"$eq": value}
    return all(_compared(metadata, name, *one) for one in tests.items())


def _compared(metadata: Mapping[str, Any], field: str, operator: str, wanted: Any) -> bool:  # noqa: ANN401
    if operator == "$exists":
        return (field in metadata) is wanted
    if operator not in _COMPARE:
        raise _wrong(f"{operator} is not a valid operator")
    _check_wanted(operator, wanted)
    return field in metadata and _COMPARE[operator](metadata[field], wanted)


def _check_wanted(operator: str, wanted: Any) -> None:  # noqa: ANN401
    if operator in ("$in", "$nin"):
        if not isinstance(wanted, list) or not all(isinstance(one, str | float) for one in wanted):
            raise _wrong(
                f"the {operator} operator must be followed by a list of strings or numbers"
            )
        if len(wanted) > _MOST_VALUES:
            raise _wrong(f"the {operator} operator takes at most {_MOST_VALUES} values")
    elif operator not in ("$eq", "$ne") and not _number(wanted):
        raise _wrong(f"the {operator} operator must be followed by a number")
    elif not isinstance(wanted, str | bool | int | float):
        raise _wrong(f"the {operator} operator must be followed by a string, boolean or number")


@dataclass(slots=True)
class _Space:
    """A namespace: what is seen of it, and what will be."""

    seen: dict[str, tuple[np.ndarray, dict[str, Any]]] = field(default_factory=dict)
    coming: list[tuple[float, Callable[[dict[str, Any]], object]]] = field(default_factory=list)

    def settle(self) -> None:
        """Show what is due."""
        now = time.monotonic()
        while self.coming and self.coming[0][0] <= now:
            self.coming.pop(0)[1](self.seen)


class PineconeIndex:
    """A dense index by dotproduct. Callers hold a lock."""

    def __init__(self, name: str, dimension: int, metric: str, lag: float) -> None:
        self.name, self.dimension, self.metric = name, dimension, metric
        self._lag = lag
        self._spaces: dict[str, _Space] = {}

    def upsert(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /vectors/upsert."""
        vectors = body["vectors"]
        if not 0 < len(vectors) <= _MOST_ROWS:
            raise _wrong(f"Found {len(vectors)} vectors, allowed are 1 to {_MOST_ROWS}")
        rows = {self._id(one.get("id")): self._record(one) for one in vectors}
        space = self._spaces.setdefault(body.get("namespace", ""), _Space())
        space.coming.append((time.monotonic() + self._lag, lambda seen: seen.update(rows)))
        return {"upsertedCount": len(vectors)}

    def _id(self, value: object) -> str:
        if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= 512:
            raise _wrong("Vector ID must be ASCII and 1 to 512 characters")
        return value

    def _record(self, one: Mapping[str, Any]) -> tuple[np.ndarray, dict[str, Any]]:
        if unknown := set(one) - {"id", "values", "sparseValues", "metadata"}:
            raise _wrong(f"{sorted(unknown)[0]}: Cannot find field.")
        values = self._vector(one.get("values"), "Vector")
        if not values.any():
            raise _wrong("Dense vectors must contain at least one non-zero value")
        metadata = one.get("metadata", {})
        for name, value in metadata.items():
            self._check(name, value)
        told = json.dumps(metadata, ensure_ascii=False, separators=(",", ":"))
        if len(told.encode()) > _MOST_METADATA:
            raise _wrong(f"Metadata size exceeds the limit of {_MOST_METADATA} bytes per vector")
        return values, metadata

    def _vector(self, values: object, title: str) -> np.ndarray:
        if not isinstance(values, list) or not all(map(_number, values)):
            raise _wrong("values: must be a list of numbers")
        if len(values) != self.dimension:
            raise _wrong(
                f"{title} dimension {len(values)} does not match the dimension of the index "
                f"{self.dimension}"
            )
        return np.array(values, np.float32)

    def _check(self, name: str, value: object) -> None:
        listed = isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not listed and not isinstance(value, str | bool | int | float):
            raise _wrong(
                "Metadata value must be a string, number, boolean or list of strings, got "
                f"'{json.dumps(value)}' for field '{name}'"
            )

    def delete(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /vectors/delete."""
        space = self._space(body.get("namespace", ""))
        ids = [self._id(one) for one in body.get("ids", [])]
        if not body.get("deleteAll") and not 0 < len(ids) <= _MOST_IDS:
            raise _wrong(f"Found {len(ids)} ids, allowed are 1 to {_MOST_IDS}")

        def remove(seen: dict[str, Any]) -> None:
            for one in list(seen) if body.get("deleteAll") else ids:
                seen.pop(one, None)

        space.coming.append((time.monotonic() + self._lag, remove))
        return {}

    def query(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /query: no namespace is as an empty one."""
        k = body["topK"]
        if not 1 <= k <= _MOST_FOUND:
            raise _wrong(f"Invalid value for topK: {k}; it must be from 1 to {_MOST_FOUND}")
        asked = self._vector(body.get("vector"), "Query vector")
        wanted = body.get("filter", {})
        fits({}, wanted)
        space = self._spaces.get(body.get("namespace", ""), _Space())
        space.settle()
        rows = [(key, row) for key, row in space.seen.items() if fits(row[1], wanted)]
        scores = np.array([row[0] @ asked for _, row in rows], np.float32)
        best = np.argsort(-scores, kind="stable")[:k]
        matches = [{"id": rows[at][0], "score": float(scores[at]), "values": []} for at in best]
        return {
            "matches": matches,
            "namespace": body.get("namespace", ""),
            "usage": {"readUnits": 5},
        }

    def stats(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /describe_index_stats."""
        if body.get("filter"):
            raise _wrong("Serverless and Starter indexes do not support describing with a filter")
        counts = {name or "__default__": self._count(name) for name in self._spaces}
        return {
            "namespaces": {name: {"vectorCount": count} for name, count in counts.items()},
            "dimension": self.dimension,
            "indexFullness": 0,
            "totalVectorCount": sum(counts.values()),
            "metric": self.metric,
            "vectorType": "dense",
        }

    def create(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST /namespaces."""
        name = body["name"]
        if not name.isascii() or not 0 < len(name) <= 512 or name == "__default__":
            raise _wrong(f"Invalid namespace name: {name}")
        if name in self._spaces:
            raise Refused(409, 6, f"Namespace {name} already exists")
        self._spaces[name] = _Space()
        return self.describe(name)

    def spaces(self, query: Mapping[str, str]) -> dict[str, Any]:
        """GET /namespaces, in pages."""
        limit = int(query.get("limit", "100"))
        if not 1 <= limit <= 100:
            raise _wrong("limit must be from 1 to 100")
        names = sorted(name for name in self._spaces if name.startswith(query.get("prefix", "")))
        start = int(query.get("paginationToken", "0"))
        found: dict[str, Any] = {
            "namespaces": [self.describe(name) for name in names[start : start + limit]],
            "total_count": len(names),
        }
        if start + limit < len(names):
            found["pagination"] = {"next": str(start + limit)}
        return found

    def describe(self, name: str) -> dict[str, Any]:
        """GET /namespaces/{name}; its counts are strings, as 64-bit numbers are in its JSON."""
        self._space(name)
        return {"name": name, "record_count": str(self._count(name)), "size_bytes": "0"}

    def remove(self, name: str) -> dict[str, Any]:
        """DELETE /namespaces/{name}."""
        self._space(name)
        del self._spaces[name]
        return {}

    def _space(self, name: str) -> _Space:
        if name not in self._spaces:
            raise Refused(404, 5, f"Namespace not found: {name}")
        return self._spaces[name]

    def _count(self, name: str) -> int:
        space = self._spaces[name]
        space.settle()
        return len(space.seen)
