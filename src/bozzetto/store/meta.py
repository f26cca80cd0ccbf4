"""The library's own counters, and the record of who changed it."""

from __future__ import annotations

import sqlite3

from bozzetto.store.entries import Change

__all__ = ["bump", "get", "put", "record"]


def get(connection: sqlite3.Connection, key: str) -> int:
    """A counter or flag."""
    return int(connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])


def put(connection: sqlite3.Connection, key: str, value: int) -> None:
    """Set a counter or flag."""
    connection.execute("UPDATE meta SET value = ? WHERE key = ?", (value, key))


def bump(connection: sqlite3.Connection, key: str = "state") -> None:
    """Note that prompts have changed, or what people say of them ("ratings")."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE key = ?", (key,))


def record(connection: sqlite3.Connection, change: Change, action: str, subject: str) -> int:
    """Note who does what; returns the number the written rows point to."""
    cursor = connection.execute(
        "INSERT INTO changes (at, actor, action, subject) VALUES (?, ?, ?, ?)",
        (change.now, change.actor, action, subject),
    )
    return int(cursor.lastrowid or 0)
