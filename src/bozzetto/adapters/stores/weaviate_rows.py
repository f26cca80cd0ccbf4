"""Names, keys, rows and filters in Weaviate's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from weaviate.classes.config import (
    Configure,
    DataType,
    Property,
    StopwordsPreset,
    Tokenization,
    VectorDistances,
)
from weaviate.classes.data import DataObject
from weaviate.classes.query import Filter

from bozzetto.types import Condition, Facts, StoreRows, Where

__all__ = [
    "VECTOR",
    "class_of",
    "collection_of",
    "dimension_of",
    "filter_of",
    "key_of",
    "objects_of",
    "schema_of",
    "uuid_of",
]

VECTOR = "default"
"""The name of the one vector that an object has."""

_OURS = re.compile(r"[A-Z][a-z0-9_]{0,59}")
_SAYS = re.compile(r"Vectors of (\d+) dimensions, kept by bozzetto\.")
_KEYS = (1 << 62) - 1
_HIGH = (0x626F7A7A6574 << 80) | (8 << 76) | (2 << 62)  # "bozzet", version 8 (RFC 9562), variant


def class_of(collection: str) -> str:
    """A collection's name as Weaviate wants it: with a capital."""
    return collection[:1].upper() + collection[1:]


def collection_of(name: str) -> str | None:
    """The collection of a class; None where no collection is named so."""
    return name[:1].lower() + name[1:] if _OURS.fullmatch(name) else None


def uuid_of(key: int) -> UUID:
    """The id of a row: of the kind that RFC 9562 leaves to applications, the key in its end."""
    return UUID(int=_HIGH | key)


def key_of(uuid: UUID) -> int:
    """The key that is in an id."""
    return int(uuid) & _KEYS


def dimension_of(description: str | None) -> int | None:
    """The dimension that a class of ours says; Weaviate itself keeps none before the first row."""
    found = _SAYS.fullmatch(description or "")
    return int(found[1]) if found else None


_TYPES: Mapping[str, DataType] = {
    "tags": DataType.TEXT_ARRAY,
    "sources": DataType.TEXT_ARRAY,
    "use": DataType.TEXT,
    "model_family": DataType.TEXT,
    "rating": DataType.INT,
    "nsfw": DataType.NUMBER,
    "has_image": DataType.INT,  # 0 or 1: the client's filters by booleans break with protobuf 7
    "added": DataType.INT,
}


def schema_of(collection: str, dim: int) -> dict[str, Any]:
    """What a collection is made with.

    Texts are one token each, whatever is in them, and no word is left out of the index: filters
    compare them whole.
    """
    return {
        "name": class_of(collection),
        "description": f"Vectors of {dim} dimensions, kept by bozzetto.",
        "properties": [_property(name, kind) for name, kind in _TYPES.items()],
        "inverted_index_config": Configure.inverted_index(stopwords_preset=StopwordsPreset.NONE),
        "vector_config": Configure.Vectors.self_provided(
            name=VECTOR,
            vector_index_config=Configure.VectorIndex.hnsw(distance_metric=VectorDistances.DOT),
        ),
    }


def _property(name: str, kind: DataType) -> Property:
    if kind in (DataType.TEXT, DataType.TEXT_ARRAY):
        return Property(
            name=name,
            data_type=kind,
            tokenization=Tokenization.FIELD,
            index_filterable=True,
            index_searchable=False,
        )
    return Property(name=name, data_type=kind, index_filterable=True)


def objects_of(rows: StoreRows) -> list[DataObject[Any, Any]]:
    """The objects of a batch."""
    columns = zip(rows.keys.tolist(), rows.vectors.tolist(), rows.facts, strict=True)
    return [
        DataObject(uuid=uuid_of(key), vector={VECTOR: vector}, properties=_properties(facts))
        for key, vector, facts in columns
    ]


def _properties(facts: Facts) -> dict[str, Any]:
    told: dict[str, Any] = facts._asdict()
    lists = {"tags": list(facts.tags), "sources": list(facts.sources)}
    return {**told, **lists, "has_image": int(facts.has_image)}


def filter_of(where: Where) -> Any | None:  # noqa: ANN401 - the vendor's filter
    """What has to hold; None where nothing does."""
    wanted = [_condition(one) for one in where.conditions()]
    return Filter.all_of(wanted) if wanted else None


def _condition(one: Condition) -> Any:  # noqa: ANN401
    field = Filter.by_property(one.field)
    if isinstance(one.value, tuple):
        return field.contains_any(list(one.value))
    value = (float if _TYPES[one.field] is DataType.NUMBER else int)(one.value)
    compared = {
        ">=": field.greater_or_equal,
        "<=": field.less_or_equal,
        "=": field.equal,
    }
    return compared[one.operator](value)
