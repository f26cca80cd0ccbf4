"""Schema 3: pictures, the queue that makes them, campaigns and what people said."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    """CREATE TABLE campaigns (
        id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, brief TEXT NOT NULL,
        change INTEGER NOT NULL REFERENCES changes) WITHOUT ROWID""",
    # cancelled: no more of it is to be made; what is there stays.
    """CREATE TABLE jobs (
        id TEXT PRIMARY KEY, title TEXT NOT NULL, campaign TEXT REFERENCES campaigns,
        cancelled INTEGER NOT NULL DEFAULT 0,
        change INTEGER NOT NULL REFERENCES changes) WITHOUT ROWID""",
    # state: ok, filtered or failed. file: SHA-256 of the picture's file, where there is one.
    # scores: numbers of a model, by name.
    """CREATE TABLE images (
        id TEXT PRIMARY KEY, state TEXT NOT NULL, request TEXT NOT NULL, effective TEXT,
        lineage TEXT NOT NULL, candidate TEXT, labels TEXT NOT NULL, file TEXT, reason TEXT,
        job TEXT NOT NULL, position INTEGER NOT NULL, scores TEXT NOT NULL DEFAULT '{}',
        change INTEGER NOT NULL REFERENCES changes) WITHOUT ROWID""",
    # One picture to make. state: waiting, running, done or cancelled. Who runs it holds a lease
    # (seconds since 1970) and renews it; one that has run out is anybody's. not_before: when a
    # failed one is tried again. image: what came of it.
    """CREATE TABLE tasks (
        id INTEGER PRIMARY KEY, job TEXT NOT NULL REFERENCES jobs, position INTEGER NOT NULL,
        request TEXT NOT NULL, lineage TEXT NOT NULL, labels TEXT NOT NULL, images TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
        not_before REAL NOT NULL DEFAULT 0, owner TEXT, lease REAL, progress REAL,
        reason TEXT, image TEXT REFERENCES images, UNIQUE (job, position))""",
    "CREATE INDEX tasks_open ON tasks (state, job, position) WHERE state IN ('waiting', 'running')",
    "CREATE INDEX tasks_image ON tasks (image) WHERE image IS NOT NULL",
    # What one reviewer says of one picture of a campaign, the whole of it each time: the last
    # that was not undone stands.
    """CREATE TABLE verdicts (
        id INTEGER PRIMARY KEY, campaign TEXT NOT NULL REFERENCES campaigns,
        image TEXT NOT NULL REFERENCES images, reviewer TEXT NOT NULL, keep INTEGER,
        rating INTEGER, note TEXT NOT NULL, at TEXT NOT NULL, undone INTEGER NOT NULL DEFAULT 0)""",
    "CREATE INDEX verdicts_campaign ON verdicts (campaign, reviewer, image, id)",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Add the tables; there are no pictures yet."""
    for statement in _STATEMENTS:
        connection.execute(statement)
