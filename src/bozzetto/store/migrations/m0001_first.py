"""Schema 1: prompts, where they came from, their families, and kept candidates."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    # state: grows with each change of prompts. next_seq: never goes back, so that a number
    # is never given twice. families: the state they were worked out for.
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    """INSERT INTO meta VALUES
        ('state', 0), ('next_seq', 1), ('families', 0), ('starter_removed', 0)""",
    # Who did what, when: every write points here.
    """CREATE TABLE changes (
        id INTEGER PRIMARY KEY, at TEXT NOT NULL, actor TEXT NOT NULL,
        action TEXT NOT NULL, subject TEXT NOT NULL)""",
    # position: from where reading goes on; new: prompts first seen here.
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,
        fingerprint TEXT NOT NULL UNIQUE, position INTEGER NOT NULL DEFAULT 0,
        rows INTEGER NOT NULL DEFAULT 0, new INTEGER NOT NULL DEFAULT 0,
        bad INTEGER NOT NULL DEFAULT 0, complete INTEGER NOT NULL DEFAULT 0,
        change INTEGER NOT NULL REFERENCES changes)""",
    # hash: the id's 64 bits as a signed integer. nsfw: the highest known score.
    """CREATE TABLE prompts (
        seq INTEGER PRIMARY KEY, hash INTEGER NOT NULL UNIQUE,
        text TEXT NOT NULL, core TEXT NOT NULL,
        source INTEGER NOT NULL REFERENCES sources,
        change INTEGER NOT NULL REFERENCES changes,
        nsfw REAL, negative TEXT, prompt_nsfw REAL,
        seed INTEGER, steps INTEGER, guidance REAL, sampler TEXT, width INTEGER,
        height INTEGER, model TEXT, image TEXT, image_nsfw REAL, made_at TEXT,
        use TEXT, model_family TEXT, rating INTEGER)""",
    "CREATE INDEX prompts_nsfw ON prompts (nsfw) WHERE nsfw > 0.25",
    "CREATE INDEX prompts_use ON prompts (use) WHERE use IS NOT NULL",
    "CREATE INDEX prompts_model_family ON prompts (model_family) WHERE model_family IS NOT NULL",
    "CREATE INDEX prompts_rating ON prompts (rating) WHERE rating IS NOT NULL",
    # Only where the text as it came differs from the normalised one.
    """CREATE TABLE originals (
        prompt INTEGER PRIMARY KEY REFERENCES prompts, text TEXT NOT NULL)""",
    """CREATE TABLE occurrences (
        prompt INTEGER NOT NULL REFERENCES prompts, source INTEGER NOT NULL REFERENCES sources,
        count INTEGER NOT NULL, PRIMARY KEY (prompt, source)) WITHOUT ROWID""",
    """CREATE TABLE tags (
        prompt INTEGER NOT NULL REFERENCES prompts, tag TEXT NOT NULL,
        PRIMARY KEY (prompt, tag)) WITHOUT ROWID""",
    "CREATE INDEX tags_tag ON tags (tag)",
    # Members of a family but its first; a prompt that is not here is a family's first.
    """CREATE TABLE variants (
        prompt INTEGER PRIMARY KEY REFERENCES prompts, family INTEGER NOT NULL)""",
    "CREATE INDEX variants_family ON variants (family)",
    """CREATE TABLE bad_rows (
        source INTEGER NOT NULL REFERENCES sources, number INTEGER NOT NULL,
        place TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (source, number)) WITHOUT ROWID""",
    # idea, settings and hits are what the candidate was written from.
    """CREATE TABLE candidates (
        id TEXT PRIMARY KEY, idea TEXT NOT NULL, language TEXT NOT NULL,
        settings TEXT NOT NULL, hits TEXT NOT NULL, prompt TEXT NOT NULL, negative TEXT,
        profile TEXT NOT NULL, chat TEXT NOT NULL, tokens TEXT NOT NULL, phrases TEXT NOT NULL,
        intent REAL NOT NULL, novelty REAL NOT NULL, warnings TEXT NOT NULL,
        change INTEGER NOT NULL REFERENCES changes) WITHOUT ROWID""",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Make the first schema in an empty file."""
    for statement in _STATEMENTS:
        connection.execute(statement)
