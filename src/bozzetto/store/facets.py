"""Which prompts may be found, and the counts that describe a library."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bozzetto.store.database import json_list
from bozzetto.store.families import everyone_of
from bozzetto.types import BadRow, Filters, Keys

__all__ = [
    "Allowed",
    "SourceInfo",
    "Stats",
    "Values",
    "allowed",
    "apart",
    "bad_rows",
    "count",
    "page",
    "sources",
    "stats",
    "values",
]

_IN = "IN (SELECT value FROM json_each(?))"
_ANY_OF = (
    ("tag", f"p.seq IN (SELECT prompt FROM tags WHERE tag {_IN})"),
    ("use", f"p.use {_IN}"),
    ("model_family", f"p.model_family {_IN}"),
    (
        "source",
        "p.seq IN (SELECT o.prompt FROM occurrences o JOIN sources s ON s.id = o.source"
        f" WHERE s.name {_IN})",
    ),
)
_INDEXED = "nsfw > 0.25 AND"
"""The condition of the index on the scores, word for word, so that it is used."""

MOST_VALUES = 500
"""Values of a field that are counted, the commonest."""

_MOST = "ORDER BY 2 DESC, 1 LIMIT ?"
_COUNTS = {
    "tag": f"SELECT tag, count(*) FROM tags GROUP BY tag {_MOST}",
    **{
        name: f"SELECT {name}, count(*) FROM prompts WHERE {name} IS NOT NULL GROUP BY 1 {_MOST}"
        for name in ("use", "model_family", "rating")
    },
}
_BOUNDS = (
    ("min_rating", "p.rating >= ?"),
    ("since", "p.change IN (SELECT id FROM changes WHERE at >= ?)"),
)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The prompts that may be found, ascending; `keys` None is all of them.

    `hidden` counts those that only their NSFW score keeps out.
    """

    keys: Keys | None
    hidden: int


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source as it stands in the library.

    `prompts` counts those seen in it, still here; `deleted` its rows whose prompts are not.
    """

    name: str
    kind: str
    fingerprint: str
    rows: int
    new: int
    bad: int
    complete: bool
    prompts: int
    deleted: int
    at: str
    actor: str


@dataclass(frozen=True, slots=True)
class Stats:
    """A library in numbers."""

    prompts: int
    families: int
    candidates: int
    sources: tuple[SourceInfo, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """What prompts have that filters ask for, each with how many have it."""

    tag: Mapping[str, int]
    use: Mapping[str, int]
    model_family: Mapping[str, int]
    rating: Mapping[int, int]
    has_image: int


def allowed(connection: sqlite3.Connection, filters: Filters, nsfw_limit: float) -> Allowed:
    """Apply filters and the NSFW limit; `filters.max_nsfw` stands in for it where given.

    A prompt without a score is never hidden. `since` compares the time of the import.
    """
    limit = nsfw_limit if filters.max_nsfw is None else filters.max_nsfw
    where, values = _conditions(filters)
    if where:
        rows = connection.execute(
            f"SELECT p.seq, p.nsfw > ? FROM prompts p WHERE {where} ORDER BY p.seq",
            (limit, *values),
        ).fetchall()
        keys = _keys(seq for seq, above in rows if not above)
        return Allowed(keys, len(rows) - len(keys))
    hidden = _keys(
        row[0]
        for row in connection.execute(
            f"SELECT seq FROM prompts WHERE {_INDEXED if limit >= 0.25 else ''} nsfw > ?", (limit,)
        )
    )
    if not len(hidden):
        return Allowed(None, 0)
    return Allowed(_without(_all(connection), np.sort(hidden)), len(hidden))


def apart(
    connection: sqlite3.Connection, keys: Keys | None, families: Sequence[int]
) -> Keys | None:
    """Those keys (None is all) that belong to none of some families."""
    if not families:
        return keys
    gone = _keys(sorted(everyone_of(connection, families)))
    return _without(_all(connection) if keys is None else keys, gone)


def _without(keys: Keys, gone: Keys) -> Keys:
    """Ascending keys less some; quicker than sets are where there are millions."""
    at = np.searchsorted(keys, gone)
    inside = at < len(keys)
    at, gone = at[inside], gone[inside]
    return np.delete(keys, at[keys[at] == gone])


def _conditions(filters: Filters) -> tuple[str, list[object]]:
    where: list[str] = []
    values: list[object] = []
    for name, condition in _ANY_OF:
        wanted: Sequence[str] = getattr(filters, name)
        if wanted:
            where.append(condition)
            fixed = [w.casefold() for w in wanted] if name == "tag" else list(wanted)
            values.append(json_list(fixed))
    for name, condition in _BOUNDS:
        bound = getattr(filters, name)
        if bound is not None:
            where.append(condition)
            values.append(bound)
    if filters.has_image is not None:
        where.append(f"p.image IS {'NOT ' if filters.has_image else ''}NULL")
    return " AND ".join(where), values


def _keys(seqs: Iterable[int]) -> Keys:
    return np.fromiter(seqs, dtype=np.int64)


def _all(connection: sqlite3.Connection) -> Keys:
    """Every number; without reading them where none is missing between the ends."""
    first, last, count = connection.execute(
        "SELECT (SELECT min(seq) FROM prompts), (SELECT max(seq) FROM prompts),"
        " (SELECT count(*) FROM prompts)"
    ).fetchone()
    if count and last - first + 1 == count:
        return np.arange(first, last + 1, dtype=np.int64)
    return _keys(row[0] for row in connection.execute("SELECT seq FROM prompts ORDER BY seq"))


def page(connection: sqlite3.Connection, filters: Filters, after: int, limit: int) -> list[int]:
    """The next numbers after one, ascending: a page of a listing, whatever its NSFW scores."""
    where, values = _listed(filters)
    rows = connection.execute(
        f"SELECT p.seq FROM prompts p WHERE p.seq > ? AND {where} ORDER BY p.seq LIMIT ?",
        (after, *values, limit),
    )
    return [row[0] for row in rows]


def count(connection: sqlite3.Connection, filters: Filters) -> int:
    """How many prompts a listing has."""
    where, values = _listed(filters)
    sql = f"SELECT count(*) FROM prompts p WHERE {where}"
    return int(connection.execute(sql, values).fetchone()[0])


def _listed(filters: Filters) -> tuple[str, list[object]]:
    where, values = _conditions(filters)
    if filters.max_nsfw is not None:
        where = f"{where} AND " if where else ""
        where += "(p.nsfw IS NULL OR p.nsfw <= ?)"
        values.append(filters.max_nsfw)
    return where or "1", values


def values(connection: sqlite3.Connection) -> Values:
    """What filters can ask for, each with how many prompts have it, the commonest first."""
    counts = {name: dict(connection.execute(sql, (MOST_VALUES,))) for name, sql in _COUNTS.items()}
    (pictured,) = connection.execute(
        "SELECT count(*) FROM prompts WHERE image IS NOT NULL"
    ).fetchone()
    return Values(**counts, has_image=pictured)


def sources(connection: sqlite3.Connection) -> tuple[SourceInfo, ...]:
    """Every source, in the order of import."""
    rows = connection.execute(
        "SELECT s.name, s.kind, s.fingerprint, s.rows, s.new, s.bad, s.complete,"
        " coalesce(n.prompts, 0), s.rows - s.bad - coalesce(n.rows, 0), c.at, c.actor"
        " FROM sources s JOIN changes c ON c.id = s.change LEFT JOIN"
        " (SELECT source, count(*) AS prompts, sum(count) AS rows FROM occurrences"
        " GROUP BY source) n"
        " ON n.source = s.id ORDER BY s.id"
    )
    return tuple(_info(row) for row in rows)


def _info(row: tuple[Any, ...]) -> SourceInfo:
    name, kind, fingerprint, rows, new, bad, complete, *rest = row
    return SourceInfo(name, kind, fingerprint, rows, new, bad, bool(complete), *rest)


def bad_rows(connection: sqlite3.Connection, fingerprint: str) -> tuple[BadRow, ...]:
    """The kept bad rows of a source, in its order."""
    rows = connection.execute(
        "SELECT b.place, b.reason FROM bad_rows b JOIN sources s ON s.id = b.source"
        " WHERE s.fingerprint = ? ORDER BY b.number",
        (fingerprint,),
    )
    return tuple(BadRow(place, reason) for place, reason in rows)


def stats(connection: sqlite3.Connection) -> Stats:
    """The library in numbers."""
    prompts, variants, candidates = connection.execute(
        "SELECT (SELECT count(*) FROM prompts), (SELECT count(*) FROM variants),"
        " (SELECT count(*) FROM candidates)"
    ).fetchone()
    return Stats(prompts, prompts - variants, candidates, sources(connection))
