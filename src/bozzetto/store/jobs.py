"""The queue of pictures to make: claimed by lease, renewed, put back, finished once.

Times are seconds since 1970 and come from the caller. A lease that lies too far ahead was given
before the clock was set back, and has run out.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.store import images
from bozzetto.store.database import json_list
from bozzetto.store.entries import Change
from bozzetto.store.images import Outcome, read_task, task_columns
from bozzetto.store.meta import record
from bozzetto.types import ImageTask, JobInfo

__all__ = [
    "LEASE",
    "MOST_ATTEMPTS",
    "Claimed",
    "add",
    "cancel",
    "claim",
    "finish",
    "infos",
    "let_go",
    "owners",
    "page",
    "put_back",
    "renew",
    "retry",
    "waits_until",
    "withdraw",
]

LEASE = 60.0
"""Seconds for which a task belongs to whoever claimed or renewed it."""

MOST_ATTEMPTS = 4
"""Times a task is begun, those cut short by a crash included, before it counts as failed."""

_OPEN = (
    "(state = 'waiting' AND not_before <= :now"
    " OR state = 'running' AND (lease < :now OR lease > :far))"
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A task that is ours for a while; `attempts` counts this one."""

    id: int
    job: str
    position: int
    task: ImageTask
    attempts: int


def add(
    connection: sqlite3.Connection,
    title: str,
    tasks: Sequence[ImageTask],
    campaign: str | None,
    change: Change,
) -> str:
    """Put tasks into the queue as one job; its id is returned.

    A campaign has one job of a title: where it is there already, that one is meant.
    """
    there = connection.execute(
        "SELECT id FROM jobs WHERE campaign = ? AND title = ?", (campaign, title)
    ).fetchone()
    if there:
        return str(there[0])
    noted = record(connection, change, "generate", f"{len(tasks)} pictures")
    columns = [task_columns(task) for task in tasks]
    digest = hashlib.sha256(f"{noted}\n{change.now}\n{columns}".encode())
    job = digest.hexdigest()[:16]
    connection.execute(
        "INSERT INTO jobs (id, title, campaign, change) VALUES (?, ?, ?, ?)",
        (job, title, campaign, noted),
    )
    connection.executemany(
        "INSERT INTO tasks (job, position, request, lineage, labels, images)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (job, position, *three, task.request.images)
            for position, (task, three) in enumerate(zip(tasks, columns, strict=True))
        ],
    )
    return job


def claim(
    connection: sqlite3.Connection,
    owner: str,
    now: float,
    *,
    jobs: Sequence[str] = (),
    busy: Sequence[str] = (),
) -> Claimed | None:
    """The next task that waits or was left behind, for `LEASE` seconds; None where none is.

    Of `jobs`, or of all where none is named; those for the back ends in `busy` wait. Jobs are
    served in turn: of those with something to do, the one with the fewest running.
    """
    row = connection.execute(
        "UPDATE tasks SET state = 'running', owner = :owner, lease = :until,"
        " attempts = attempts + 1, progress = NULL WHERE id = ("
        f" SELECT t.id FROM tasks t JOIN jobs j ON j.id = t.job WHERE {_OPEN}"
        " AND (:jobs = '[]' OR t.job IN (SELECT value FROM json_each(:jobs)))"
        " AND t.images NOT IN (SELECT value FROM json_each(:busy)) ORDER BY"
        " (SELECT count(*) FROM tasks r WHERE r.job = t.job AND r.state = 'running'"
        "   AND r.lease >= :now),"
        " j.change, t.position LIMIT 1)"
        " RETURNING id, job, position, request, lineage, labels, attempts",
        {
            "owner": owner,
            "until": now + LEASE,
            "now": now,
            "far": now + 2 * LEASE,
            "jobs": json_list(list(jobs)),
            "busy": json_list(list(busy)),
        },
    ).fetchall()
    if not row:
        return None
    identity, job_id, position, request, lineage, labels, attempts = row[0]
    return Claimed(identity, job_id, position, read_task(request, lineage, labels), attempts)


