"""What hangs below the assistant as `a.campaigns`: briefs, their pictures, what people said."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from bozzetto.app.boards import Board, BoardItem, Campaign
from bozzetto.app.clock import now
from bozzetto.app.comparing import tasks_of
from bozzetto.app.drawing import Asked, Drawing, OnDraw
from bozzetto.app.handing import contact_sheet, export, judged_items
from bozzetto.app.joining import as_kept, campaign_name
from bozzetto.app.keeping import keep, take_back
from bozzetto.app.scoring import best_first, score
from bozzetto.app.writeout import write_whole
from bozzetto.config import Settings
from bozzetto.errors import InputError, NotFoundError
from bozzetto.generate import plan
from bozzetto.profiles import load as load_profile
from bozzetto.review.agreement import agreement
from bozzetto.review.brief import brief_from
from bozzetto.review.export import Exported, missing
from bozzetto.review.tuning import Tuning, export_tuning
from bozzetto.review.verdicts import blind_order, standings
from bozzetto.store.campaigns import CampaignRow
from bozzetto.store.images import picture_path, thumbnail_path
from bozzetto.store.store import Store
from bozzetto.text.normalise import plain
from bozzetto.text.words import words
from bozzetto.types import (
    Brief,
    Image,
    ImageTask,
    KeepReport,
    OptimizeResult,
    Verdict,
    Wishes,
)

__all__ = ["UNSET", "Campaigns", "Unset"]

Unset = Literal["unset"]
UNSET: Unset = "unset"
"""What a verdict does not change."""

MOST_NOTE = 2_000
MOST_REVIEWER = 80

Optimize = Callable[..., OptimizeResult]


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
        self._drawing.open(brief.images or self._settings.images)
        brief = replace(brief, name=campaign_name(brief.name))
        row = self._begin(brief)
        there = {job.title for job in self._store.queue.jobs(campaign=row.id, limit=plan.MOST)}
        for idea in dict.fromkeys(brief.ideas):
            if idea not in there:
                self._drawing.queue(idea, self._tasks(brief, row, idea), row.id)
        self.resume(row.name, on_event=on_event, stopped=stopped)
        return self.show(row.name)

    def _begin(self, brief: Brief) -> CampaignRow:
        """The campaign of a brief, new or the same again."""
        if not self._store.boards.find(brief.name):
            self._tasks_possible(brief)
        return self._store.boards.add(
            brief.name, as_kept(brief), actor=self._settings.actor, now=now()
        )

    def pictures(self, brief: Brief) -> int:
        """How many pictures a brief asks for."""
        return len(brief.ideas) * _each(brief)

    def _tasks_possible(self, brief: Brief) -> None:
        """Whether the brief can be met, before anything is kept."""
        each = _each(brief)
        if each > plan.MOST:
            raise InputError(
                f"{each:,} pictures an idea; at most {plan.MOST:,} are made",
                hint="fewer candidates, seeds or sizes",
            )
        both = {one.casefold() for one in brief.must} & {one.casefold() for one in brief.never}
        if both:
            raise InputError(f"the brief wants and forbids {', '.join(sorted(both))!r}")
        load_profile(brief.profile or self._settings.profile, self._settings.home / "profiles")
        for idea in brief.ideas:
            if not words(idea):
                raise InputError(f"the idea {idea[:60]!r} holds no word")

    def _tasks(self, brief: Brief, row: CampaignRow, idea: str) -> Sequence[ImageTask]:
        """The pictures of one idea: every prompt in every size with every seed."""
        written = self._optimize(
            idea,
            n=brief.n,
            wishes=Wishes(avoid=brief.never),
            profile=self._profile(brief, row),
            chat=brief.chat,
            seed=brief.seed,
        )
        tasks = [
            task
            for size in brief.sizes or (None,)
            for task in tasks_of(self._drawing, written, _asked(brief, size), compare=brief.compare)
        ]
        return plan.with_seeds(tasks, range(brief.seed, brief.seed + brief.seeds))

    def _profile(self, brief: Brief, row: CampaignRow) -> str | None:
        """The profile to write with: one of the campaign's own where the brief asks for more."""
        if not (brief.must or brief.never or brief.audience):
            return brief.profile
        name = brief.profile or self._settings.profile
        base = load_profile(name, self._settings.home / "profiles")
        said = (f"The pictures are for: {brief.audience}",) if brief.audience else ()
        lists = {
            "guidelines": (*base.guidelines, *said),
            "banned": (*base.banned, *brief.never),
            "required": (*base.required, *brief.must),
        }
        whole = str(Path(name).expanduser().absolute()) if name.endswith(".toml") else name
        texts = {"name": base.name, "extends": whole}
        lines = [f"{key} = {_toml(value)}" for key, value in (texts | lists).items()]
        path = self._settings.home / "campaigns" / f"{row.id}.toml"
        return str(write_whole(path, ("\n".join(lines) + "\n").encode()))

    def resume(
        self,
        name: str,
        *,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Draw what is still open of a campaign."""
        row = self._row(name)
        found = self._store.queue.jobs(campaign=row.id, limit=plan.MOST)
        jobs = [job.id for job in found if job.waiting + job.running]
        if jobs:
            self._drawing.work(jobs, on_event=on_event, stopped=stopped)

    # Looking

    def list(self) -> Sequence[CampaignRow]:
        """Every campaign, the newest first."""
        return self._store.boards.all()

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
        return best_first(score(self._store, images, by, timeout=self._settings.timeout))

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

    def export(self, name: str, target: Path, *, only_kept: bool = False) -> Exported:
        """Pictures, prompts, manifests and a contact sheet as a folder, or as a .zip file.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: something else stands at the target.
            SetupError: the disk is full or cannot be written to.
        """
        return export(self._store, self.show(name), target, only_kept=only_kept)

    def tune(self, name: str, folder: Path, **options: Any) -> Tuning:  # noqa: ANN401
        """Kept pictures with their prompts, to tune a model; see `review.tuning.export_tuning`.

        Raises:
            NotFoundError: there is no such campaign.
            InputError: nothing is kept, or the folder is not empty.
        """
        found = self.show(name)
        return export_tuning(folder, found.images, found.verdicts, **options)

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


def _each(brief: Brief) -> int:
    """How many pictures of each idea."""
    return (brief.n + 2 * brief.compare) * brief.seeds * max(1, len(brief.sizes))


def _asked(brief: Brief, size: str | None) -> Asked:
    return Asked(
        images=brief.images,
        size=size,
        steps=brief.steps,
        guidance=brief.guidance,
        sampler=brief.sampler,
        model=brief.model,
    )


def _toml(value: str | Sequence[str]) -> str:
    """A text or a list of texts as TOML."""
    if not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    plain = {'"': '\\"', "\\": "\\\\"}
    return (
        '"'
        + "".join(
            plain.get(c) or (c if c.isprintable() or c == " " else f"\\U{ord(c):08x}")
            for c in value
        )
        + '"'
    )
