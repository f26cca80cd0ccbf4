"""Rows as Arrow tables, and conditions as the SQL that LanceDB's filters are written in.

There are no parameters: a string stands in the text, between single quotes, with each quote
in it doubled. Nothing else of a string means anything there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from bozzetto.types import Condition, StoreRows, Where

__all__ = ["clause", "schema", "tabled"]

_FACTS: tuple[tuple[str, Any], ...] = (
    ("tags", pa.list_(pa.string())),
    ("sources", pa.list_(pa.string())),
    ("use", pa.string()),
    ("model_family", pa.string()),
    ("rating", pa.int32()),
    ("nsfw", pa.float64()),
    ("has_image", pa.bool_()),
    ("added", pa.int64()),
)


def schema(dim: int) -> Any:  # noqa: ANN401 - Arrow's
    """The columns of a collection."""
    facts = [pa.field(name, kind, nullable=False) for name, kind in _FACTS]
    vector = pa.field("vector", pa.list_(pa.float32(), dim), nullable=False)
    return pa.schema([pa.field("key", pa.int64(), nullable=False), *facts, vector])


def tabled(rows: StoreRows) -> Any:  # noqa: ANN401 - Arrow's
    """Rows as a table; the vectors are handed over without a copy where they are float32."""
    count, dim = rows.vectors.shape
    columns = list(zip(*rows.facts, strict=True)) if count else [()] * len(_FACTS)
    facts = [pa.array(column, kind) for column, (_, kind) in zip(columns, _FACTS, strict=True)]
    flat = pa.array(np.ascontiguousarray(rows.vectors, np.float32).reshape(-1))
    vectors = pa.FixedSizeListArray.from_arrays(flat, dim)
    return pa.table([pa.array(rows.keys), *facts, vectors], schema=schema(dim))


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _written(one: Condition) -> str:
    field, operator, value = one
    if isinstance(value, tuple):
        listed = ", ".join(map(_quoted, value))
        if operator == "any":
            return f"array_has_any({field}, make_array({listed}))"
        return f"{field} IN ({listed})"
    if isinstance(value, bool):
        return f"{field} = {str(value).lower()}"
    return f"{field} {operator} {value!r}"


def clause(where: Where) -> str:
    """A filter, "" where nothing is asked."""
    return " AND ".join(map(_written, where.conditions()))
