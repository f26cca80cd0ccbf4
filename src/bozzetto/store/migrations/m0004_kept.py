"""Schema 4: what campaigns and people say of prompts, so that it can be taken back."""

from __future__ import annotations

import sqlite3

__all__ = ["migrate"]

_STATEMENTS = (
    # Grows with each change of what people say of prompts; state then stays as it is.
    "INSERT INTO meta VALUES ('ratings', 0)",
    # campaign: its name, '' where a person rated the prompt by itself. image: the picture that
    # was judged, '' where there is none. keep: whether the prompt is in the library because of
    # it. rating: 1-5, the mean of those who judged. known: columns that it brings, as JSON.
    """CREATE TABLE kept (
        id INTEGER PRIMARY KEY, prompt INTEGER NOT NULL REFERENCES prompts,
        campaign TEXT NOT NULL, image TEXT NOT NULL, keep INTEGER NOT NULL, rating REAL NOT NULL,
        candidate TEXT, idea TEXT, hits TEXT NOT NULL, known TEXT NOT NULL, tags TEXT NOT NULL,
        change INTEGER NOT NULL REFERENCES changes, UNIQUE (prompt, campaign, image))""",
    "CREATE INDEX kept_campaign ON kept (campaign)",
    "CREATE INDEX kept_image ON kept (image)",
    # What a prompt in `kept` would be without all that is said of it there, as JSON.
    """CREATE TABLE beneath (
        prompt INTEGER PRIMARY KEY REFERENCES prompts, known TEXT NOT NULL, tags TEXT NOT NULL)""",
)


def migrate(connection: sqlite3.Connection) -> None:
    """Add the tables; nothing is kept yet."""
    for statement in _STATEMENTS:
        connection.execute(statement)
