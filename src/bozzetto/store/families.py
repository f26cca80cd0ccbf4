"""Which prompts belong to one family, as worked out last."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from bozzetto.store.database import json_list
from bozzetto.store.meta import get, put

__all__ = ["everyone_of", "members", "replace", "sizes", "stale"]

_IN = "IN (SELECT value FROM json_each(?))"


def stale(connection: sqlite3.Connection) -> bool:
    """True when prompts have changed since families were worked out."""
    return get(connection, "families") != get(connection, "state")


def replace(
    connection: sqlite3.Connection, variants: Iterable[tuple[int, int]], state: int
) -> None:
    """Set all families: (prompt, family) for every prompt that is not its family's first.

    `state` is the library's when the prompts were read.
    """
    connection.execute("DELETE FROM variants")
    connection.executemany(
        "INSERT INTO variants SELECT ?1, ?2 WHERE EXISTS (SELECT 1 FROM prompts WHERE seq = ?1)",
        variants,
    )
    put(connection, "families", state)


def sizes(connection: sqlite3.Connection, families: Sequence[int]) -> dict[int, int]:
    """How many prompts each family has."""
    rows = connection.execute(
        f"SELECT family, count(*) FROM variants WHERE family {_IN} GROUP BY family",
        (json_list([int(f) for f in families]),),
    )
    found = {family: 1 + count for family, count in rows}
    return {int(family): found.get(int(family), 1) for family in families}


def everyone_of(connection: sqlite3.Connection, families: Sequence[int]) -> list[int]:
    """The numbers of the prompts of some families."""
    rows = connection.execute(
        f"SELECT prompt FROM variants WHERE family {_IN}", (json_list(list(families)),)
    )
    return [*families, *(row[0] for row in rows)]


def members(connection: sqlite3.Connection, family: int) -> list[int]:
    """The numbers of a family's prompts, ascending."""
    rows = connection.execute(
        "SELECT prompt FROM variants WHERE family = ? ORDER BY prompt", (family,)
    )
    return [family, *(row[0] for row in rows)]
