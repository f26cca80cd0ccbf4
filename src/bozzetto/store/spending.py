"""What chat models have taken, by day and model."""

from __future__ import annotations

import sqlite3

from bozzetto.types import Usage

__all__ = ["add", "of_day"]


def add(connection: sqlite3.Connection, day: str, chat: str, usage: Usage) -> None:
    """Add what some requests took to a day, "2026-01-31"."""
    connection.execute(
        "INSERT INTO spending VALUES (?, ?, ?, ?, ?) ON CONFLICT (day, chat) DO UPDATE SET"
        " input_tokens = input_tokens + excluded.input_tokens,"
        " output_tokens = output_tokens + excluded.output_tokens, cost = cost + excluded.cost",
        (day, chat, usage.input_tokens, usage.output_tokens, usage.cost or 0.0),
    )


def of_day(connection: sqlite3.Connection, day: str) -> Usage:
    """What a day has taken, all models together."""
    row = connection.execute(
        "SELECT coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0),"
        " coalesce(sum(cost), 0.0) FROM spending WHERE day = ?",
        (day,),
    ).fetchone()
    return Usage(row[0], row[1], cost=row[2])
