"""A prompt edited by hand: another text is another prompt, with all that was known of the first."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.errors import InputError
from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import Change, id_of
from bozzetto.store.meta import bump, get, put, record
from bozzetto.store.reading import seqs_of
from bozzetto.store.writing import begin_source, finish_source

__all__ = ["EDITED", "Edit", "Wording", "edit"]

EDITED = "edited"
"""Name and kind of the source in which prompts stay that were edited after a campaign kept them."""

_HANGING = ("originals", "occurrences", "tags", "kept", "beneath")
"""Tables that follow a prompt to its new number."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as the library keeps it; `hash` is its id as a signed 64-bit integer."""

    hash: int
    text: str
    core: str


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be another; None stays as it is, an empty `negative` is none."""

    wording: Wording | None = None
    negative: str | None = None
    tags: frozenset[str] | None = None


def edit(connection: sqlite3.Connection, identity: str, wanted: Edit, change: Change) -> str | None:
    """Edit a prompt; its id, which is another where the text is. None: there is no such prompt.

    Its number is another too, so that indexes take the old one for deleted and this for new.

    Raises:
        InputError: another prompt has that text already.
    """
    seq = seqs_of(connection, [identity]).get(identity)
    if seq is None:
        return None
    said = _negative(connection, seq, wanted.negative) | _tags(connection, seq, wanted.tags)
    word = wanted.wording
    moved = word is not None and _other(connection, seq, word)
    if said or moved:
        record(connection, change, "edit", identity)
        bump(connection, "ratings")
    if word is not None and moved:
        _stay(connection, seq, change)
        _move(connection, seq, word)
        bump(connection)
    return id_of(word.hash) if word else identity


def _other(connection: sqlite3.Connection, seq: int, word: Wording) -> bool:
    """Whether a prompt has other words than these."""
    rows = connection.execute(
        "SELECT seq, text FROM prompts WHERE hash = ? OR seq = ?", (word.hash, seq)
    ).fetchall()
    if len(rows) > 1:
        raise InputError(
            f"the library has that prompt already: {id_of(word.hash)}",
            hint="delete one of the two, or word it otherwise",
        )
    return bool(rows[0][1] != word.text)


def _move(connection: sqlite3.Connection, seq: int, word: Wording) -> None:
    """Give a prompt another text and number; the text that it came with stays its original."""
    connection.execute("PRAGMA defer_foreign_keys = ON")
    connection.execute(
        "INSERT INTO originals SELECT seq, text FROM prompts WHERE seq = ? ON CONFLICT DO NOTHING",
        (seq,),
    )
    new = get(connection, "next_seq")
    put(connection, "next_seq", new + 1)
    connection.execute(
        "UPDATE prompts SET seq = ?, hash = ?, text = ?, core = ? WHERE seq = ?",
        (new, word.hash, word.text, word.core, seq),
    )
    for table in _HANGING:
        connection.execute(f"UPDATE {table} SET prompt = ? WHERE prompt = ?", (new, seq))
    connection.execute("DELETE FROM variants WHERE prompt = ? OR family = ?", (seq, seq))


def _stay(connection: sqlite3.Connection, seq: int, change: Change) -> None:
    """Keep what a campaign brought where that campaign, kept again, no longer knows the text."""
    kept = "SELECT EXISTS (SELECT 1 FROM kept WHERE prompt = ? AND keep AND campaign != '')"
    if not connection.execute(kept, (seq,)).fetchone()[0]:
        return
    begun = begin_source(connection, SourceFeatures(EDITED, EDITED), EDITED, change)
    finish_source(connection, begun)
    connection.execute(
        "INSERT INTO occurrences VALUES (?, ?, 1) ON CONFLICT DO NOTHING", (seq, begun.source)
    )
    connection.execute(
        "UPDATE sources SET rows = (SELECT sum(count) FROM occurrences WHERE source = id)"
        " WHERE id = ?",
        (begun.source,),
    )


def _negative(connection: sqlite3.Connection, seq: int, negative: str | None) -> bool:
    """Set what is not to be in the picture; whether that changed."""
    if negative is None:
        return False
    wanted = negative or None
    (before,) = connection.execute("SELECT negative FROM prompts WHERE seq = ?", (seq,)).fetchone()
    if before == wanted:
        return False
    connection.execute("UPDATE prompts SET negative = ? WHERE seq = ?", (wanted, seq))
    for known, _ in _beneath(connection, seq):
        known.pop("negative", None)
        _noted(connection, seq, known | ({"negative": wanted} if wanted else {}), None)
    for identity, known, tags in _said(connection, seq):
        known.pop("negative", None)
        _say(connection, identity, known, tags)
    return True


def _tags(connection: sqlite3.Connection, seq: int, tags: frozenset[str] | None) -> bool:
    """Set the tags; whether they changed."""
    if tags is None:
        return False
    rows = connection.execute("SELECT tag FROM tags WHERE prompt = ?", (seq,))
    before = frozenset(row[0] for row in rows)
    gone, more = before - tags, tags - before
    for sql, some in (
        ("DELETE FROM tags WHERE prompt = ? AND tag = ?", gone),
        ("INSERT INTO tags VALUES (?, ?)", more),
    ):
        connection.executemany(sql, [(seq, tag) for tag in sorted(some)])
    for known, beneath in _beneath(connection, seq):
        _noted(connection, seq, known, sorted(frozenset(beneath) - gone | more))
    for identity, known, said in _said(connection, seq):
        _say(connection, identity, known, [tag for tag in said if tag not in gone])
    return bool(gone or more)


# What campaigns said lies on top of what a prompt is; an edit reaches both.


def _beneath(connection: sqlite3.Connection, seq: int) -> list[tuple[dict[str, Any], list[str]]]:
    rows = connection.execute("SELECT known, tags FROM beneath WHERE prompt = ?", (seq,))
    return [(json.loads(known), json.loads(tags)) for known, tags in rows.fetchall()]


def _noted(
    connection: sqlite3.Connection, seq: int, known: dict[str, Any], tags: Sequence[str] | None
) -> None:
    connection.execute(
        "UPDATE beneath SET known = ?, tags = coalesce(?, tags) WHERE prompt = ?",
        (_json(known), None if tags is None else _json(tags), seq),
    )


def _said(connection: sqlite3.Connection, seq: int) -> list[tuple[int, dict[str, Any], list[str]]]:
    rows = connection.execute("SELECT id, known, tags FROM kept WHERE prompt = ?", (seq,))
    return [
        (number, json.loads(known), json.loads(tags)) for number, known, tags in rows.fetchall()
    ]


def _say(
    connection: sqlite3.Connection, identity: int, known: dict[str, Any], tags: Sequence[str]
) -> None:
    connection.execute(
        "UPDATE kept SET known = ?, tags = ? WHERE id = ?", (_json(known), _json(tags), identity)
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
