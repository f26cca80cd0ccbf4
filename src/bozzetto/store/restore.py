"""A backup put in a home's place."""

from __future__ import annotations

import re
from pathlib import Path

from bozzetto.errors import DataError, NotFoundError
from bozzetto.store import meta
from bozzetto.store.backup import check, copy_into, copy_to
from bozzetto.store.database import Database
from bozzetto.store.entries import Change
from bozzetto.store.schema import prepare, schema_version
from bozzetto.store.store import FILE

__all__ = ["restore"]


def restore(source: Path, folder: Path, *, actor: str, now: str) -> Path | None:
    """Put a backup in a home's place; returns where the replaced library is kept, if any.

    The backup is read whole and brought to the current schema beside the library before
    anything of the home changes; the change itself is all or nothing.

    Raises:
        NotFoundError: there is no such file.
        NewerSchemaError: a newer version of the program wrote it.
        DataError: it is damaged or no library.
    """
    if not source.is_file():
        raise NotFoundError(f"there is no file {source}", hint="give a file made by backup")
    if schema_version(source) == 0:
        raise DataError(f"{source} holds no library", hint="give a file made by backup")
    check(source)
    path, backups = folder / FILE, folder / "backups"
    backups.mkdir(parents=True, exist_ok=True)
    kept = backups / f"replaced-{re.sub('[^0-9A-Za-z]', '', now) or 'library'}.sqlite"
    state = _keep(path, kept)
    fresh = Database(folder / "restoring.sqlite")
    try:
        _start_anew(fresh.path)
        copy_into(fresh, source)
        prepare(fresh, backups)
        _mark(fresh, state, Change(actor, now), source.name)
        home = Database(path)
        try:
            copy_into(home, fresh.path)
        finally:
            home.close()
    finally:
        fresh.close()
        _start_anew(fresh.path)
    return kept if kept.exists() else None


def _keep(path: Path, kept: Path) -> int:
    """Put the present library aside; returns its state, 0 where it could not be read."""
    try:
        if schema_version(path) == 0:
            return 0
        check(path)
    except DataError:
        for ending in ("", "-wal", "-shm"):
            part = path.with_name(path.name + ending)
            if part.exists():
                part.replace(kept.with_name(kept.name + ending))
        return 0
    present = Database(path)
    try:
        copy_to(present, kept)
        with present.read() as connection:
            return meta.get(connection, "state")
    finally:
        present.close()


def _mark(fresh: Database, state: int, change: Change, name: str) -> None:
    """The state goes on growing, so that no index of the replaced library fits by chance."""
    with fresh.write() as connection:
        meta.put(connection, "state", max(state, meta.get(connection, "state")) + 1)
        meta.record(connection, change, "restore", name)
        connection.execute("DELETE FROM sessions")  # one that was ended must not be back


def _start_anew(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
