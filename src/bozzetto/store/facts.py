"""What vector stores keep of each prompt, so that they can apply filters themselves."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bozzetto.store.database import Database
from bozzetto.types import Facts, Filters, Where

__all__ = ["facts_of", "seconds", "where_of"]

_GAP = 32
"""Numbers that nobody asks for are read with the others where they are no more than these."""

_ROUNDED = 1e-6
"""Stores keep scores as float32: a prompt exactly at the limit is not to be lost by that."""

_PLAIN = (
    "SELECT p.seq, p.use, p.model_family, p.rating, p.nsfw, p.image, c.at"
    " FROM prompts p JOIN changes c ON c.id = p.change"
)
_TAGS = "SELECT prompt, tag FROM tags"
_SOURCES = "SELECT o.prompt, s.name FROM occurrences o JOIN sources s ON s.id = o.source"


def facts_of(database: Database, seqs: Sequence[int]) -> dict[int, Facts]:
    """The facts of some prompts that are there, ascending numbers."""
    if not seqs:
        return {}
    wanted = set(seqs)
    with database.read() as connection:
        parts = [_between(connection, first - 1, last) for first, last in _runs(seqs)]
    return {seq: facts for part in parts for seq, facts in part if seq in wanted}


def _runs(seqs: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Stretches of ascending numbers without a wide gap, first and last: they are read whole."""
    first = last = seqs[0]
    for seq in seqs[1:]:
        if seq - last > _GAP:
            yield first, last
            first = seq
        last = seq
    yield first, last


def _between(connection: sqlite3.Connection, after: int, last: int) -> list[tuple[int, Facts]]:
    tags = _lists(connection, _TAGS, "prompt", after, last)
    sources = _lists(connection, _SOURCES, "o.prompt", after, last)
    rows = connection.execute(
        f"{_PLAIN} WHERE p.seq > ? AND p.seq <= ? ORDER BY p.seq", (after, last)
    )
    return [
        (
            seq,
            Facts(
                tags=tuple(tags.get(seq, ())),
                sources=tuple(sources.get(seq, ())),
                use=use or "",
                model_family=family or "",
                rating=rating or 0,
                nsfw=-1.0 if nsfw is None else float(nsfw),
                has_image=image is not None,
                added=seconds(at),
            ),
        )
        for seq, use, family, rating, nsfw, image, at in rows
    ]


def _lists(
    connection: sqlite3.Connection, select: str, column: str, after: int, last: int
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    sql = f"{select} WHERE {column} > ? AND {column} <= ? ORDER BY 1, 2"
    for seq, value in connection.execute(sql, (after, last)):
        found.setdefault(seq, []).append(value)
    return found


def seconds(at: str) -> int:
    """The second of a moment (ISO 8601; without a zone UTC), since 1970; 0 of what is none."""
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return 0
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def where_of(filters: Filters, nsfw_limit: float) -> Where:
    """What a store is asked for by filters; it lets through all that the library allows."""
    limit = nsfw_limit if filters.max_nsfw is None else filters.max_nsfw
    return Where(
        tags=tuple(tag.casefold() for tag in filters.tag),
        sources=filters.source,
        use=filters.use,
        model_family=filters.model_family,
        rating=filters.min_rating,
        nsfw=limit + _ROUNDED,
        has_image=filters.has_image,
        added=seconds(filters.since) if filters.since else None,
    )
