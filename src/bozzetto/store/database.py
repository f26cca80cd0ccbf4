"""One SQLite file: connections, transactions, and its errors in our words."""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from bozzetto.errors import BozzettoError, DataError, SetupError

__all__ = ["SQLITE", "Database", "explain", "json_list", "look_at", "patiently", "private"]

SQLITE = sqlite3.sqlite_version
"""The version of the library we run on."""

_Transaction = AbstractContextManager[sqlite3.Connection]

_BUSY_MS = 60_000
_AGAIN_SECONDS = 0.02
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=FAST",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-131072",
)
_BESIDE = ("-wal", "-journal")

_REASONS: tuple[tuple[str, type[BozzettoError], str, str], ...] = (
    ("SQLITE_FULL", DataError, "the disk is full", "free some space and run the command again"),
    ("SQLITE_IOERR", DataError, "the disk refused to write or read", "check its space and health"),
    ("SQLITE_BUSY", DataError, "another process holds the library", "try again when it has ended"),
    ("SQLITE_READONLY", SetupError, "the library may not be written to", "check its permissions"),
    ("SQLITE_PERM", SetupError, "the library may not be opened", "check its permissions"),
    ("SQLITE_CANTOPEN", SetupError, "the library cannot be opened", "check the folder's rights"),
    ("SQLITE_NOTADB", DataError, "this is not a library of ours", "restore a backup of it"),
    ("SQLITE_CORRUPT", DataError, "the library is damaged", "restore a backup of it"),
)


def explain(error: sqlite3.Error, path: Path) -> BozzettoError:
    """Our error for one of SQLite's, naming the file."""
    name = getattr(error, "sqlite_errorname", None) or ""
    for prefix, kind, reason, hint in _REASONS:
        if name.startswith(prefix):
            return kind(f"{path}: {reason} ({error})", hint=hint)
    return DataError(f"{path}: {error}", hint="run `bozzetto doctor`")


def json_list(values: Sequence[int] | Sequence[str]) -> str:
    """Values for `IN (SELECT value FROM json_each(?))`: one parameter for any number."""
    return json.dumps(values)


def patiently(connection: sqlite3.Connection, pragma: str) -> None:
    """Set a pragma; SQLite does not wait by itself where two switch a new file to WAL at once."""
    until = time.monotonic() + _BUSY_MS / 1000
    while True:
        try:
            connection.execute(pragma)
        except sqlite3.OperationalError as error:
            busy = (getattr(error, "sqlite_errorname", None) or "").startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def private(path: Path) -> None:
    """Make an empty file for its owner alone where there is none; SQLite's logs get its rights.

    It is made beside and linked into place: to close a file that somebody else of this process
    has open by then would take his locks away. Where that fails, SQLite makes it or says why not.
    """
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    with suppress(OSError, NotImplementedError):
        if path.exists():
            return
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            path.hardlink_to(part)
        finally:
            part.unlink()


def _open(path: Path) -> sqlite3.Connection:
    private(path)
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    for pragma in _PRAGMAS:
        patiently(connection, pragma)
    return connection


def look_at(path: Path) -> sqlite3.Connection:
    """A connection that changes no file and makes none.

    Where nothing waits in a log beside the file, SQLite is told that nobody writes to it; else
    it would make a log of its own to look. Reading a log, it notes so in the "-shm" beside it.
    """
    logs = (path.with_name(path.name + ending) for ending in _BESIDE)
    still = not any(log.exists() and log.stat().st_size for log in logs)
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro{'&immutable=1' if still else ''}",
        uri=True,
        timeout=_BUSY_MS / 1000,
        isolation_level=None,
        check_same_thread=False,
    )


class Database:
    """Connections to one file, one a thread; readers never wait for the writer.

    `looking` opens it so that nothing changes, whatever is asked.
    """

    def __init__(self, path: Path, *, looking: bool = False) -> None:
        self.path = path
        self._open = look_at if looking else _open
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = self._open(self.path)
            self._local.connection = found
            with self._lock:
                self._all.append(found)
        return found

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._connection()
            if connection.in_transaction:
                yield connection
                return
            connection.execute(begin)
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def read(self) -> _Transaction:
        """A snapshot: everything read inside belongs to one moment."""
        return self._transaction("BEGIN")

    def write(self) -> _Transaction:
        """A transaction that is on the disk when it ends, or has never been."""
        return self._transaction("BEGIN IMMEDIATE")

    @contextmanager
    def bare(self) -> Iterator[sqlite3.Connection]:
        """A connection outside any transaction, for what SQLite does by itself."""
        try:
            yield self._connection()
        except sqlite3.Error as error:
            raise explain(error, self.path) from error

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()
