"""Schema 6: what requests were answered, so that one sent again is not done again."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    # key: the SHA-256 of who asked, where, and under which key. at: seconds since 1970.
    """CREATE TABLE replays (
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at REAL NOT NULL,
        answer TEXT NOT NULL)""",
    "CREATE INDEX replays_at ON replays (at)",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Add the table; nothing was answered yet."""
    for statement in _STATEMENTS:
        connection.execute(statement)
