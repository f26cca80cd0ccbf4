"""A class as Weaviate documents it: objects with typed properties and one vector, by NumPy.

What comes in are messages of the vendor's own protocol (`weaviate.proto.v1`); filters look at
the index that the schema asked for, so that a text cut into words is found as words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import numpy as np

__all__ = ["Refused", "WeaviateClass"]

_NAME = re.compile(r"[A-Z][_0-9A-Za-z]{0,254}")
_PROPERTY = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,230}")
_TYPES = {"text", "text[]", "int", "number", "boolean"}
_TOKENIZE: Mapping[str, Callable[[str], list[str]]] = {
    "field": lambda text: [text.strip()],
    "word": lambda text: re.findall(r"[^\W_]+", text.lower()),
    "lowercase": lambda text: text.lower().split(),
    "whitespace": str.split,
}
_DISTANCES = ("cosine", "dot", "l2-squared", "hamming", "manhattan")
_VALUES = {
    "text": ("value_text", "value_text_array"),
    "text[]": ("value_text", "value_text_array"),
    "int": ("value_int", "value_int_array"),
    "number": ("value_number", "value_number_array"),
    "boolean": ("value_boolean", "value_boolean_array"),
}
_MOST = 10_000
_INDEX = {
    "cleanupIntervalSeconds": 300,
    "distance": "cosine",
    "dynamicEfFactor": 8,
    "dynamicEfMax": 500,
    "dynamicEfMin": 100,
    "ef": -1,
    "efConstruction": 128,
    "flatSearchCutoff": 40_000,
    "maxConnections": 32,
    "skip": False,
    "vectorCacheMaxObjects": 1_000_000_000_000,
}
"""What the server fills in of an HNSW index."""

_SHARDS = {
    "actualCount": 1,
    "actualVirtualCount": 128,
    "desiredCount": 1,
    "desiredVirtualCount": 128,
    "function": "murmur3",
    "key": "_id",
    "strategy": "hash",
    "virtualPerPhysical": 128,
}
"""What it fills in of the shards."""


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """An answer that is an error, in the server's words; 422 by REST."""


