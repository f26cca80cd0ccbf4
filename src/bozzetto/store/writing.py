"""Sources and their rows going in: one transaction a batch, the position inside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from bozzetto.errors import DataError
from bozzetto.ports import SourceFeatures
from bozzetto.store import beneath
from bozzetto.store.database import json_list
from bozzetto.store.entries import (
    COLUMNS,
    Change,
    Entry,
    Value,
    columns_of,
    fill,
    nsfw_of,
    storable,
)
from bozzetto.store.meta import bump, get, put, record
from bozzetto.types import BadRow

__all__ = ["KEPT_BAD_ROWS", "Begun", "add_batch", "begin_source", "finish_source"]

KEPT_BAD_ROWS = 1000
"""How many bad rows of a source are kept by place and reason; all are counted."""

_PROMPT_COLUMNS = ("seq", "hash", "text", "core", "source", "change", "nsfw", *COLUMNS)
_INSERT = (
    f"INSERT INTO prompts ({', '.join(_PROMPT_COLUMNS)})"
    f" VALUES ({', '.join('?' * len(_PROMPT_COLUMNS))})"
)
_UPDATE = f"UPDATE prompts SET nsfw = ?, {', '.join(f'{c} = ?' for c in COLUMNS)} WHERE seq = ?"
_KNOWN = (
    f"SELECT hash, seq, {', '.join(COLUMNS)} FROM prompts"
    " WHERE hash IN (SELECT value FROM json_each(?))"
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A source in the library: where reading goes on, and the change its rows belong to."""

    source: int
    change: int
    position: int
    complete: bool


@dataclass(slots=True)
class _Sighting:
    """All rows of a batch with one hash, folded."""

    entry: Entry
    values: list[Value]
    tags: tuple[str, ...]
    count: int = 1


def begin_source(
    connection: sqlite3.Connection, features: SourceFeatures, fingerprint: str, change: Change
) -> Begun:
    """Find a source by its content or note a new one."""
    row = connection.execute(
        "SELECT id, change, position, complete FROM sources WHERE fingerprint = ?", (fingerprint,)
    ).fetchone()
    if row is not None and row[3]:
        return Begun(row[0], row[1], row[2], True)
    noted = record(connection, change, "import", features.name)
    if row is not None:
        return Begun(row[0], noted, row[2], False)
    cursor = connection.execute(
        "INSERT INTO sources (name, kind, fingerprint, change) VALUES (?, ?, ?, ?)",
        (features.name, features.kind, fingerprint, noted),
    )
    return Begun(int(cursor.lastrowid or 0), noted, 0, False)


def add_batch(
    connection: sqlite3.Connection,
    begun: Begun,
    entries: Sequence[Entry],
    bad: Sequence[BadRow],
    start: int,
    position: int,
) -> int:
    """Keep one batch read from `start` up to `position`; returns how many prompts are new.

    Raises:
        DataError: the source stands elsewhere than at `start`.
    """
    at, bad_before = connection.execute(
        "SELECT position, bad FROM sources WHERE id = ?", (begun.source,)
    ).fetchone() or (None, 0)
    if at != start:
        raise DataError(
            f"the source was changed by another import (it stands at {at}, not {start})",
            hint="run the import again",
        )
    seen = _fold(entries)
    known = {row[0]: row[1:] for row in connection.execute(_KNOWN, (json_list(list(seen)),))}
    fresh = _insert(connection, begun, {h: s for h, s in seen.items() if h not in known})
    filled = _fill_known(connection, seen, known)
    seqs = fresh | {number: row[0] for number, row in known.items()}
    tagged = _attach(connection, begun.source, seen, seqs)
    beneath.take_in(connection, {seqs[h]: (s.values, s.tags) for h, s in seen.items()})
    _keep_bad(connection, begun.source, bad, bad_before)
    connection.execute(
        "UPDATE sources SET position = ?, rows = rows + ?, new = new + ?, bad = bad + ?"
        " WHERE id = ?",
        (position, len(entries) + len(bad), len(fresh), len(bad), begun.source),
    )
    if fresh or filled or tagged:
        bump(connection)
    return len(fresh)


def finish_source(connection: sqlite3.Connection, begun: Begun) -> None:
    """Note that every row of a source is in."""
    connection.execute("UPDATE sources SET complete = 1 WHERE id = ?", (begun.source,))


def _fold(entries: Sequence[Entry]) -> dict[int, _Sighting]:
    seen: dict[int, _Sighting] = {}
    for entry in entries:
        before = seen.get(entry.hash)
        if before is None:
            seen[entry.hash] = _Sighting(entry, columns_of(entry.row), entry.row.tags)
        else:
            before.count += 1
            fill(before.values, columns_of(entry.row))
            before.tags += entry.row.tags
    return seen


def _insert(
    connection: sqlite3.Connection, begun: Begun, fresh: dict[int, _Sighting]
) -> dict[int, int]:
    first = get(connection, "next_seq")
    seqs = {number: first + at for at, number in enumerate(fresh)}
    connection.executemany(
        _INSERT,
        (
            (seqs[number], number, seen.entry.text, seen.entry.core, begun.source, begun.change,
             nsfw_of(seen.values), *seen.values)
            for number, seen in fresh.items()
        ),
    )  # fmt: skip
    connection.executemany(
        "INSERT INTO originals VALUES (?, ?)",
        (
            (seqs[number], storable(seen.entry.row.text))
            for number, seen in fresh.items()
            if seen.entry.row.text != seen.entry.text
        ),
    )
    put(connection, "next_seq", first + len(fresh))
    return seqs


def _fill_known(
    connection: sqlite3.Connection,
    seen: dict[int, _Sighting],
    known: dict[int, tuple[Value, ...]],
) -> int:
    updates = []
    for number, (seq, *values) in known.items():
        if fill(values, seen[number].values):
            updates.append((nsfw_of(values), *values, seq))
    connection.executemany(_UPDATE, updates)
    return len(updates)


def _attach(
    connection: sqlite3.Connection, source: int, seen: dict[int, _Sighting], seqs: dict[int, int]
) -> int:
    connection.executemany(
        "INSERT INTO occurrences VALUES (?, ?, ?)"
        " ON CONFLICT (prompt, source) DO UPDATE SET count = count + excluded.count",
        ((seqs[number], source, sighting.count) for number, sighting in seen.items()),
    )
    before = connection.total_changes
    connection.executemany(
        "INSERT INTO tags VALUES (?, ?) ON CONFLICT DO NOTHING",
        [(seqs[number], tag) for number, s in seen.items() for tag in s.tags],
    )
    return connection.total_changes - before


def _keep_bad(
    connection: sqlite3.Connection, source: int, bad: Sequence[BadRow], before: int
) -> None:
    kept = bad[: max(0, KEPT_BAD_ROWS - before)]
    connection.executemany(
        "INSERT INTO bad_rows VALUES (?, ?, ?, ?)",
        [(source, before + at, row.place, row.reason) for at, row in enumerate(kept, 1)],
    )