def waits_until(
    connection: sqlite3.Connection, now: float, jobs: Sequence[str], busy: Sequence[str]
) -> float | None:
    """When the next open task may be claimed; None where nothing is open."""
    row = connection.execute(
        "SELECT min(CASE state WHEN 'waiting' THEN not_before ELSE min(lease, :most) END)"
        " FROM tasks WHERE state IN ('waiting', 'running')"
        " AND (:jobs = '[]' OR job IN (SELECT value FROM json_each(:jobs)))"
        " AND images NOT IN (SELECT value FROM json_each(:busy))",
        {"jobs": json_list(list(jobs)), "busy": json_list(list(busy)), "most": now + LEASE},
    ).fetchone()
    return None if row[0] is None else float(row[0])


def renew(
    connection: sqlite3.Connection, owner: str, now: float, progress: dict[int, float]
) -> set[int]:
    """Hold on to the tasks named, with how far each is; those that are still ours."""
    connection.executemany(
        "UPDATE tasks SET lease = ?, progress = ? WHERE id = ? AND owner = ? AND state = 'running'",
        [(now + LEASE, done, task, owner) for task, done in progress.items()],
    )
    rows = connection.execute(
        "SELECT id FROM tasks WHERE owner = ? AND state = 'running'"
        " AND id IN (SELECT value FROM json_each(?))",
        (owner, json_list(list(progress))),
    )
    return {row[0] for row in rows}


def finish(
    connection: sqlite3.Connection, claimed: Claimed, owner: str, outcome: Outcome, change: Change
) -> str | None:
    """Keep what came of a task, once: the picture's id, or None where it is ours no more."""
    row = connection.execute(
        "SELECT image, job FROM tasks WHERE id = ? AND owner = ? AND state = 'running'",
        (claimed.id, owner),
    ).fetchone()
    if row is None:
        return None
    noted = record(connection, change, "picture", claimed.job)
    image = images.save(
        connection, claimed.task, outcome, job=claimed.job, position=claimed.position, change=noted
    )
    connection.execute(
        "UPDATE tasks SET state = 'done', image = ?, owner = NULL, lease = NULL, progress = NULL,"
        " reason = ? WHERE id = ?",
        (image, outcome.reason, claimed.id),
    )
    if row[0] not in (None, image):  # the failure that was tried again
        connection.execute(
            "DELETE FROM images WHERE id = ? AND file IS NULL"
            " AND id NOT IN (SELECT image FROM verdicts)",
            (row[0],),
        )
    return image


def put_back(
    connection: sqlite3.Connection,
    claimed: Claimed,
    owner: str,
    not_before: float,
    reason: str,
    *,
    begun: bool = True,
) -> None:
    """Let a task wait for another try; `reason` says why this one came to nothing.

    One that was not really `begun` does not count as a try.
    """
    connection.execute(
        "UPDATE tasks SET state = 'waiting', owner = NULL, lease = NULL, not_before = ?,"
        " reason = ?, attempts = attempts - ? WHERE id = ? AND owner = ? AND state = 'running'",
        (not_before, reason, not begun, claimed.id, owner),
    )


def let_go(connection: sqlite3.Connection, owner: str, *, crashed: bool = False) -> None:
    """Give back what an owner has not finished; for one that crashed the try counts."""
    connection.execute(
        "UPDATE tasks SET state = 'waiting', owner = NULL, lease = NULL, progress = NULL,"
        " attempts = attempts - ? WHERE owner = ? AND state = 'running'",
        (not crashed, owner),
    )


def owners(connection: sqlite3.Connection) -> list[str]:
    """Who has tasks in hand."""
    rows = connection.execute("SELECT DISTINCT owner FROM tasks WHERE state = 'running'")
    return [row[0] for row in rows]


def cancel(connection: sqlite3.Connection, job: str, change: Change) -> int:
    """Make no more of a job; what is made stays. How many were still open is returned."""
    cursor = connection.execute(
        "UPDATE tasks SET state = 'cancelled', owner = NULL, lease = NULL, progress = NULL"
        " WHERE job = ? AND state IN ('waiting', 'running')",
        (job,),
    )
    if cursor.rowcount:
        record(connection, change, "cancel", job)
        connection.execute("UPDATE jobs SET cancelled = 1 WHERE id = ?", (job,))
    return cursor.rowcount


