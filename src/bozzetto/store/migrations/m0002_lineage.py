"""Schema 2: where a candidate came from and what it took, and what each day's writing took."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    # parent: the candidate it was made from. seed: of its own call. usage: tokens and cost as
    # JSON. checks: what it went through. look, refs: what its writer was steered to, by whom.
    "ALTER TABLE candidates ADD COLUMN parent TEXT",
    "ALTER TABLE candidates ADD COLUMN seed INTEGER",
    "ALTER TABLE candidates ADD COLUMN usage TEXT",
    "ALTER TABLE candidates ADD COLUMN checks TEXT NOT NULL DEFAULT '[]'",
    "ALTER TABLE candidates ADD COLUMN look TEXT",
    "ALTER TABLE candidates ADD COLUMN refs TEXT NOT NULL DEFAULT '[]'",
    "CREATE INDEX candidates_parent ON candidates (parent) WHERE parent IS NOT NULL",
    # day: UTC. cost: of the requests whose price was known, in the user's currency.
    """CREATE TABLE spending (
        day TEXT NOT NULL, chat TEXT NOT NULL, input_tokens INTEGER NOT NULL,
        output_tokens INTEGER NOT NULL, cost REAL NOT NULL,
        PRIMARY KEY (day, chat)) WITHOUT ROWID""",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Add the columns and the table; what is kept already has no parent and took nothing."""
    for statement in _STATEMENTS:
        connection.execute(statement)
