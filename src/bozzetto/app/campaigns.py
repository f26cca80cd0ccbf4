"""What hangs below the assistant as `a.campaigns`: briefs, their pictures, what people said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from bozzetto.app.boards import Board, BoardItem, Campaign, Summary
from bozzetto.app.briefs import Optimize, pictures_each, possible, tasks_for
from bozzetto.app.clock import now
from bozzetto.app.drawing import Drawing, OnDraw
from bozzetto.app.handing import contact_page, contact_sheet, export, judged_items, tune
from bozzetto.app.joining import as_idea, as_kept, campaign_name
from bozzetto.app.keeping import keep, take_back
from bozzetto.app.scoring import best_first, score
from bozzetto.config import Settings
from bozzetto.errors import InputError, NotFoundError
from bozzetto.generate import plan
from bozzetto.review.agreement import agreement
from bozzetto.review.brief import brief_from
from bozzetto.review.export import Exported, missing
from bozzetto.review.tuning import Tuning
from bozzetto.review.verdicts import blind_order, standings
from bozzetto.store.campaigns import CampaignRow
from bozzetto.store.images import picture_path, thumbnail_path
from bozzetto.store.store import Store
from bozzetto.text.normalise import plain
from bozzetto.types import (
    Brief,
    Image,
    KeepReport,
    Verdict,
)

__all__ = ["UNSET", "Campaigns", "Unset"]

Unset = Literal["unset"]
UNSET: Unset = "unset"
"""What a verdict does not change."""

MOST_NOTE = 2_000
MOST_REVIEWER = 80

SHOWN = 4
"""Pictures that a list shows of a campaign."""


class Campaigns:
    """Campaigns of a home."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        drawing: Drawing,
        optimize: Optimize,
        embed: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._store = store
        self._drawing = drawing
        self._optimize = optimize
        self._embed = embed

    # From a brief to pictures

    def run(
        self,
        brief: Brief,
        *,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Campaign:
        """Write and draw a campaign, or what is left of it: run again, it goes on.

        Raises:
            InputError: another brief has that name, or an idea or a size is wrong.
            SetupError: the chat model or the image back end is not set up.
        """
        row = self.begin(brief)
        for _ in self.write(row.name):
            pass
        self.resume(row.name, on_event=on_event, stopped=stopped)
        return self.show(row.name)

    def begin(self, brief: Brief) -> CampaignRow:
        """The campaign of a brief, new or the same again; nothing is written or drawn yet.

        Raises:
            InputError: another brief has that name, or this one cannot be met.
            NotFoundError: there is no such profile.
            SetupError: the image back end is not set up.
        """
        self._drawing.open(brief.images or self._settings.images)
        brief = replace(brief, name=campaign_name(brief.name))
        if not self._store.boards.find(brief.name):
            possible(brief, self._settings)
        kept = as_kept(brief)
        return self._store.boards.add(brief.name, kept, actor=self._settings.actor, now=now())

    def write(self, name: str) -> Iterator[tuple[str, str]]:
        """Write what is left of a campaign: each of its ideas, and the job that it waits in.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: an idea has nothing to see in it.
            SetupError: the chat model or the image back end is not set up.
        """
        row = self._row(name)
        brief = brief_from(row.brief)
        there = set(map(as_idea, self._store.queue.ideas(campaign=row.id)))
        for idea in dict.fromkeys(brief.ideas):
            if as_idea(idea) not in there:
                asked = tasks_for(
                    brief, row.id, idea, self._settings, self._drawing, self._optimize
                )
                self._row(row.id)  # it may have been deleted meanwhile
                yield idea, self._drawing.queue(idea, asked, row.id)

    def pictures(self, brief: Brief) -> int:
        """How many pictures a brief asks for.

        Raises:
            InputError: it cannot be met.
            NotFoundError: there is no such profile.
        """
        possible(brief, self._settings)
        return len(brief.ideas) * pictures_each(brief)

    def resume(
        self,
        name: str,
        *,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Draw what is still open of a campaign."""
        jobs = self.open_jobs(name)
        if jobs:
            self._drawing.work(jobs, on_event=on_event, stopped=stopped)

    def open_jobs(self, name: str) -> Sequence[str]:
        """The jobs of a campaign that have something left to draw, the oldest first.

        Raises:
            NotFoundError: there is no such campaign.
        """
        found = self._store.queue.jobs(campaign=self._row(name).id, limit=plan.MOST)
        return [job.id for job in reversed(found) if job.waiting + job.running]

    # Looking

    def list(self) -> Sequence[CampaignRow]:
        """Every campaign, the newest first."""
        return self._store.boards.all()

    def page(
        self, after: int | None = None, *, limit: int = 50
    ) -> tuple[Sequence[Summary], int | None]:
        """Campaigns in numbers, the newest first, after a place; the place of the next page."""
        rows = self._store.boards.page(after, limit=limit + 1)
        place = rows[limit - 1][0] if len(rows) > limit else None
        return [self._summary(row) for _, row in rows[:limit]], place

    def summary(self, name: str) -> Summary:
        """A campaign in numbers.

        Raises:
            NotFoundError: there is none of that name.
        """
        return self._summary(self._row(name))

    def _summary(self, row: CampaignRow) -> Summary:
        queue, verdicts = self._store.queue, self._store.boards.verdicts(row.id)
        jobs = queue.jobs(campaign=row.id, limit=plan.MOST)
        said = standings(sorted(queue.image_ids(campaign=row.id)), verdicts)
        kept = [image for image, one in said.items() if one.keep is True]
        return Summary(
            id=row.id,
            name=row.name,
            brief=row.brief,
            at=row.at,
            actor=row.actor,
            total=sum(job.total for job in jobs),
            waiting=sum(job.waiting for job in jobs),
            running=sum(job.running for job in jobs),
            pictures=len(said),
            kept=len(kept),
            rejected=sum(one.keep is False for one in said.values()),
            reviewers=len({verdict.reviewer for verdict in verdicts}),
            images=tuple(dict.fromkeys((*kept, *said)))[:SHOWN],
        )

    def show(self, name: str) -> Campaign:
        """A campaign as it stands.

        Raises:
            NotFoundError: there is none of that name.
        """
        row = self._row(name)
        images = tuple(self._store.queue.images(campaign=row.id))
        verdicts = tuple(self._store.boards.verdicts(row.id))
        return Campaign(
            id=row.id,
            name=row.name,
            brief=brief_from(row.brief),
            at=row.at,
            actor=row.actor,
            images=images,
            standings=tuple(standings([image.id for image in images], verdicts).values()),
            verdicts=verdicts,
            jobs=tuple(reversed(self._store.queue.jobs(campaign=row.id, limit=plan.MOST))),
            agreement=agreement(verdicts),
        )

    def board(self, name: str, *, reviewer: str | None = None, blind: bool = False) -> Board:
        """The pictures there are, as one reviewer sees them.

        Raises:
            NotFoundError: there is no such campaign.
        """
        found = self.show(name)
        who = self._reviewer(reviewer)
        own = {verdict.image: verdict for verdict in found.verdicts if verdict.reviewer == who}
        items = {
            image.id: BoardItem(image, own.get(image.id), None if blind else standing)
            for image, standing in zip(found.images, found.standings, strict=True)
            if image.state == "ok"
        }
        order = blind_order(items, reviewer=who, campaign=found.name) if blind else tuple(items)
        return Board(found.name, found.brief, who, blind, tuple(items[one] for one in order))

    def _row(self, name: str) -> CampaignRow:
        found = self._store.boards.find(plain(name))
        if found is None:
            raise NotFoundError(
                f"no campaign is called {name!r}", hint="campaign list shows their names"
            )
        return found

    def score(self, name: str, by: str) -> Sequence[Image]:
        """Have a model score the pictures of a campaign: the best first. It decides nothing.

        Raises:
            NotFoundError: there is no such campaign.
            SetupError: nobody scores under that name, or its model is not there.
        """
        images = self.show(name).images
        return best_first(
            score(self._store, images, by, timeout=self._settings.timeout, home=self._settings.home)
        )

    # Handing on

    def missing(self, name: str) -> tuple[str, ...]:
        """The ids of pictures that were made and whose files are gone or damaged."""
        return missing(self.show(name).images)

    def contact_sheet(self, name: str, path: Path) -> tuple[Path, ...]:
        """Every picture with its prompt and what was said, as a PDF or as PNG pages.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: the file ends neither in .pdf nor in .png, or cannot be written.
        """
        return contact_sheet(self.show(name), path)

    def contact_page(self, name: str, number: int) -> tuple[bytes, int]:
        """A page of the contact sheet as a PNG file, from 1; and how many there are.

        Raises:
            NotFoundError: there is no such campaign, or no such page.
        """
        return contact_page(self.show(name), number)

    def export(self, name: str, target: Path, *, only_kept: bool = False) -> Exported:
        """Pictures, prompts, manifests and a contact sheet as a folder, or as a .zip file.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: something else stands at the target.
            SetupError: the disk is full or cannot be written to.
        """
        return export(self._store, self.show(name), target, only_kept=only_kept)

    def tune(self, name: str, target: Path, **options: Any) -> Tuning:  # noqa: ANN401
        """Kept pictures with their prompts, to tune a model, as a folder or as a .zip file.

        For the options see `review.tuning.export_tuning`.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: nothing is kept, or something else stands at the target.
        """
        return tune(self.show(name), target, **options)

    def keep(self, name: str) -> KeepReport:
        """Bring what the reviewers keep into the library, rated; said again it changes nothing.

        Raises:
            NotFoundError: there is no such campaign.
        """
        found = self.show(name)
        items = judged_items(found, self._settings.home / "profiles")
        report = keep(self._store, found.name, items, actor=self._settings.actor)
        self._embed()
        return report

    def take_back(self, name: str, *, images: Sequence[str] | None = None) -> int:
        """Have the library as it was before `keep`; how many prompts that concerns.

        Raises:
            NotFoundError: there is no such campaign.
        """
        row = self._row(name)
        return take_back(self._store, row.name, images=images, actor=self._settings.actor)

    def delete(self, name: str) -> int:
        """Delete a campaign, its jobs and verdicts, and pictures that nothing else has; how many.

        What it brought into the library stays, but for the pictures.

        Raises:
            NotFoundError: there is no such campaign.
        """
        row, home = self._row(name), self._settings.home
        files = self._store.boards.delete(row.id, actor=self._settings.actor, now=now())
        for file in files:
            picture_path(home, file).unlink(missing_ok=True)
            thumbnail_path(home, file).unlink(missing_ok=True)
        return len(files)

    # Judging

    def judge(
        self,
        name: str,
        image: str,
        *,
        reviewer: str | None = None,
        keep: bool | Unset | None = UNSET,
        rating: int | Unset | None = UNSET,
        note: str | Unset = UNSET,
    ) -> Verdict:
        """Say something of a picture; what is not given stays as the reviewer last said it.

        Raises:
            NotFoundError: there is no such campaign, or no such picture in it.
            InputError: the rating is not 1-5, or a text is too long.
        """
        row, who = self._row(name), self._reviewer(reviewer)
        if rating is not None and rating != UNSET and not 1 <= rating <= 5:
            raise InputError(f"rating: {rating} is not between 1 and 5")
        if len(note) > MOST_NOTE:
            raise InputError(f"the note has {len(note):,} characters of {MOST_NOTE:,}")
        if image not in self._store.queue.image_ids(campaign=row.id):
            raise NotFoundError(
                f"no picture of {row.name!r} is called {image!r}",
                hint="campaign show lists them; one that was not made cannot be judged",
            )
        standing = self._store.boards.verdicts(row.id, reviewer=who, image=image)
        last = standing[0] if standing else Verdict(image, who)
        verdict = replace(
            last,
            keep=last.keep if keep == UNSET else keep,
            rating=last.rating if rating == UNSET else rating,
            note=last.note if note == UNSET else plain(note).strip(),
            at=now(),
        )
        self._store.boards.judge(row.id, [verdict])
        return verdict

    def undo(self, name: str, *, reviewer: str | None = None) -> Verdict | None:
        """Take back a reviewer's last verdict: what stands of that picture now, if there was one.

        Raises:
            NotFoundError: there is no such campaign.
        """
        return self._store.boards.undo(self._row(name).id, self._reviewer(reviewer))

    def _reviewer(self, name: str | None) -> str:
        """A reviewer's name; without one whoever uses the home."""
        who = (self._settings.actor if name is None else name).strip()
        if not who or len(who) > MOST_REVIEWER or not who.isprintable():
            raise InputError(
                f"reviewer: {who[:40]!r} is no name", hint=f"1 to {MOST_REVIEWER} characters"
            )
        return who
