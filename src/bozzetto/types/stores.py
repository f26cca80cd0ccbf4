"""What a vector store keeps beside a vector, and what it is asked to choose by."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bozzetto.types.prompts import Keys, Vectors

__all__ = ["Condition", "Facts", "Operator", "StoreRows", "Where"]

Operator = Literal["any", "in", ">=", "<=", "="]
"""Of a list field: it shares a value ("any"). Of a plain one: one of some values, bounds, equal."""


class Facts(NamedTuple):
    """What filters ask of a prompt, without nulls, so that plain comparisons do right.

    `tags` are case-folded. "" is no use and no model family, 0 no rating, -1 an unknown NSFW
    score, which passes every limit; `added` is the second of its import (UTC, since 1970).
    """

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    use: str = ""
    model_family: str = ""
    rating: int = 0
    nsfw: float = -1.0
    has_image: bool = False
    added: int = 0


class Condition(NamedTuple):
    """One thing to hold: a field of `Facts`, how it is compared, and with what."""

    field: str
    operator: Operator
    value: tuple[str, ...] | float | bool


_OPERATORS: dict[str, Operator] = {
    "tags": "any",
    "sources": "any",
    "use": "in",
    "model_family": "in",
    "rating": ">=",
    "nsfw": "<=",
    "has_image": "=",
    "added": ">=",
}


@dataclass(frozen=True, slots=True)
class Where:
    """Which rows may be found; all that is given has to hold.

    Several values of one field mean any of them; () and None ask for nothing. `rating` and
    `added` are the least, `nsfw` is the most. Strings are compared as they are, and may hold
    anything: quotes, backslashes, line breaks, words of the store's own language.
    """

    tags: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    use: tuple[str, ...] = ()
    model_family: tuple[str, ...] = ()
    rating: int | None = None
    nsfw: float | None = None
    has_image: bool | None = None
    added: int | None = None

    def conditions(self) -> Iterator[Condition]:
        """What has to hold, field by field, in their order."""
        for field, operator in _OPERATORS.items():
            value = getattr(self, field)
            if value is not None and value != ():
                yield Condition(field, operator, value)


@dataclass(frozen=True, slots=True, eq=False)
class StoreRows:
    """Rows for a store: keys shape (n,), positive and distinct; vectors (n, dim), unit rows."""

    keys: Keys
    vectors: Vectors
    facts: Sequence[Facts]

    def __len__(self) -> int:
        return len(self.keys)
