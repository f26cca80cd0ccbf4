"""Schema 5: accounts, the browsers that are logged in, and keys for programs."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    # folded: the name as it is compared. password: how it was hashed, the salt, and the hash.
    """CREATE TABLE accounts (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, folded TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
        password TEXT NOT NULL, change INTEGER NOT NULL REFERENCES changes)""",
    # hash: SHA-256 of the 256 random bits that the browser holds. account: null is the owner.
    """CREATE TABLE sessions (
        hash TEXT PRIMARY KEY, account INTEGER REFERENCES accounts ON DELETE CASCADE,
        at TEXT NOT NULL, until TEXT NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX sessions_account ON sessions (account)",
    # hash: as above, of the key. role: the most that it may do. until: null is without an end.
    """CREATE TABLE api_keys (
        hash TEXT PRIMARY KEY, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        label TEXT NOT NULL, role TEXT NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
        until TEXT, change INTEGER NOT NULL REFERENCES changes) WITHOUT ROWID""",
    "CREATE INDEX api_keys_account ON api_keys (account)",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Add the tables; there is no account yet."""
    for statement in _STATEMENTS:
        connection.execute(statement)
