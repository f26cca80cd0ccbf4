"""Pictures to make and pictures made, as one object below the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from bozzetto.store import images, joining
from bozzetto.store import jobs as queue
from bozzetto.store.database import Database
from bozzetto.store.entries import Change
from bozzetto.store.images import Outcome
from bozzetto.store.jobs import Claimed
from bozzetto.types import Image, ImageTask, JobInfo

__all__ = ["Queue"]


class Queue:
    """Jobs and what came of them. Every method is one transaction, as in the store."""

    def __init__(self, folder: Path, database: Database) -> None:
        self._folder = folder
        self._database = database

    def add(
        self,
        title: str,
        tasks: Sequence[ImageTask],
        *,
        campaign: str | None = None,
        actor: str,
        now: str,
    ) -> str:
        """Put pictures to make into the queue; the job's id."""
        with self._database.write() as connection:
            return queue.add(connection, title, tasks, campaign, Change(actor, now))

    def join(
        self, title: str, tasks: Sequence[ImageTask], *, campaign: str, actor: str, now: str
    ) -> str:
        """Put what a campaign does not have yet into the queue; the job's id."""
        with self._database.write() as connection:
            return joining.join(connection, title, tasks, campaign, Change(actor, now))

    def ideas(self, *, campaign: str) -> set[str]:
        """What a campaign has pictures of: ideas, and prompts without one."""
        with self._database.read() as connection:
            return joining.ideas(connection, campaign)

    def claim(
        self, owner: str, at: float, *, jobs: Sequence[str] = (), busy: Sequence[str] = ()
    ) -> Claimed | None:
        """The next task, ours for `jobs.LEASE` seconds from `at` (since 1970)."""
        with self._database.write() as connection:
            return queue.claim(connection, owner, at, jobs=jobs, busy=busy)

    def waits_until(
        self, at: float, *, jobs: Sequence[str] = (), busy: Sequence[str] = ()
    ) -> float | None:
        """When the next open task may be claimed; None where nothing is open."""
        with self._database.read() as connection:
            return queue.waits_until(connection, at, jobs, busy)

    def renew(self, owner: str, at: float, progress: dict[int, float]) -> set[int]:
        """Hold on to tasks; those that are still ours."""
        with self._database.write() as connection:
            return queue.renew(connection, owner, at, progress)

    def finish(
        self, claimed: Claimed, owner: str, outcome: Outcome, *, actor: str, now: str
    ) -> str | None:
        """Keep what came of a task, once; None where it is not ours any more."""
        with self._database.write() as connection:
            return queue.finish(connection, claimed, owner, outcome, Change(actor, now))

    def put_back(
        self,
        claimed: Claimed,
        owner: str,
        not_before: float,
        reason: str,
        *,
        begun: bool = True,
    ) -> None:
        """Let a task wait for another try; one not really begun does not count as a try."""
        with self._database.write() as connection:
            queue.put_back(connection, claimed, owner, not_before, reason, begun=begun)

    def let_go(self, owner: str, *, crashed: bool = False) -> None:
        """Give back what an owner has not finished; for one that crashed the try counts."""
        with self._database.write() as connection:
            queue.let_go(connection, owner, crashed=crashed)

    def owners(self) -> list[str]:
        """Who has tasks in hand."""
        with self._database.read() as connection:
            return queue.owners(connection)

    def cancel(self, job: str, *, actor: str, now: str) -> int:
        """Make no more of a job; how many were still open."""
        with self._database.write() as connection:
            return queue.cancel(connection, job, Change(actor, now))

    def withdraw(self, job: str) -> None:
        """Take a job out of which nothing came."""
        with self._database.write() as connection:
            queue.withdraw(connection, job)

    def retry(self, job: str, *, actor: str, now: str) -> int:
        """Let what failed or was cancelled wait again; how many."""
        with self._database.write() as connection:
            return queue.retry(connection, job, Change(actor, now))

    def jobs(
        self, *, job: str | None = None, campaign: str | None = None, limit: int = 50
    ) -> list[JobInfo]:
        """Jobs in numbers, the newest first."""
        with self._database.read() as connection:
            return queue.infos(connection, job=job, campaign=campaign, limit=limit)

    def page(
        self, after: int | None = None, *, states: Sequence[str] = (), limit: int = 50
    ) -> list[tuple[int, JobInfo]]:
        """Jobs in numbers with their places, the newest first, after a place."""
        with self._database.read() as connection:
            return queue.page(connection, after, states, limit)

    def images(self, *, job: str | None = None, campaign: str | None = None) -> list[Image]:
        """The pictures of a job or of a campaign, in the order they were asked for."""
        with self._database.read() as connection:
            return images.page(connection, self._folder, job=job, campaign=campaign)

    def labels(self, *, job: str) -> list[dict[str, str]]:
        """Where the tasks of a job stand in a grid, in their order."""
        with self._database.read() as connection:
            return joining.labels(connection, job)

    def image_ids(self, *, campaign: str) -> set[str]:
        """The ids of the pictures of a campaign."""
        with self._database.read() as connection:
            return images.ids(connection, campaign)

    def images_by_ids(self, ids: Sequence[str]) -> list[Image]:
        """The pictures of those ids that are there, in the order given."""
        with self._database.read() as connection:
            return images.by_ids(connection, self._folder, ids)

    def set_scores(self, scores: Mapping[str, Mapping[str, float]]) -> None:
        """Note a model's numbers on pictures, by id."""
        with self._database.write() as connection:
            images.set_scores(connection, scores)
