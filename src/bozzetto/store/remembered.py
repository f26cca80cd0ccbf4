"""Prompts read lately, kept in memory for as long as nobody writes to the library.

A search looks at some hundred prompts, and the next one at many of the same. SQLite tells each
connection whether another one has written (`data_version`) and what it has written itself, so
that nothing is kept beyond a change, whoever makes it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import ExitStack

from bozzetto.store import reading
from bozzetto.store.database import Database
from bozzetto.types import Keys, PromptRecord

__all__ = ["Remembered"]

_MOST = 20_000
"""Prompts that are kept, 1.5 KB each; where there are more, all of them go."""

_Version = tuple[sqlite3.Connection, int, int]


class Remembered:
    """The records of one library. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._held: dict[int, PromptRecord] = {}
        self._local = threading.local()

    def records(self, seqs: Sequence[int] | Keys) -> list[PromptRecord]:
        """The records of those numbers that are there, in the order given."""
        wanted = [int(seq) for seq in seqs]
        with ExitStack() as stack:
            with self._lock:  # snapshots begin in turn: what is kept is never older than a reader
                connection = stack.enter_context(self._database.read())
                held = self._current(connection)
            absent = [seq for seq in wanted if seq not in held]
            if absent:
                held.update((one.seq, one) for one in reading.records(connection, absent))
        return [held[seq] for seq in wanted if seq in held]

    def _current(self, connection: sqlite3.Connection) -> dict[int, PromptRecord]:
        """What is kept of the library as a connection sees it now."""
        version = _version(connection)
        if getattr(self._local, "version", None) != version or len(self._held) > _MOST:
            self._held, self._local.version = {}, version
        return self._held


def _version(connection: sqlite3.Connection) -> _Version:
    (written,) = connection.execute("PRAGMA data_version").fetchone()
    return connection, int(written), connection.total_changes
