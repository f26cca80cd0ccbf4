"""Pictures that join a campaign: what it does not have yet of some."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Container, Sequence
from itertools import count

from bozzetto.store.entries import Change
from bozzetto.store.images import task_columns
from bozzetto.store.jobs import add
from bozzetto.types import ImageTask

__all__ = ["ideas", "join", "labels"]


def join(
    connection: sqlite3.Connection,
    title: str,
    tasks: Sequence[ImageTask],
    campaign: str,
    change: Change,
) -> str:
    """Put the tasks that a campaign does not have yet into the queue as a job; its id.

    Where it has them all, the id is that of the job with the first of them. What failed or was
    cancelled it does not have.
    """
    there = _there(connection, campaign)
    new = [task for task in tasks if task_columns(task)[:2] not in there]
    if not new:
        return there[task_columns(tasks[0])[:2]]
    rows = connection.execute("SELECT title FROM jobs WHERE campaign = ?", (campaign,))
    return add(connection, _free(title, {row[0] for row in rows}), new, campaign, change)


def ideas(connection: sqlite3.Connection, campaign: str) -> set[str]:
    """What a campaign has pictures of, made or to be made: ideas, and prompts without one."""
    rows = connection.execute(
        "SELECT title FROM jobs WHERE campaign = :campaign UNION"
        " SELECT coalesce(json_extract(t.lineage, '$.idea'), json_extract(t.request, '$.prompt'))"
        " FROM tasks t JOIN jobs j ON j.id = t.job WHERE j.campaign = :campaign",
        {"campaign": campaign},
    )
    return {row[0] for row in rows}


def labels(connection: sqlite3.Connection, job: str) -> list[dict[str, str]]:
    """The labels of a job's tasks, in their order."""
    rows = connection.execute("SELECT labels FROM tasks WHERE job = ? ORDER BY position", (job,))
    return [json.loads(row[0]) for row in rows]


def _there(connection: sqlite3.Connection, campaign: str) -> dict[tuple[str, str], str]:
    """The jobs of a campaign by request and lineage of what they draw, or drew."""
    rows = connection.execute(
        "SELECT t.request, t.lineage, t.job FROM tasks t JOIN jobs j ON j.id = t.job"
        " LEFT JOIN images i ON i.id = t.image WHERE j.campaign = ? AND t.state != 'cancelled'"
        " AND NOT (t.state = 'done' AND coalesce(i.state, 'failed') = 'failed')",
        (campaign,),
    )
    return {(request, lineage): job for request, lineage, job in rows}


def _free(title: str, taken: Container[str]) -> str:
    """A title that no job of the campaign has: such jobs are told apart by it."""
    if title not in taken:
        return title
    return next(found for n in count(2) if (found := f"{title} ({n})") not in taken)
