"""The steps of the schema, oldest first. A step, once released, never changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from bozzetto.store.migrations.m0001_first import migrate as _m0001
from bozzetto.store.migrations.m0002_lineage import migrate as _m0002
from bozzetto.store.migrations.m0003_pictures import migrate as _m0003
from bozzetto.store.migrations.m0004_kept import migrate as _m0004
from bozzetto.store.migrations.m0005_accounts import migrate as _m0005
from bozzetto.store.migrations.m0006_replays import migrate as _m0006

__all__ = ["CURRENT", "STEPS"]

STEPS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _m0001,
    _m0002,
    _m0003,
    _m0004,
    _m0005,
    _m0006,
)
"""Step number n (from 1) brings a library from schema n - 1 to n."""

CURRENT = len(STEPS)
"""The schema this version of the program reads and writes."""
