"""What campaigns and people say of prompts: kept ones come in, ratings stand, all of it can go.

One row a prompt, campaign and picture. What a prompt shows is worked out from all rows that
are left (`beneath`), so they can be taken away in any order.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.ports import SourceFeatures
from bozzetto.store import beneath
from bozzetto.store.database import Database, json_list
from bozzetto.store.entries import COLUMNS, Change, Entry, columns_of
from bozzetto.store.meta import record
from bozzetto.store.reading import seqs_of
from bozzetto.store.removal import leave
from bozzetto.store.writing import add_batch, begin_source, finish_source
from bozzetto.types import KeepReport, SourcePrompt

__all__ = ["KIND", "Judged", "Kept", "source_name"]

KIND = "kept"
"""The kind of the sources that campaigns are."""

_DIRECT = ""
"""In place of a campaign where a person rates a prompt by itself."""

_IN = "IN (SELECT value FROM json_each(?))"
_ROW = "prompt, image, keep, rating, candidate, idea, hits, known, tags"
_LATER = ", ".join(f"{name} = excluded.{name}" for name in (*_ROW.split(", ")[2:], "change"))


@dataclass(frozen=True, slots=True)
class Judged:
    """What a campaign says of a prompt by one picture of it.

    `entry.row` holds what the picture and its candidate bring. `keep` brings the prompt into the
    library, else only one that is there already is rated. `rating` is 1-5, the mean of those
    who judged; `image` is the picture's id, "" where there is none.
    """

    entry: Entry
    keep: bool
    rating: float
    image: str = ""
    candidate: str | None = None
    idea: str | None = None
    hits: tuple[str, ...] = ()


def source_name(campaign: str) -> str:
    """The name of the source that a campaign's kept prompts come from."""
    return f"campaign {campaign}"


class Kept:
    """What is said of prompts, as one object below the store. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, campaign: str, judged: Sequence[Judged], *, actor: str, now: str) -> KeepReport:
        """Take in all that a campaign says, in place of what it said before.

        What is there already as it is given changes nothing.
        """
        with self._database.write() as connection:
            return _keep(connection, campaign, judged, Change(actor, now))

    def take_back(
        self,
        *,
        campaign: str | None = None,
        images: Sequence[str] | None = None,
        actor: str,
        now: str,
    ) -> int:
        """Undo what a campaign brought, pictures did, or both; how many prompts that concerns.

        Prompts that came from there alone go; the others are as they would be without.
        """
        if campaign is None and images is None:
            return 0
        where = ["campaign != ''"]
        values: list[str] = []
        if campaign is not None:
            where, values = ["campaign = ?"], [campaign]
        if images is not None:
            where.append(f"image {_IN}")
            values.append(json_list(images))
        with self._database.write() as connection:
            change = Change(actor, now)
            return take_back(connection, " AND ".join(where), values, campaign, change)

    def rate(self, ids: Sequence[str], rating: int | None, *, actor: str, now: str) -> int:
        """Rate prompts by themselves, 1-5, or take that back (None); how many changed."""
        with self._database.write() as connection:
            seqs = list(seqs_of(connection, ids).values())
            change = Change(actor, now)
            if rating is None:
                where = f"campaign = ? AND prompt {_IN}"
                return take_back(connection, where, [_DIRECT, json_list(seqs)], None, change)
            rows = [(seq, "", 0, float(rating), None, None, "[]", "{}", "[]") for seq in seqs]
            fresh = _new(connection, _DIRECT, rows)
            if fresh:
                noted = record(connection, change, "rate", f"{len(fresh)} prompts: {rating}")
                _say(connection, _DIRECT, fresh, noted)
            return len(fresh)

    def rated(self, every: int = 1) -> list[tuple[str, int]]:
        """The texts and ratings of rated prompts; of many, one in so many, by id."""
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT text, rating FROM prompts WHERE rating IS NOT NULL"
                " AND (hash & 1073741823) % ? = 0 ORDER BY +hash",  # few are: not by its index
                (every,),
            )
            return rows.fetchall()

    def count_rated(self) -> int:
        """How many prompts are rated."""
        with self._database.read() as connection:
            sql = "SELECT count(*) FROM prompts WHERE rating IS NOT NULL"
            return int(connection.execute(sql).fetchone()[0])


def _keep(
    connection: sqlite3.Connection, campaign: str, judged: Sequence[Judged], change: Change
) -> KeepReport:
    there = _seqs(connection, judged)
    judged = [one for one in judged if one.keep or one.entry.hash in there]
    # A prompt that is not there yet has no number: 0 is none, so its row counts as new.
    rows = [_row(one, there.get(one.entry.hash, 0)) for one in judged]
    if not _new(connection, campaign, rows):
        gone = _unsaid(connection, campaign, rows, change)
        return KeepReport(source_name(campaign), 0, 0, len(rows), gone)
    noted = record(connection, change, "keep", campaign)
    _enter(connection, campaign, [one.entry for one in judged if one.keep], change)
    seqs = _seqs(connection, judged)
    fresh = _new(connection, campaign, [_row(one, seqs[one.entry.hash]) for one in judged])
    _say(connection, campaign, fresh, noted)
    changed = {row[0] for row in fresh}
    new = changed - set(there.values())
    said = [_row(one, seqs[one.entry.hash]) for one in judged]
    gone = _unsaid(connection, campaign, said, change)
    _leave(connection, campaign, changed)
    left = changed - _there(connection, changed)
    rated = changed - new - left
    same = len(rows) - len(fresh)
    return KeepReport(source_name(campaign), len(new - left), len(rated), same, gone + len(left))


def _there(connection: sqlite3.Connection, prompts: Iterable[int]) -> set[int]:
    rows = connection.execute(
        f"SELECT seq FROM prompts WHERE seq {_IN}", (json_list(list(prompts)),)
    )
    return {row[0] for row in rows}


def _unsaid(
    connection: sqlite3.Connection, campaign: str, rows: Sequence[tuple[Any, ...]], change: Change
) -> int:
    """Undo what a campaign said before that is not among these rows; the prompts concerned."""
    said = {row[:2] for row in rows}
    before = connection.execute(
        "SELECT prompt, image, id FROM kept WHERE campaign = ?", (campaign,)
    )
    gone = json_list([row[2] for row in before if row[:2] not in said])
    return take_back(connection, f"id {_IN}", [gone], campaign, change)


def _leave(connection: sqlite3.Connection, campaign: str, prompts: Iterable[int]) -> None:
    """Take those prompts out of a campaign's source that nothing there keeps any more."""
    stay = connection.execute(
        f"SELECT prompt FROM kept WHERE campaign = ? AND keep AND prompt {_IN}",
        (campaign, json_list(list(prompts))),
    )
    leave(connection, _fingerprint(campaign), sorted(set(prompts) - {row[0] for row in stay}))