def withdraw(connection: sqlite3.Connection, job: str) -> None:
    """Take a job out of which nothing came; one with a picture, or a reason, stays."""
    came = "SELECT 1 FROM tasks WHERE job = ? AND image IS NOT NULL"
    if connection.execute(came, (job,)).fetchone() is None:
        connection.execute("DELETE FROM tasks WHERE job = ?", (job,))
        connection.execute("DELETE FROM jobs WHERE id = ?", (job,))


def retry(connection: sqlite3.Connection, job: str, change: Change) -> int:
    """Let what failed or was cancelled of a job wait again; how many is returned."""
    record(connection, change, "retry", job)
    connection.execute("UPDATE jobs SET cancelled = 0 WHERE id = ?", (job,))
    cursor = connection.execute(
        "UPDATE tasks SET state = 'waiting', attempts = 0, not_before = 0 WHERE job = ?"
        " AND (state = 'cancelled' OR state = 'done' AND image IN"
        " (SELECT id FROM images WHERE state = 'failed'))",
        (job,),
    )
    return cursor.rowcount


_OVER = ("done", "cancelled")

_COUNTS = (
    "SELECT j.id, j.title, j.campaign, c.at, c.actor, count(*),"
    " coalesce(sum(t.state = 'waiting'), 0), coalesce(sum(t.state = 'running'), 0),"
    " coalesce(sum(t.state = 'done' AND i.state = 'ok'), 0),"
    " coalesce(sum(t.state = 'done' AND i.state = 'filtered'), 0),"
    " coalesce(sum(t.state = 'done' AND i.state = 'failed'), 0),"
    " coalesce(sum(t.state = 'cancelled'), 0), j.cancelled,"
    " sum(t.state = 'done') + coalesce(sum(t.progress), 0), j.change"
    " FROM jobs j JOIN changes c ON c.id = j.change JOIN tasks t ON t.job = j.id"
    " LEFT JOIN images i ON i.id = t.image"
)


def infos(
    connection: sqlite3.Connection,
    *,
    job: str | None = None,
    campaign: str | None = None,
    limit: int = 50,
) -> list[JobInfo]:
    """Jobs in numbers, the newest first: one of an id, those of a campaign, or all."""
    rows = connection.execute(
        f"{_COUNTS} WHERE (:job IS NULL OR j.id = :job)"
        " AND (:campaign IS NULL OR j.campaign = :campaign)"
        " GROUP BY j.id ORDER BY j.change DESC LIMIT :limit",
        {"job": job, "campaign": campaign, "limit": limit},
    )
    return [_info(row) for row in rows]


_STATE = (
    "CASE WHEN sum(t.state = 'running') THEN 'running' WHEN sum(t.state = 'waiting') THEN 'waiting'"
    " WHEN j.cancelled THEN 'cancelled' ELSE 'done' END"
)


def page(
    connection: sqlite3.Connection, after: int | None, states: Sequence[str], limit: int
) -> list[tuple[int, JobInfo]]:
    """Jobs in numbers with their places, the newest first, after a place; of some states or all.

    A job keeps its place, and those added later come before all places there are.
    """
    rows = connection.execute(
        f"{_COUNTS} WHERE j.change < :after GROUP BY j.id"
        f" HAVING NOT :some OR {_STATE} IN (SELECT value FROM json_each(:states))"
        " ORDER BY j.change DESC LIMIT :limit",
        {
            "after": _NEWEST if after is None else after,
            "some": bool(states),
            "states": json_list(list(states)),
            "limit": limit,
        },
    )
    return [(row[-1], _info(row)) for row in rows]


_NEWEST = 2**63 - 1


def _info(row: tuple[Any, ...]) -> JobInfo:
    identity, title, campaign, at, actor, total = row[:6]
    waiting, running, ok, filtered, failed, cancelled, stopped, done, _ = row[6:]
    return JobInfo(
        id=identity,
        title=title,
        state="running" if running else "waiting" if waiting else _OVER[stopped],
        total=total,
        waiting=waiting,
        running=running,
        ok=ok,
        filtered=filtered,
        failed=failed,
        cancelled=cancelled,
        done=min(1.0, done / total),
        campaign=campaign,
        at=at,
        actor=actor,
    )
