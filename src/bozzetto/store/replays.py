"""What requests were answered, for a while: sent again, they are answered again, not done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from bozzetto.store.database import Database

__all__ = ["LASTS", "MOST", "Replays"]

LASTS = 24 * 3600.0
"""Seconds that an answer is remembered."""

MOST = 10_000
"""Answers that are remembered."""


class Replays:
    """Answers by the key of their request. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: Sequence[str], at: float) -> dict[str, Any] | None:
        """The answer to a request, which nobody remembers for more than `LASTS` seconds."""
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT answer FROM replays WHERE key = ? AND at > ?", (_digest(key), at - LASTS)
            ).fetchone()
        found: dict[str, Any] | None = json.loads(row[0]) if row else None
        return found

    def put(self, key: Sequence[str], answer: Mapping[str, Any], at: float) -> None:
        """Remember an answer, and forget those that are old or too many."""
        with self._database.write() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO replays (key, at, answer) VALUES (?, ?, ?)",
                (_digest(key), at, json.dumps(answer, ensure_ascii=False)),
            )
            connection.execute(
                "DELETE FROM replays WHERE at <= ? OR id <= (SELECT max(id) FROM replays) - ?",
                (at - LASTS, MOST),
            )


def _digest(key: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(key)).encode()).hexdigest()
