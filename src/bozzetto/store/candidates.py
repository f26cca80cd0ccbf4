"""Optimized prompts that were kept, with what they were written from."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.store.entries import Change
from bozzetto.store.meta import record
from bozzetto.types import Candidate, OptimizeResult, Phrase

__all__ = ["KeptCandidate", "candidate", "save"]


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
        f"INSERT INTO candidates VALUES ({', '.join('?' * 15)}) ON CONFLICT DO NOTHING",
        [
            (c.id, result.idea, result.language, _json(settings), hits, c.prompt, c.negative,
             c.profile, c.chat, _json(c.tokens),
             json.dumps([(p.text, p.source, p.original) for p in c.phrases], ensure_ascii=False),
             c.intent, c.novelty, json.dumps(c.warnings, ensure_ascii=False), noted)
            for c in result.candidates
        ],
    )  # fmt: skip


def _json(mapping: Mapping[str, Any]) -> str:
    return json.dumps(dict(mapping), ensure_ascii=False, sort_keys=True)


def candidate(connection: sqlite3.Connection, identity: str) -> KeptCandidate | None:
    """A kept candidate by its id."""
    row = connection.execute(
        "SELECT k.id, k.prompt, k.negative, k.profile, k.chat, k.tokens, k.phrases, k.intent,"
        " k.novelty, k.warnings, k.idea, k.language, k.settings, k.hits, c.at, c.actor"
        " FROM candidates k JOIN changes c ON c.id = k.change WHERE k.id = ?",
        (identity,),
    ).fetchone()
    if row is None:
        return None
    (key, prompt, negative, profile, chat, tokens, phrases, intent, novelty, warnings,
     idea, language, settings, hits, at, actor) = row  # fmt: skip
    kept = Candidate(
        id=key,
        prompt=prompt,
        negative=negative,
        profile=profile,
        chat=chat,
        tokens=json.loads(tokens),
        phrases=tuple(Phrase(*phrase) for phrase in json.loads(phrases)),
        intent=intent,
        novelty=novelty,
        warnings=tuple(json.loads(warnings)),
    )
    return KeptCandidate(
        kept, idea, language, json.loads(settings), tuple(json.loads(hits)), at, actor
    )
