"""Prompts coming out: whole records, pages, and streams of what indexes need."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from bozzetto.store.database import Database, json_list
from bozzetto.store.entries import hash_of, id_of
from bozzetto.types import KeptFrom, Keys, Parameters, PromptRecord

__all__ = ["ScanRow", "by_ids", "records", "rows", "scan", "seqs_of"]

_PAGE = 20_000
_IN = "IN (SELECT value FROM json_each(?))"

_RECORDS = f"""
SELECT p.seq, p.hash, p.text, p.core, coalesce(v.family, p.seq), p.negative, o.text,
    p.seed, p.steps, p.guidance, p.sampler, p.width, p.height, p.model,
    p.prompt_nsfw, p.image_nsfw, p.image, p.use, p.model_family, p.rating, s.name,
    p.made_at, c.at, c.actor
FROM prompts p
JOIN sources s ON s.id = p.source
JOIN changes c ON c.id = p.change
LEFT JOIN variants v ON v.prompt = p.seq
LEFT JOIN originals o ON o.prompt = p.seq
WHERE p.seq {_IN}"""


class ScanRow(NamedTuple):
    """What an index needs of a prompt; a tuple, for there may be millions."""

    seq: int
    id: str
    text: str
    core: str


def seqs_of(connection: sqlite3.Connection, ids: Sequence[str]) -> dict[str, int]:
    """The numbers of those ids that are there."""
    hashes = [hash_of(i) for i in ids if _is_id(i)]
    rows = connection.execute(
        f"SELECT hash, seq FROM prompts WHERE hash {_IN}", (json_list(hashes),)
    )
    return {id_of(number): seq for number, seq in rows}


def _is_id(text: str) -> bool:
    return len(text) == 16 and all(c in "0123456789abcdef" for c in text)


def by_ids(connection: sqlite3.Connection, ids: Sequence[str]) -> list[PromptRecord]:
    """The records of those ids that are there, in the order given."""
    seqs = seqs_of(connection, ids)
    return records(connection, [seqs[i] for i in ids if i in seqs])


def records(connection: sqlite3.Connection, seqs: Sequence[int] | Keys) -> list[PromptRecord]:
    """The records of those numbers that are there, in the order given."""
    wanted = [int(seq) for seq in seqs]
    given = json_list(wanted)
    found = {row[0]: row for row in connection.execute(_RECORDS, (given,))}
    tags: dict[int, list[str]] = {}
    for seq, tag in connection.execute(
        f"SELECT prompt, tag FROM tags WHERE prompt {_IN} ORDER BY prompt, tag", (given,)
    ):
        tags.setdefault(seq, []).append(tag)
    seen: dict[int, list[tuple[str, int]]] = {}
    for seq, name, count in connection.execute(
        "SELECT o.prompt, s.name, o.count FROM occurrences o JOIN sources s ON s.id = o.source"
        f" WHERE o.prompt {_IN} ORDER BY o.prompt, o.source",
        (given,),
    ):
        seen.setdefault(seq, []).append((name, count))
    kept = _kept(connection, given)
    return [
        _record(found[seq], tags.get(seq, ()), seen.get(seq, ()), kept.get(seq, ()))
        for seq in wanted
        if seq in found
    ]


def _kept(connection: sqlite3.Connection, given: str) -> dict[int, list[KeptFrom]]:
    """What campaigns and people say of prompts, oldest first."""
    found: dict[int, list[KeptFrom]] = {}
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM kept)").fetchone()[0]:
        return found
    for (
        seq,
        campaign,
        keep,
        rating,
        image,
        known,
        candidate,
        idea,
        hits,
        at,
        actor,
    ) in connection.execute(
        "SELECT k.prompt, k.campaign, k.keep, k.rating, k.image, k.known, k.candidate, k.idea,"
        " k.hits, c.at, c.actor FROM kept k JOIN changes c ON c.id = k.change"
        f" WHERE k.prompt {_IN} ORDER BY k.change, k.id",
        (given,),
    ):
        picture = json.loads(known).get("image")
        said = KeptFrom(
            campaign, bool(keep), rating, image or None, picture, candidate, idea,
            tuple(json.loads(hits)), at, actor,
        )  # fmt: skip
        found.setdefault(seq, []).append(said)
    return found


def _record(
    row: tuple[Any, ...],
    tags: Sequence[str],
    seen: Sequence[tuple[str, int]],
    kept: Sequence[KeptFrom],
) -> PromptRecord:
    (seq, number, text, core, family, negative, original, seed, steps, guidance, sampler, width,
     height, model, prompt_nsfw, image_nsfw, image, use, model_family, rating, source,
     made_at, added_at, added_by) = row  # fmt: skip
    made = (seed, steps, guidance, sampler, width, height, model)
    known = any(value is not None for value in made)
    return PromptRecord(
        seq=seq,
        id=id_of(number),
        text=text,
        core=core,
        family=family,
        negative=negative,
        original=original,
        parameters=Parameters(*made) if known else None,
        prompt_nsfw=prompt_nsfw,
        image_nsfw=image_nsfw,
        image=image,
        tags=tuple(tags),
        use=use,
        model_family=model_family,
        rating=rating,
        source=source,
        sources=tuple(dict.fromkeys(name for name, _ in seen)),
        count=sum(count for _, count in seen) or 1,
        made_at=made_at,
        added_at=added_at,
        added_by=added_by,
        kept=tuple(kept),
    )


def scan(database: Database, after: int = 0) -> Iterator[ScanRow]:
    """Every prompt after a number, in order; read in pages, so that no writer waits."""
    while True:
        with database.read() as connection:
            rows = connection.execute(
                "SELECT seq, hash, text, core FROM prompts WHERE seq > ? ORDER BY seq LIMIT ?",
                (after, _PAGE),
            ).fetchall()
        if not rows:
            return
        for seq, number, text, core in rows:
            yield ScanRow(seq, id_of(number), text, core)
        after = rows[-1][0]


def rows(connection: sqlite3.Connection, seqs: Sequence[int] | Keys) -> list[ScanRow]:
    """What an index needs of the prompts of those numbers that are there, ascending."""
    found = connection.execute(
        f"SELECT seq, hash, text, core FROM prompts WHERE seq {_IN} ORDER BY seq",
        (json_list([int(seq) for seq in seqs]),),
    )
    return [ScanRow(seq, id_of(number), text, core) for seq, number, text, core in found]
