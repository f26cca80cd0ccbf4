"""What Milvus keeps of a prompt, and what it is asked to choose by, in Milvus's own terms."""

from __future__ import annotations

from typing import Any

from pymilvus import CollectionSchema, DataType, MilvusClient

from bozzetto.types import Facts, StoreRows, Where

__all__ = ["expression", "records", "schema_of"]

_TEXT: dict[str, Any] = {"datatype": DataType.VARCHAR, "max_length": 65_535}
_LIST: dict[str, Any] = {
    "datatype": DataType.ARRAY,
    "element_type": DataType.VARCHAR,
    "max_length": 65_535,
    "max_capacity": 4_096,
}

# What `Facts` holds, each with its type; the longest and the most that Milvus allows.
_FIELDS: dict[str, dict[str, Any]] = {
    "tags": _LIST,
    "sources": _LIST,
    "use": _TEXT,
    "model_family": _TEXT,
    "rating": {"datatype": DataType.INT64},
    "nsfw": {"datatype": DataType.DOUBLE},
    "has_image": {"datatype": DataType.BOOL},
    "added": {"datatype": DataType.INT64},
}

_SHAPES = {
    "any": "array_contains_any({field}, {value})",
    "in": "{field} in {value}",
    ">=": "{field} >= {value}",
    "<=": "{field} <= {value}",
    "=": "{field} == {value}",
}

_ESCAPED = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)


def schema_of(dim: int) -> CollectionSchema:
    """The fields of a collection of vectors of so many dimensions."""
    schema = MilvusClient.create_schema(auto_id=False, enable_dynamic_field=False)
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    for name, options in _FIELDS.items():
        schema.add_field(name, **options)
    return schema


def records(rows: StoreRows, start: int, stop: int) -> list[dict[str, Any]]:
    """Some of the rows as the client takes them."""
    part = slice(start, stop)
    return [
        {"id": key, "vector": vector, **_facts(facts)}
        for key, vector, facts in zip(
            rows.keys[part].tolist(), rows.vectors[part].tolist(), rows.facts[part], strict=True
        )
    ]


def _facts(facts: Facts) -> dict[str, Any]:
    return facts._asdict() | {"tags": list(facts.tags), "sources": list(facts.sources)}


def expression(where: Where, *, templates: bool) -> tuple[str, dict[str, Any]]:
    """The filter, and the values that it names in braces.

    Milvus takes values apart from the expression; Lite knows that not and gets literals.
    """
    parts: list[str] = []
    values: dict[str, Any] = {}
    for number, one in enumerate(where.conditions()):
        value = list(one.value) if isinstance(one.value, tuple) else one.value
        name = f"v{number}"
        if templates:
            values[name] = value
        shown = f"{{{name}}}" if templates else _literal(value)
        parts.append(_SHAPES[one.operator].format(field=one.field, value=shown))
    return " and ".join(parts), values


def _literal(value: object) -> str:
    """A value as Lite reads it: a string ends only at a quote that no backslash precedes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return f'"{value.translate(_ESCAPED)}"'
    return repr(value).lower()
