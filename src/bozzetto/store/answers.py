"""Answers of chat models, kept so that a request repeated costs nothing. May be thrown away.

Bounded in number and age. Whatever is wrong with the file, writing goes on without it.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

__all__ = ["AnswerCache", "KeptAnswer"]

T = TypeVar("T")

_SCHEMA = 1
MOST = 5_000
"""Answers that are kept; the oldest go first."""

LONGEST = 20_000
"""Characters of an answer that is kept."""

_BUSY_SECONDS = 0.2
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """An answer that was accepted, and the seed of the request that brought it."""

    text: str
    seed: int


class AnswerCache:
    """Answers by key, `days` old at most. `clock` gives seconds since 1970.

    A file that is damaged, locked or of another version is no error: nothing is found, and
    what is damaged is replaced by an empty one.
    """

    def __init__(
        self, path: Path, *, days: float, clock: Callable[[], float], most: int = MOST
    ) -> None:
        self.path = path
        self._most = most
        self._days = days
        self._clock = clock
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None

    def get(self, key: str) -> KeptAnswer | None:
        """The answer kept under a key, None where there is none that is young enough."""

        def read(connection: sqlite3.Connection) -> KeptAnswer | None:
            row = connection.execute(
                "SELECT text, seed FROM answers WHERE key = ? AND at > ?",
                (key, self._clock() - self._days * _DAY),
            ).fetchone()
            return KeptAnswer(*row) if row else None

        return self._run(read)

    def put(self, key: str, answer: KeptAnswer) -> None:
        """Keep an answer, in one transaction, and let go of the oldest beyond the bounds."""

        def write(connection: sqlite3.Connection) -> None:
            now = self._clock()
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(
                "INSERT OR REPLACE INTO answers (key, at, text, seed) VALUES (?, ?, ?, ?)",
                (key, now, answer.text, answer.seed),
            )
            connection.execute("DELETE FROM answers WHERE at <= ?", (now - self._days * _DAY,))
            connection.execute(
                "DELETE FROM answers WHERE key IN"
                " (SELECT key FROM answers ORDER BY at DESC, key LIMIT -1 OFFSET ?)",
                (self._most,),
            )
            connection.execute("COMMIT")

        if len(answer.text) <= LONGEST:
            self._run(write)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T | None:
        """Do some work; None where the file does not allow it."""
        with self._lock:
            for _ in range(2):
                try:
                    return work(self._open())
                except sqlite3.OperationalError:
                    self._close()  # locked, full, read-only: a later call may fare better
                    return None
                except (sqlite3.DatabaseError, OSError):
                    self._close()
                    with contextlib.suppress(OSError):
                        for ending in ("", "-wal", "-shm"):
                            beside = self.path.with_name(self.path.name + ending)
                            beside.unlink(missing_ok=True)
            return None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            if connection.execute("PRAGMA user_version").fetchone()[0] not in (0, _SCHEMA):
                raise sqlite3.DatabaseError("answers of another version")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, at REAL NOT NULL,"
                " text TEXT NOT NULL, seed INTEGER NOT NULL) WITHOUT ROWID"
            )
            connection.execute("CREATE INDEX IF NOT EXISTS answers_at ON answers (at)")
            connection.execute(f"PRAGMA user_version={_SCHEMA}")
        return self._connection