class WeaviateClass:
    """One class, from the body that asked for it. Callers hold a lock.

    Raises:
        Refused: the body is not what is documented.
    """

    def __init__(self, body: Mapping[str, Any]) -> None:
        _check_class(body)
        self.name: str = body["class"]
        self._vector, named = next(iter(body["vectorConfig"].items()))
        vectors = {self._vector: {"vectorIndexType": "hnsw", "vectorIndexConfig": {}, **named}}
        self._body = {"properties": [], **body, "vectorConfig": vectors}
        properties = self._body["properties"]
        self._types = {one["name"]: one["dataType"][0] for one in properties}
        self._tokens = {one["name"]: one.get("tokenization", "word") for one in properties}
        config = vectors[self._vector]["vectorIndexConfig"]
        self._distance: str = config.get("distance", "cosine")
        self._objects: dict[UUID, tuple[np.ndarray, dict[str, Any]]] = {}

    def __len__(self) -> int:
        return len(self._objects)

    @property
    def schema(self) -> dict[str, Any]:
        """What is told of it: what was asked for, and what the server fills in."""
        config = {**_INDEX, **self._body["vectorConfig"][self._vector]["vectorIndexConfig"]}
        named = {**self._body["vectorConfig"][self._vector], "vectorIndexConfig": config}
        inverted = {
            "bm25": {"b": 0.75, "k1": 1.2},
            "cleanupIntervalSeconds": 60,
            "stopwords": {"additions": None, "preset": "en", "removals": None},
            **self._body.get("invertedIndexConfig", {}),
        }
        return {
            "multiTenancyConfig": {"enabled": False},
            "replicationConfig": {"factor": 1, "asyncEnabled": False},
            "shardingConfig": _SHARDS,
            **self._body,
            "properties": [_filled(one) for one in self._body["properties"]],
            "invertedIndexConfig": inverted,
            "vectorConfig": {self._vector: named},
        }

    def insert(self, one: Any) -> str | None:  # noqa: ANN401 - batch_pb2.BatchObject
        """Put an object; what is wrong with it, in the server's words."""
        try:
            uuid = UUID(one.uuid)
            vector = self._one_vector(one.vectors)
            properties = self._properties(one.properties)
        except (ValueError, Refused) as error:
            return str(error)
        self._objects[uuid] = vector, properties
        return None

    def _one_vector(self, vectors: Any) -> np.ndarray:  # noqa: ANN401
        if len(vectors) != 1 or vectors[0].name != self._vector:
            raise Refused(f"class {self.name} has one vector, named {self._vector}")
        vector = np.frombuffer(vectors[0].vector_bytes, "<f4")
        there = len(next(iter(self._objects.values()))[0]) if self._objects else len(vector)
        if len(vector) != there:
            raise Refused(
                f"new node has a vector with length {len(vector)}. Existing nodes have vectors "
                f"with length {there}"
            )
        return vector

    def _properties(self, sent: Any) -> dict[str, Any]:  # noqa: ANN401
        told: dict[str, Any] = dict(sent.non_ref_properties.items())
        told |= {one.prop_name: list(one.values) for one in sent.text_array_properties}
        told |= {name: [] for name in sent.empty_list_props}
        for name, value in told.items():
            self._check_value(name, value)
        return told

    def _check_value(self, name: str, value: Any) -> None:  # noqa: ANN401
        wanted: dict[str, type] = {
            "text": str,
            "text[]": list,
            "int": float,
            "number": float,
            "boolean": bool,
        }
        kind = self._types.get(name)
        if kind is None or not isinstance(value, wanted[kind]):
            raise Refused(f"invalid {kind or 'unknown'} property '{name}' on class '{self.name}'")
        if kind == "int" and isinstance(value, float) and not value.is_integer():
            raise Refused(f"invalid int property '{name}' on class '{self.name}': requires an int")

    def delete(self, filters: Any) -> int:  # noqa: ANN401 - base_pb2.Filters
        """Delete what a filter finds, up to the most that a query gives; how many."""
        gone = [uuid for uuid in self._objects if self._fits(uuid, filters)][:_MOST]
        for uuid in gone:
            del self._objects[uuid]
        return len(gone)

    def nearest(self, request: Any) -> list[tuple[UUID, float]]:  # noqa: ANN401
        """The nearest objects and their distances, for a search_get_pb2.SearchRequest."""
        near = request.near_vector
        if request.limit + request.offset > _MOST:
            raise Refused(f"query maximum results exceeded: {_MOST}")
        targets = list(near.targets.target_vectors)
        if targets and targets != [self._vector]:
            raise Refused(f"class {self.name} does not have named vector {targets[0]} configured")
        asked = np.frombuffer(near.vectors[0].vector_bytes, "<f4")
        wanted = request.filters if request.HasField("filters") else None
        rows = [(uuid, row[0]) for uuid, row in self._objects.items() if self._fits(uuid, wanted)]
        if rows and len(rows[0][1]) != len(asked):
            raise Refused(
                f"vector search: knn search: distance between entrypoint and query node: "
                f"{len(rows[0][1])} vs {len(asked)}: vector lengths don't match"
            )
        found = [(uuid, self._between(vector, asked)) for uuid, vector in rows]
        return sorted(found, key=lambda one: one[1])[: request.limit or 10]

    def _between(self, one: np.ndarray, other: np.ndarray) -> float:
        if self._distance == "dot":
            return -float(one @ other)
        if self._distance == "cosine":
            return 1 - float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))
        raise Refused(f"this server does not know {self._distance}")

    def _fits(self, uuid: UUID, wanted: Any) -> bool:  # noqa: ANN401
        if wanted is None:
            return True
        operator = wanted.Operator.Name(wanted.operator).removeprefix("OPERATOR_")
        if operator in ("AND", "OR"):
            found = [self._fits(uuid, one) for one in wanted.filters]
            return all(found) if operator == "AND" else any(found)
        name, value = wanted.target.property, getattr(wanted, wanted.WhichOneof("test_value"))
        if name == "_id":
            ids = value.values if operator == "CONTAINS_ANY" else [value]
            return str(uuid) in ids
        self._check_filter(name, wanted.WhichOneof("test_value"), operator)
        return self._holds(self._objects[uuid][1].get(name), name, operator, value)

    def _check_filter(self, name: str, given: str, operator: str) -> None:
        kind = self._types.get(name)
        if kind is None:
            raise Refused(f"no such prop with name '{name}' found in class '{self.name}'")
        plain, listed = _VALUES[kind]
        if given != (listed if operator.startswith("CONTAINS") else plain):
            raise Refused(f"invalid filter: data type filter cannot use {given} on type {kind}")
        if not self._body["properties"][list(self._types).index(name)].get("indexFilterable", True):
            raise Refused(f"filter on '{name}' requires inverted index")

    def _holds(self, mine: Any, name: str, operator: str, value: Any) -> bool:  # noqa: ANN401
        if mine is None:
            return False
        if self._types[name].startswith("text"):
            tokens = self._cut(name, mine if isinstance(mine, list) else [mine])
            if operator == "CONTAINS_ANY":
                return any(self._cut(name, [one]) <= tokens for one in value.values)
            return operator == "EQUAL" and self._cut(name, [value]) <= tokens
        compare: dict[str, bool] = {
            "EQUAL": mine == value,
            "GREATER_THAN_EQUAL": mine >= value,
            "LESS_THAN_EQUAL": mine <= value,
        }
        if operator not in compare:
            raise Refused(f"this server does not know {operator}")
        return compare[operator]

    def _cut(self, name: str, texts: Iterable[str]) -> set[str]:
        return {token for text in texts for token in _TOKENIZE[self._tokens[name]](text)}


