"""Campaigns, and what reviewers said of their pictures."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.store.database import json_list
from bozzetto.store.entries import Change
from bozzetto.store.meta import record
from bozzetto.types import Verdict

__all__ = [
    "CampaignRow",
    "add",
    "all_of",
    "by_name",
    "delete",
    "id_of",
    "judge",
    "page",
    "undo",
    "verdicts",
]


@dataclass(frozen=True, slots=True)
class CampaignRow:
    """A campaign as it is kept: its brief is JSON."""

    id: str
    name: str
    brief: Mapping[str, Any]
    at: str
    actor: str


def id_of(name: str) -> str:
    """The id of a campaign by its name."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def add(
    connection: sqlite3.Connection, name: str, brief: Mapping[str, Any], change: Change
) -> None:
    """Keep a campaign under its name, which must be new."""
    noted = record(connection, change, "campaign", name)
    connection.execute(
        "INSERT INTO campaigns VALUES (?, ?, ?, ?)",
        (id_of(name), name, json.dumps(brief, ensure_ascii=False, sort_keys=True), noted),
    )


_SELECT = (
    "SELECT p.id, p.name, p.brief, c.at, c.actor FROM campaigns p JOIN changes c ON c.id = p.change"
)


def all_of(connection: sqlite3.Connection) -> list[CampaignRow]:
    """Every campaign, the newest first."""
    rows = connection.execute(f"{_SELECT} ORDER BY p.change DESC").fetchall()
    return [_row(row) for row in rows]


def page(
    connection: sqlite3.Connection, after: int | None, limit: int
) -> list[tuple[int, CampaignRow]]:
    """Campaigns with their places, the newest first, after a place."""
    rows = connection.execute(
        f"{_SELECT.replace('SELECT ', 'SELECT p.change, ', 1)}"
        " WHERE :after IS NULL OR p.change < :after ORDER BY p.change DESC LIMIT :limit",
        {"after": after, "limit": limit},
    ).fetchall()
    return [(row[0], _row(row[1:])) for row in rows]


def by_name(connection: sqlite3.Connection, name: str) -> CampaignRow | None:
    """A campaign by its name or its id."""
    row = connection.execute(f"{_SELECT} WHERE ? IN (p.name, p.id)", (name,)).fetchone()
    return _row(row) if row else None


def _row(row: tuple[str, str, str, str, str]) -> CampaignRow:
    identity, name, brief, at, actor = row
    return CampaignRow(identity, name, json.loads(brief), at, actor)


def delete(connection: sqlite3.Connection, campaign: str, change: Change) -> list[str]:
    """Delete a campaign, its jobs and verdicts, and pictures that no other job has.

    The files of those pictures are returned. Prompts kept from it say no more than they said.
    """
    record(connection, change, "delete", f"campaign {campaign}")
    mine = "SELECT t.image FROM tasks t JOIN jobs j ON j.id = t.job WHERE j.campaign = ?"
    images = [row[0] for row in connection.execute(mine, (campaign,)) if row[0]]
    for statement in (
        "DELETE FROM verdicts WHERE campaign = ?",
        "DELETE FROM tasks WHERE job IN (SELECT id FROM jobs WHERE campaign = ?)",
        "DELETE FROM jobs WHERE campaign = ?",
        "DELETE FROM campaigns WHERE id = ?",
    ):
        connection.execute(statement, (campaign,))
    rows = connection.execute(
        "DELETE FROM images WHERE id IN (SELECT value FROM json_each(?))"
        " AND id NOT IN (SELECT image FROM tasks WHERE image IS NOT NULL)"
        " AND id NOT IN (SELECT image FROM verdicts) RETURNING file",
        (json_list(images),),
    ).fetchall()
    return [row[0] for row in rows if row[0]]


def judge(connection: sqlite3.Connection, campaign: str, verdict: Verdict) -> None:
    """Note a verdict; it stands in place of the reviewer's last on that picture."""
    connection.execute(
        "INSERT INTO verdicts (campaign, image, reviewer, keep, rating, note, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (campaign, verdict.image, verdict.reviewer, verdict.keep, verdict.rating, verdict.note,
         verdict.at),
    )  # fmt: skip


def undo(connection: sqlite3.Connection, campaign: str, reviewer: str) -> Verdict | None:
    """Take back a reviewer's last verdict: what stands of that picture now; None: there was none.

    Where nothing stands of it any more, the verdict returned is empty.
    """
    rows = connection.execute(
        "UPDATE verdicts SET undone = 1 WHERE id = (SELECT max(id) FROM verdicts"
        " WHERE campaign = ? AND reviewer = ? AND NOT undone) RETURNING image",
        (campaign, reviewer),
    ).fetchall()
    if not rows:
        return None
    image = rows[0][0]
    standing = verdicts(connection, campaign, reviewer=reviewer, image=image)
    return standing[0] if standing else Verdict(image, reviewer)


def verdicts(
    connection: sqlite3.Connection,
    campaign: str,
    *,
    reviewer: str | None = None,
    image: str | None = None,
) -> list[Verdict]:
    """What stands: the last verdict of each reviewer on each picture."""
    rows = connection.execute(
        "SELECT image, reviewer, keep, rating, note, at FROM verdicts WHERE id IN ("
        " SELECT max(id) FROM verdicts WHERE campaign = :campaign AND NOT undone"
        " AND (:reviewer IS NULL OR reviewer = :reviewer) AND (:image IS NULL OR image = :image)"
        " GROUP BY reviewer, image) ORDER BY reviewer, image",
        {"campaign": campaign, "reviewer": reviewer, "image": image},
    )
    return [
        Verdict(image, who, None if keep is None else bool(keep), rating, note, at)
        for image, who, keep, rating, note, at in rows
    ]
