"""Opening a library of any age: check, back up, migrate; a newer one is left alone."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from bozzetto.errors import DataError, NewerSchemaError
from bozzetto.store.backup import copy_to
from bozzetto.store.database import Database, explain, look_at
from bozzetto.store.migrations import CURRENT, STEPS

__all__ = ["APPLICATION", "prepare", "schema_version"]

APPLICATION = 0x626F7A7A
"""SQLite's application_id of our files: "bozz"."""

_SMALLEST = 512
"""Bytes of the smallest file of SQLite: one page."""


def schema_version(path: Path) -> int:
    """The schema of a library file, read without touching it; 0 for a new or empty one.

    Raises:
        DataError: the file is no library of ours.
        NewerSchemaError: a newer version of the program wrote it.
    """
    if not path.exists() or path.stat().st_size == 0:
        return 0
    version, application = _pragmas(path)
    if application != APPLICATION and (application or version):
        raise DataError(
            f"{path} is a database of another program", hint="choose another home with --home"
        )
    if version > CURRENT:
        raise NewerSchemaError(
            f"{path} has schema {version}; this version of the program knows {CURRENT}",
            hint="upgrade the program; the library has not been touched",
        )
    return version


def _pragmas(path: Path) -> tuple[int, int]:
    """The schema and the mark of a file, asked of SQLite.

    Never by reading the file itself: who closes a file loses every lock that the process holds
    on it, those of its open connections too, and another process then deletes their log.
    """
    if path.stat().st_size < _SMALLEST:
        raise _no_library(path)
    connection = look_at(path)
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorname", None) == "SQLITE_NOTADB":
            raise _no_library(path) from error
        raise explain(error, path) from error
    finally:
        connection.close()
    return version, application


def _no_library(path: Path) -> DataError:
    return DataError(
        f"{path} is not a library: it is no SQLite file, or cut off",
        hint="restore a backup (bozzetto restore FILE) or choose another home",
    )


def prepare(database: Database, backups: Path) -> None:
    """Bring a library to the current schema, in one transaction, with a backup first."""
    version = schema_version(database.path)
    if version == CURRENT:
        return
    if version:
        copy_to(database, backups / f"{database.path.stem}-schema{version}.sqlite")
    with database.write() as connection:
        found = int(connection.execute("PRAGMA user_version").fetchone()[0])
        for step in STEPS[found:]:
            step(connection)
        connection.execute(f"PRAGMA application_id={APPLICATION}")
        connection.execute(f"PRAGMA user_version={CURRENT}")
    with database.bare() as connection:  # so that the file's own header says it
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
