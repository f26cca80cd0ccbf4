"""Rows and conditions in PostgreSQL's terms: typed columns, binary COPY, parameters."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from psycopg import sql
from psycopg.adapt import Dumper
from psycopg.pq import Format

from bozzetto.types import Condition, StoreRows, Vectors, Where

__all__ = ["COLUMNS", "TYPES", "Packed", "PackedDumper", "conditions", "pack", "records"]

COLUMNS: tuple[tuple[str, str], ...] = (
    ("key", "bigint"),
    ("tags", "text[]"),
    ("sources", "text[]"),
    ("use", "text"),
    ("model_family", "text"),
    ("rating", "integer"),
    ("nsfw", "double precision"),
    ("has_image", "boolean"),
    ("added", "bigint"),
)
"""What stands before the vector, and its type."""

TYPES = ("int8", "text[]", "text[]", "text", "text", "int4", "float8", "bool", "int8", "bytea")
"""The types of a row in COPY, where a vector is sent as the bytes it is kept by."""

_SQL = {
    "any": "{} && %s::text[]",
    "in": "{} = ANY(%s::text[])",
    ">=": "{} >= %s",
    "<=": "{} <= %s",
    "=": "{} = %s",
}


class Packed(bytes):
    """A vector as pgvector sends it: dimensions, two bytes for later, floats, big end first."""

    __slots__ = ()


class PackedDumper(Dumper):  # type: ignore[misc]  # psycopg may be absent
    """Hands a `Packed` over as it is; the cast beside it says the type."""

    format = Format.BINARY

    def dump(self, obj: Packed) -> bytes:
        """The bytes."""
        return obj


def pack(vector: Vectors) -> Packed:
    """One vector of shape (dim,)."""
    return Packed(struct.pack(">HH", len(vector), 0) + vector.astype(">f4").tobytes())


def records(rows: StoreRows) -> Iterator[tuple[Any, ...]]:
    """The rows as COPY takes them."""
    head = struct.pack(">HH", rows.vectors.shape[1], 0)
    vectors = np.ascontiguousarray(rows.vectors, dtype=">f4")
    for key, vector, facts in zip(rows.keys.tolist(), vectors, rows.facts, strict=True):
        tags, sources, use, family, *numbers = facts
        yield (
            key,
            [_text(tag) for tag in tags],
            [_text(source) for source in sources],
            _text(use),
            _text(family),
            *numbers,
            head + vector.tobytes(),
        )


def _text(value: str) -> str:
    """What PostgreSQL's text can hold: anything but NUL and halves of a pair."""
    if value.isascii() and "\0" not in value:
        return value
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def conditions(where: Where) -> tuple[sql.Composable, list[Any]]:
    """A WHERE clause, empty where nothing is asked, and its parameters."""
    asked = list(where.conditions())
    if not asked:
        return sql.SQL(""), []
    parts = [sql.SQL(_SQL[one.operator]).format(sql.Identifier(one.field)) for one in asked]
    clause = sql.SQL(" WHERE ") + sql.SQL(" AND ").join(parts)
    return clause, [_value(one) for one in asked]


def _value(one: Condition) -> object:
    return [_text(value) for value in one.value] if isinstance(one.value, tuple) else one.value
