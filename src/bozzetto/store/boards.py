"""Campaigns and verdicts, as one object below the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bozzetto.errors import DataError, InputError
from bozzetto.store import campaigns
from bozzetto.store.campaigns import CampaignRow
from bozzetto.store.database import Database
from bozzetto.store.entries import Change
from bozzetto.types import Verdict

__all__ = ["Boards"]


class Boards:
    """Campaigns with the verdicts of their reviewers. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, brief: Mapping[str, Any], *, actor: str, now: str) -> CampaignRow:
        """Keep a campaign; the same again is the one that is there.

        Raises:
            InputError: another brief has that name.
        """
        found = self.begin(name, brief, actor=actor, now=now)
        if dict(found.brief) != dict(brief):
            raise InputError(
                f"there is a campaign called {name!r}", hint="give this one another name"
            )
        return found

    def begin(self, name: str, brief: Mapping[str, Any], *, actor: str, now: str) -> CampaignRow:
        """The campaign of a name, whatever its brief; made with this one where there is none."""
        with self._database.write() as connection:
            if not campaigns.by_name(connection, name):
                campaigns.add(connection, name, brief, Change(actor, now))
            found = campaigns.by_name(connection, name)
        if found is None:
            raise DataError(f"the campaign {name!r} was not kept")
        return found

    def all(self) -> list[CampaignRow]:
        """Every campaign, the newest first."""
        with self._database.read() as connection:
            return campaigns.all_of(connection)

    def page(self, after: int | None, *, limit: int) -> list[tuple[int, CampaignRow]]:
        """Campaigns with their places, the newest first, after a place."""
        with self._database.read() as connection:
            return campaigns.page(connection, after, limit)

    def find(self, name: str) -> CampaignRow | None:
        """A campaign by its name or id."""
        with self._database.read() as connection:
            return campaigns.by_name(connection, name)

    def delete(self, campaign: str, *, actor: str, now: str) -> list[str]:
        """Delete a campaign with its jobs and verdicts; the files that no picture has any more."""
        with self._database.write() as connection:
            return campaigns.delete(connection, campaign, Change(actor, now))

    def judge(self, campaign: str, verdicts: Sequence[Verdict]) -> None:
        """Note verdicts, each in place of that reviewer's last on that picture."""
        with self._database.write() as connection:
            for verdict in verdicts:
                campaigns.judge(connection, campaign, verdict)

    def undo(self, campaign: str, reviewer: str) -> Verdict | None:
        """Take back a reviewer's last verdict: what stands now of that picture."""
        with self._database.write() as connection:
            return campaigns.undo(connection, campaign, reviewer)

    def verdicts(
        self, campaign: str, *, reviewer: str | None = None, image: str | None = None
    ) -> list[Verdict]:
        """The verdicts that stand."""
        with self._database.read() as connection:
            return campaigns.verdicts(connection, campaign, reviewer=reviewer, image=image)
