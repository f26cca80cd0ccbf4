"""What vector stores were given, in a file that may be thrown away: then they are filled anew.

A store is another program, perhaps far away: to compare every row with it would take hours. So
it is noted here which row was given with which content, as soon as the store has it; what the
library says otherwise has to be given again. The collections that we made are noted too, by the
store's address, so that exactly these can be dropped.
"""

from __future__ import annotations

import math
import platform
import secrets
import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bozzetto.store.database import Database
from bozzetto.types import Keys

__all__ = ["FILE", "GONE", "UNSURE", "Ledger", "Noted"]

FILE = "stores.sqlite"

_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS home (id TEXT NOT NULL, place TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS collections (id INTEGER PRIMARY KEY, store TEXT NOT NULL,"
    " name TEXT NOT NULL, dim INTEGER NOT NULL, finished INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE (store, name))",
    "CREATE TABLE IF NOT EXISTS given (id INTEGER PRIMARY KEY, collection INTEGER NOT NULL"
    " REFERENCES collections (id) ON DELETE CASCADE, keys BLOB NOT NULL, digests BLOB NOT NULL,"
    " at INTEGER NOT NULL DEFAULT (strftime('%s', 'now')))",
)
GONE = 0
"""The digest of a row that was taken back."""

UNSURE = 1
"""The digest of a row that may be there, with whatever content."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A collection of ours: its name, its dimension, whether its index was built."""

    name: str
    dim: int
    finished: bool


class Ledger:
    """The ledger of one home. Safe to share between threads.

    `looking` opens it so that nothing changes.
    """

    def __init__(self, path: Path, *, looking: bool = False) -> None:
        self._path, self._looking = path, looking
        self._database = Database(path, looking=looking)
        self._made = False
        self._home: str | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def home(self) -> str:
        """Eight letters that tell this home's collections from another's.

        A copy of a home gets new ones, on another machine too: two must not write into one
        collection. A home that was moved on its disk keeps its own.
        """
        if self._home is None:
            self._home = self._looked_at() if self._looking else self._named()
        return self._home

    def _place(self) -> str:
        """What a folder keeps wherever it is moved on its disk, and no copy of it has.

        The machine counts too: the first folder of a volume has the same number on every disk.
        """
        return f"{_machine()}:{self._path.parent.stat().st_ino}"

    def _named(self) -> str:
        with self._writing() as connection:
            place = self._place()
            row = connection.execute("SELECT id, place FROM home").fetchone()
            if row and row[1] == place:
                return str(row[0])
            for table in ("home", "collections"):
                connection.execute(f"DELETE FROM {table}")
            found = secrets.token_hex(4)
            connection.execute("INSERT INTO home VALUES (?, ?)", (found, place))
            return found

    def _looked_at(self) -> str:
        """The name that a home has already; one that is nobody's where it has none."""
        if not self._path.exists():
            return "nothing"
        with self._database.read() as connection:
            there = "SELECT 1 FROM sqlite_master WHERE name = 'home'"
            if connection.execute(there).fetchone() is None:
                return "nothing"
            row = connection.execute(
                "SELECT id FROM home WHERE place = ?", (self._place(),)
            ).fetchone()
        return str(row[0]) if row else "nothing"

    def collections(self, store: str) -> tuple[Noted, ...]:
        """The collections we made in a store, by name; nothing is written to ask."""
        if not self._path.exists():
            return ()
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT name, dim, finished FROM collections WHERE store = ? ORDER BY name",
                (store,),
            ).fetchall()
        return tuple(Noted(name, dim, bool(finished)) for name, dim, finished in rows)

    def is_finished(self, store: str, name: str) -> bool:
        """Whether the index of a collection was built since it was given anything."""
        return any(one.finished for one in self.collections(store) if one.name == name)

    def begin(self, store: str, name: str, dim: int) -> None:
        """Note a collection before it is made; one that is noted stays as it is."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO collections (store, name, dim) VALUES (?, ?, ?)",
                (store, name, dim),
            )

    def reopen(self, store: str, name: str) -> None:
        """Note that it is given more, and its index has to be built again."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE collections SET finished = 0 WHERE store = ? AND name = ?", (store, name)
            )

    def finished(self, store: str, name: str) -> None:
        """Note that its index was built, and put what was given into one piece."""
        keys, digests = self.given(store, name)
        with self._writing() as connection:
            number = _number(connection, store, name)
            connection.execute("UPDATE collections SET finished = 1 WHERE id = ?", (number,))
            connection.execute("DELETE FROM given WHERE collection = ?", (number,))
            _append(connection, number, keys, digests)

    def given(self, store: str, name: str) -> tuple[Keys, Keys]:
        """Keys, ascending, that a collection was given, and the digest of each one's content."""
        with self._writing() as connection:
            rows = connection.execute(
                "SELECT keys, digests FROM given WHERE collection = ? ORDER BY id",
                (_number(connection, store, name),),
            ).fetchall()
        keys = np.concatenate([_numbers(b""), *(_numbers(row[0]) for row in rows)])
        digests = np.concatenate([_numbers(b""), *(_numbers(row[1]) for row in rows)])
        # What was said last of a key holds: the first of them, read backwards.
        keys, at = np.unique(keys[::-1], return_index=True)
        digests = digests[::-1][at]
        return keys[digests != GONE], digests[digests != GONE]

    def since(self, store: str, name: str) -> float:
        """Seconds since a collection was given anything; infinite where it never was."""
        with self._writing() as connection:
            (found,) = connection.execute(
                "SELECT strftime('%s', 'now') - max(at) FROM given WHERE collection = ?",
                (_number(connection, store, name),),
            ).fetchone()
        return math.inf if found is None else float(found)

    def doubt(self, store: str, name: str, keys: Keys) -> None:
        """Note that a collection may have these rows or not."""
        self.give(store, name, keys, np.full(len(keys), UNSURE, dtype=np.int64))

    def give(self, store: str, name: str, keys: Keys, digests: Keys) -> None:
        """Note that a collection has these rows."""
        with self._writing() as connection:
            _append(connection, _number(connection, store, name), keys, digests)

    def take(self, store: str, name: str, keys: Keys) -> None:
        """Note that a collection has these rows no more."""
        self.give(store, name, keys, np.full(len(keys), GONE, dtype=np.int64))

    def forget(self, store: str, name: str) -> None:
        """Note that a collection is empty or gone."""
        with self._writing() as connection:
            connection.execute(
                "DELETE FROM collections WHERE store = ? AND name = ?", (store, name)
            )

    def _writing(self) -> AbstractContextManager[sqlite3.Connection]:
        if not self._made:
            with self._database.write() as connection:
                for statement in _SCHEMA:
                    connection.execute(statement)
            self._made = True
        return self._database.write()


def _machine() -> str:
    """What tells this machine from a copy of it, where its system says so (systemd's number)."""
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return platform.node()


def _number(connection: sqlite3.Connection, store: str, name: str) -> int:
    row = connection.execute(
        "SELECT id FROM collections WHERE store = ? AND name = ?", (store, name)
    ).fetchone()
    return int(row[0]) if row else -1


def _append(connection: sqlite3.Connection, number: int, keys: Keys, digests: Keys) -> None:
    if number >= 0 and len(keys):
        connection.execute(
            "INSERT INTO given (collection, keys, digests) VALUES (?, ?, ?)",
            (number, keys.astype("<i8").tobytes(), digests.astype("<i8").tobytes()),
        )


def _numbers(blob: bytes) -> Keys:
    return np.frombuffer(blob, dtype="<i8").astype(np.int64)
