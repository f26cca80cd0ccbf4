"""Putting a backup in a library's place, also where the library itself is broken."""

from __future__ import annotations

from pathlib import Path

from bozzetto.app.clock import now
from bozzetto.config import load_settings
from bozzetto.store import restore as store_restore

__all__ = ["restore"]


def restore(
    backup: Path, home: str | Path | None = None, *, actor: str | None = None
) -> Path | None:
    """Put a backup in a home's place; returns where the former library is kept, if any.

    Raises:
        NotFoundError: there is no such file.
        DataError: it is damaged, no library, or of a newer version; the home is untouched.
    """
    settings = load_settings(home, {"actor": actor})
    return store_restore.restore(backup, settings.home, actor=settings.actor, now=now())
