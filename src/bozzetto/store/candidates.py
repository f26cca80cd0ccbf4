"""Optimized prompts that were kept, with what they were written from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bozzetto.store.entries import Change
from bozzetto.store.meta import record
from bozzetto.types import Candidate, Check, OptimizeResult, Phrase, Usage

__all__ = ["KeptCandidate", "candidate", "children", "save"]


@dataclass(frozen=True, slots=True)
class KeptCandidate:
    """A candidate with its idea, its settings and the ids of the hits it was written from."""

    candidate: Candidate
    idea: str
    language: str
    settings: Mapping[str, Any]
    hits: tuple[str, ...]
    at: str
    actor: str


def save(
    connection: sqlite3.Connection,
    result: OptimizeResult,
    settings: Mapping[str, Any],
    change: Change,
) -> None:
    """Keep the candidates of a result; one that is kept already stays as it is."""
    noted = record(connection, change, "optimize", f"{len(result.candidates)} candidates")
    hits = json.dumps([hit.id for hit in result.hits])
    connection.executemany(
        f"INSERT INTO candidates VALUES ({', '.join('?' * 21)}) ON CONFLICT DO NOTHING",
        [
            (c.id, result.idea, result.language, _json(settings), hits, c.prompt, c.negative,
             c.profile, c.chat, _json(c.tokens),
             _list((p.text, p.source, p.original) for p in c.phrases),
             c.intent, c.novelty, _list(c.warnings), noted, c.parent, c.seed,
             _json(asdict(c.usage)) if c.usage else None,
             _list((k.name, k.passed, k.found) for k in c.checks), c.look, _list(c.references))
            for c in result.candidates
        ],
    )  # fmt: skip


def _list(items: Iterable[object]) -> str:
    return json.dumps(list(items), ensure_ascii=False)


def _json(mapping: Mapping[str, Any]) -> str:
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True)


def children(connection: sqlite3.Connection, identity: str) -> list[Candidate]:
    """The kept candidates made from a candidate, oldest first."""
    rows = connection.execute(
        "SELECT id FROM candidates WHERE parent = ? ORDER BY change, id", (identity,)
    ).fetchall()
    found = [candidate(connection, row[0]) for row in rows]
    return [kept.candidate for kept in found if kept]


_COLUMNS = (
    "k.id, k.prompt, k.negative, k.profile, k.chat, k.tokens, k.phrases, k.intent, k.novelty,"
    " k.warnings, k.parent, k.seed, k.usage, k.checks, k.look, k.refs"
)


def candidate(connection: sqlite3.Connection, identity: str) -> KeptCandidate | None:
    """A kept candidate by its id."""
    row = connection.execute(
        f"SELECT {_COLUMNS}, k.idea, k.language, k.settings, k.hits, c.at, c.actor"
        " FROM candidates k JOIN changes c ON c.id = k.change WHERE k.id = ?",
        (identity,),
    ).fetchone()
    if row is None:
        return None
    idea, language, settings, hits, at, actor = row[16:]
    settings = json.loads(settings)
    kept = replace(_candidate(row[:16]), size=settings.get("size"))
    return KeptCandidate(kept, idea, language, settings, tuple(json.loads(hits)), at, actor)


def _candidate(row: tuple[Any, ...]) -> Candidate:
    (identity, prompt, negative, profile, chat, tokens, phrases, intent, novelty, warnings,
     parent, seed, usage, checks, look, references) = row  # fmt: skip
    return Candidate(
        id=identity,
        prompt=prompt,
        negative=negative,
        profile=profile,
        chat=chat,
        tokens=json.loads(tokens),
        phrases=tuple(Phrase(*phrase) for phrase in json.loads(phrases)),
        intent=intent,
        novelty=novelty,
        warnings=tuple(json.loads(warnings)),
        checks=tuple(Check(*check) for check in json.loads(checks)),
        parent=parent,
        seed=seed,
        usage=Usage(**json.loads(usage)) if usage else None,
        look=look,
        references=tuple(json.loads(references)),
    )