def _filled(one: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a property."""
    text = one["dataType"][0].startswith("text")
    usual = {"indexFilterable": True, "indexSearchable": text, "indexRangeFilters": False}
    return {**usual, **{name: value for name, value in one.items() if "_" not in name}}


def _check_class(body: Any) -> None:  # noqa: ANN401
    """Hold a class against what is documented."""
    name = body.get("class") if isinstance(body, dict) else None
    if not _NAME.fullmatch(str(name or "")):
        raise Refused(f"'{name}' is not a valid class name")
    for one in body.get("properties", []):
        _check_property(one)
    vectors = body.get("vectorConfig", {})
    if len(vectors) != 1:
        raise Refused("this server takes classes with one named vector")
    for named in vectors.values():
        distance = named.get("vectorIndexConfig", {}).get("distance", "cosine")
        if (
            list(named.get("vectorizer", {})) != ["none"]
            or named.get("vectorIndexType", "hnsw") != "hnsw"
        ):
            raise Refused("this server has no vectorizers and the index hnsw only")
        if distance not in _DISTANCES:
            raise Refused(f"unrecognized or unsupported vector distance {distance}")


def _check_property(one: Mapping[str, Any]) -> None:
    name, kind = one.get("name", ""), (one.get("dataType") or [""])[0]
    if not _PROPERTY.fullmatch(name) or name in ("id", "_id", "vector", "_additional"):
        raise Refused(f"'{name}' is not a valid property name")
    if kind not in _TYPES:
        raise Refused(f"property '{name}': invalid dataType: {kind}")
    if "tokenization" in one and not kind.startswith("text"):
        raise Refused(f"Tokenization is not allowed for data type '{kind}'")
    if one.get("tokenization", "word") not in _TOKENIZE:
        raise Refused(f"Tokenization '{one['tokenization']}' is not allowed")
    if one.get("indexSearchable") and not kind.startswith("text"):
        raise Refused("`indexSearchable` is allowed only for text/text[] data types")
