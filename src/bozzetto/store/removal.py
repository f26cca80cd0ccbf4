"""Taking prompts out for good."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from bozzetto.store.database import json_list
from bozzetto.store.entries import Change
from bozzetto.store.meta import bump, put, record
from bozzetto.store.reading import seqs_of

__all__ = ["STARTER", "delete_ids", "delete_source", "leave"]

STARTER = "starter"
"""Both the name and the kind of the prompts that come with the program."""


def delete_ids(connection: sqlite3.Connection, ids: Sequence[str], change: Change) -> int:
    """Delete prompts by id, from every source; returns how many there were."""
    seqs = list(seqs_of(connection, ids).values())
    if seqs:
        record(connection, change, "delete", f"{len(seqs)} prompts")
        connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (seq INTEGER PRIMARY KEY)")
        connection.execute("DELETE FROM gone")
        connection.execute("INSERT INTO gone SELECT value FROM json_each(?)", (json_list(seqs),))
        connection.execute("DELETE FROM occurrences WHERE prompt IN (SELECT seq FROM gone)")
        _sweep(connection)
    return len(seqs)


def delete_source(connection: sqlite3.Connection, name: str, change: Change) -> int | None:
    """Delete the sources of a name and the prompts seen nowhere else; None: no such source.

    The starter library, once deleted, is never loaded again; deleted before it was loaded,
    it stays away as well. It is told by its kind from another source of that name, which is
    left as long as the starter library is there.
    """
    rows = "SELECT id, kind FROM sources WHERE name = ?"
    found: dict[int, str] = dict(connection.execute(rows, (name,)).fetchall())
    if not found and name != STARTER:
        return None
    record(connection, change, "delete", name)
    if not found or STARTER in found.values():
        put(connection, "starter_removed", 1)
        found = {source: kind for source, kind in found.items() if kind == STARTER}
    if not found:
        return 0
    marks = json_list(list(found))
    where = "source IN (SELECT value FROM json_each(?))"
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (seq INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM gone")
    connection.execute(
        f"INSERT OR IGNORE INTO gone SELECT prompt FROM occurrences WHERE {where}", (marks,)
    )
    connection.execute(f"DELETE FROM occurrences WHERE {where}", (marks,))
    connection.execute("DELETE FROM gone WHERE seq IN (SELECT prompt FROM occurrences)")
    count = _sweep(connection)
    # A prompt that stays is handed to the oldest source that still has it.
    connection.execute(
        "UPDATE prompts SET source ="
        f" (SELECT min(source) FROM occurrences WHERE prompt = seq) WHERE {where}",
        (marks,),
    )
    connection.execute(f"DELETE FROM bad_rows WHERE {where}", (marks,))
    connection.execute("DELETE FROM sources WHERE id IN (SELECT value FROM json_each(?))", (marks,))
    return count


def leave(connection: sqlite3.Connection, fingerprint: str, seqs: Sequence[int]) -> None:
    """Take prompts out of a source, and those seen nowhere else for good; empty, it goes too."""
    row = connection.execute("SELECT id FROM sources WHERE fingerprint = ?", (fingerprint,))
    source = next((found[0] for found in row), None)
    if source is None or not seqs:
        return
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS gone (seq INTEGER PRIMARY KEY)")
    connection.execute("DELETE FROM gone")
    given = json_list(list(seqs))
    some = "IN (SELECT value FROM json_each(?))"
    connection.execute(
        f"INSERT INTO gone SELECT prompt FROM occurrences WHERE source = ? AND prompt {some}",
        (source, given),
    )
    connection.execute(
        f"DELETE FROM occurrences WHERE source = ? AND prompt {some}", (source, given)
    )
    connection.execute("DELETE FROM gone WHERE seq IN (SELECT prompt FROM occurrences)")
    if connection.execute("SELECT EXISTS (SELECT 1 FROM gone)").fetchone()[0]:
        _sweep(connection)
    # A prompt that stays is as the oldest source brought it that still has it.
    connection.execute(
        "UPDATE prompts SET (source, change) = (SELECT o.source, s.change FROM occurrences o"
        " JOIN sources s ON s.id = o.source WHERE o.prompt = seq ORDER BY o.source LIMIT 1)"
        f" WHERE source = ? AND seq {some}",
        (source, given),
    )
    connection.execute(
        "UPDATE sources SET rows = (SELECT count(*) FROM occurrences WHERE source = id),"
        " new = (SELECT count(*) FROM prompts WHERE source = sources.id) WHERE id = ?",
        (source,),
    )
    connection.execute("DELETE FROM sources WHERE id = ? AND rows = 0", (source,))


def _sweep(connection: sqlite3.Connection) -> int:
    """Delete the prompts in `gone` and all that hangs on them."""
    for table, key in (
        ("originals", "prompt"), ("tags", "prompt"), ("variants", "prompt"), ("kept", "prompt"),
        ("beneath", "prompt"), ("prompts", "seq"),
    ):  # fmt: skip
        cursor = connection.execute(f"DELETE FROM {table} WHERE {key} IN (SELECT seq FROM gone)")
    # A family whose first is gone has no name any more, until families are worked out again.
    connection.execute("DELETE FROM variants WHERE family IN (SELECT seq FROM gone)")
    connection.execute("DELETE FROM gone")
    bump(connection)
    return cursor.rowcount
