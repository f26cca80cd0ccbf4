"""Whole copies of a library: out, checked, and back in."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from bozzetto.errors import DataError
from bozzetto.store.database import Database, explain, look_at, private

__all__ = ["check", "copy_into", "copy_to"]


def copy_to(database: Database, target: Path) -> None:
    """Write a consistent copy for its owner alone: beside first, renamed once it is on the disk."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    private(part)
    try:
        with database.bare() as connection:
            copy = sqlite3.connect(part)
            try:
                connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # one file that needs no other
            finally:
                copy.close()
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def check(path: Path) -> None:
    """Read a whole library file and leave it as it is.

    Raises:
        DataError: it is damaged.
    """
    connection = look_at(path)
    try:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(5)")]
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise explain(error, path) from error
    finally:
        connection.close()
    if found != ["ok"]:
        raise DataError(f"{path} is damaged: {found[0]}", hint="use an older backup")
    if broken is not None:
        raise DataError(f"{path} is damaged: a row of {broken[0]} hangs loose")


def copy_into(database: Database, source: Path) -> None:
    """Replace the content by that of another file, all or nothing.

    The copy runs inside the library's own transaction: whoever has it open sees the old
    content, then the new; a copy that is killed leaves the old.
    """
    copy = look_at(source)
    try:
        with database.bare() as connection:
            copy.backup(connection)
    finally:
        copy.close()