def _seqs(connection: sqlite3.Connection, judged: Iterable[Judged]) -> dict[int, int]:
    hashes = json_list(list({one.entry.hash for one in judged}))
    return dict(connection.execute(f"SELECT hash, seq FROM prompts WHERE hash {_IN}", (hashes,)))


def _row(one: Judged, seq: int) -> tuple[Any, ...]:
    known = {
        name: value
        for name, value in zip(COLUMNS, columns_of(one.entry.row), strict=True)
        if value is not None and name != "rating"
    }
    return (
        seq, one.image, int(one.keep), float(one.rating), one.candidate, one.idea,
        _json(one.hits), _json(known), _json(one.entry.row.tags),
    )  # fmt: skip


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _new(
    connection: sqlite3.Connection, campaign: str, rows: Sequence[tuple[Any, ...]]
) -> list[tuple[Any, ...]]:
    """The rows that are not there as they are."""
    given = json_list([row[0] for row in rows])
    found = connection.execute(
        f"SELECT {_ROW} FROM kept WHERE campaign = ? AND prompt {_IN}", (campaign, given)
    )
    there = set(found.fetchall())
    return [row for row in rows if row not in there]


def _enter(
    connection: sqlite3.Connection, campaign: str, entries: Sequence[Entry], change: Change
) -> None:
    """Note a campaign as a source of prompts, each once, with nothing known beside the text."""
    features = SourceFeatures(source_name(campaign), KIND)
    there = {
        row[0]
        for row in connection.execute(
            "SELECT p.hash FROM occurrences o JOIN prompts p ON p.seq = o.prompt"
            " JOIN sources s ON s.id = o.source WHERE s.fingerprint = ?",
            (_fingerprint(campaign),),
        )
    }
    bare = {
        e.hash: Entry(e.hash, e.text, e.core, SourcePrompt(e.text, ""))
        for e in entries
        if e.hash not in there
    }
    if bare:
        begun = begin_source(connection, features, _fingerprint(campaign), change)
        at = begun.position
        add_batch(connection, begun, list(bare.values()), (), at, at + len(bare))
        finish_source(connection, begun)


def _fingerprint(campaign: str) -> str:
    return f"{KIND}:{campaign}"


def _say(
    connection: sqlite3.Connection, campaign: str, rows: Sequence[tuple[Any, ...]], noted: int
) -> None:
    """Put rows in place of those on the same pictures, and show it."""
    prompts = sorted({row[0] for row in rows})
    beneath.note(connection, prompts)
    connection.executemany(
        f"INSERT INTO kept ({_ROW}, campaign, change) VALUES ({', '.join('?' * 11)})"
        f" ON CONFLICT (prompt, campaign, image) DO UPDATE SET {_LATER}",
        [(*row, campaign, noted) for row in rows],
    )
    beneath.settle(connection, prompts)


def take_back(
    connection: sqlite3.Connection,
    where: str,
    values: Sequence[str],
    subject: str | None,
    change: Change,
) -> int:
    """Undo what rows say; how many prompts that concerns."""
    rows = connection.execute(f"SELECT DISTINCT prompt, campaign FROM kept WHERE {where}", values)
    concerned = rows.fetchall()
    prompts = sorted({prompt for prompt, _ in concerned})
    if not prompts:
        return 0
    record(connection, change, "take back", subject or f"{len(prompts)} prompts")
    connection.execute(f"DELETE FROM kept WHERE {where}", values)
    for campaign in sorted({campaign for _, campaign in concerned} - {_DIRECT}):
        _leave(connection, campaign, {prompt for prompt, name in concerned if name == campaign})
    there = connection.execute(f"SELECT seq FROM prompts WHERE seq {_IN}", (json_list(prompts),))
    beneath.settle(connection, [row[0] for row in there])
    return len(prompts)


def forget(connection: sqlite3.Connection, source: str, change: Change) -> None:
    """Undo what a campaign said whose source, by name, is deleted with its prompts."""
    campaign = source.removeprefix(source_name(""))
    take_back(connection, "campaign = ?", [campaign], campaign, change)
