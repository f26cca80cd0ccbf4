"""What Chroma keeps of a prompt, and what it is asked to choose by, in Chroma's own terms."""

from __future__ import annotations

from typing import Any

from bozzetto.types import Condition, Facts, StoreRows, Where

__all__ = ["chosen", "columns"]

_MARK = "="
"""Stands before each value of a list, so that "" can be in every one: Chroma takes no empty list,
and an update that leaves a field out would leave the old one there."""

_COMPARED = {"in": "$in", ">=": "$gte", "<=": "$lte", "=": "$eq"}


def columns(rows: StoreRows, start: int, stop: int) -> dict[str, Any]:
    """Some of the rows as the client takes them."""
    part = slice(start, stop)
    return {
        "ids": [str(key) for key in rows.keys[part].tolist()],
        "embeddings": rows.vectors[part],
        "metadatas": [_facts(facts) for facts in rows.facts[part]],
    }


def _facts(facts: Facts) -> dict[str, Any]:
    return facts._asdict() | {"tags": _marked(facts.tags), "sources": _marked(facts.sources)}


def _marked(values: tuple[str, ...]) -> list[str]:
    return ["", *(_MARK + value for value in values)]


def chosen(where: Where) -> dict[str, Any] | None:
    """The filter; None where nothing is asked."""
    return _joined("$and", [_condition(one) for one in where.conditions()])


def _condition(one: Condition) -> dict[str, Any]:
    if one.operator == "any" and isinstance(one.value, tuple):
        found = _joined("$or", [{one.field: {"$contains": _MARK + value}} for value in one.value])
        return found or {}
    value = list(one.value) if isinstance(one.value, tuple) else one.value
    return {one.field: {_COMPARED[one.operator]: value}}


def _joined(operator: str, parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Several conditions as one: Chroma wants at least two in an $and or $or."""
    if len(parts) > 1:
        return {operator: parts}
    return parts[0] if parts else None
