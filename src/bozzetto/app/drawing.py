"""Pictures in a home: what is asked for, put into the queue, drawn, and found again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bozzetto.app.bridge import run
from bozzetto.app.clock import now
from bozzetto.app.joining import as_kept, brief_for, campaign_name
from bozzetto.app.parts import open_images
from bozzetto.app.workers import at_work, free_dead
from bozzetto.app.writeout import write_whole
from bozzetto.config import Settings
from bozzetto.errors import InputError, NotFoundError, SetupError
from bozzetto.generate import plan
from bozzetto.generate.worker import Bench, Worker
from bozzetto.ports import ImageGenerator
from bozzetto.profiles import load as load_profile
from bozzetto.store.candidates import KeptCandidate
from bozzetto.store.store import Store
from bozzetto.text.normalise import plain
from bozzetto.types import DrawEvent, GenerateResult, Image, ImageRequest, ImageTask, Lineage

__all__ = ["Asked", "Drawing", "OnDraw"]

OnDraw = Callable[[DrawEvent], None]
MOST_PROMPT = 20_000
"""Characters of a prompt."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How pictures are to be made, beside their prompts; None leaves it to settings or back end."""

    images: str | None = None
    size: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    model: str | None = None
    profile: str | None = None
    negative: str | None = None


class Drawing:
    """The part of the assistant that has pictures made."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings = settings
        self._store = store
        self.sheets = settings.home / "sheets"
        """Where sheets lie that are asked for without a place."""

    def task(self, prompt: str, asked: Asked, lineage: Lineage | None = None) -> ImageTask:
        """A picture of a prompt, seed 0.

        Raises:
            InputError: the prompt is empty or too long, or the size is none.
            NotFoundError: there is no such profile.
        """
        if not plain(prompt).strip():
            raise InputError("the prompt is empty", hint="say what is to be drawn")
        if len(prompt) > MOST_PROMPT:
            raise InputError(f"the prompt has {len(prompt):,} characters of {MOST_PROMPT:,}")
        if asked.guidance is not None:
            plan.check_guidance(asked.guidance)
        name = asked.profile or self._settings.profile
        profile = load_profile(name, self._settings.home / "profiles")
        width, height = plan.read_size(asked.size or profile.sizes[0])
        request = ImageRequest(
            prompt=plain(prompt),
            negative=plain(asked.negative or "") or None,
            steps=asked.steps,
            guidance=asked.guidance,
            sampler=plain(asked.sampler or "") or None,
            width=width,
            height=height,
            model=plain(asked.model or "") or None,
            profile=profile.name,
            images=asked.images or self._settings.images,
        )
        return ImageTask(request, lineage or Lineage())

    def of_candidate(self, identity: str, asked: Asked) -> ImageTask:
        """A picture of a kept candidate, with its profile, size and negative prompt.

        Raises:
            NotFoundError: nothing is kept under that id.
        """
        return self.of_kept(self._kept(identity), asked)

    def _kept(self, identity: str) -> KeptCandidate:
        kept = self._store.candidate(identity)
        if kept is None:
            raise NotFoundError(
                f"no candidate is called {identity!r}",
                hint="optimize shows ids; those written with --no-save are not kept",
            )
        return kept

    def compared(self, identities: Sequence[str], asked: Asked) -> Iterator[ImageTask]:
        """Pictures of kept candidates; before the first of an idea, those it is compared with.

        These are of the idea as it was typed, and of the hit that was picked first, or the best.

        Raises:
            NotFoundError: nothing is kept under one of the ids.
        """
        told: set[str] = set()
        for kept in map(self._kept, identities):
            task = self.of_kept(kept, asked)
            if kept.idea not in told:
                told.add(kept.idea)
                hits = self._store.by_ids(kept.hits)
                hit = next(((one.id, one.text, one.negative) for one in hits), None)
                yield from plan.before(task, kept.idea, hit)
            yield task

    def of_kept(self, kept: KeptCandidate, asked: Asked) -> ImageTask:
        """A picture of a kept candidate."""
        candidate = kept.candidate
        own = kept.settings.get("own_profile") or candidate.profile
        whole = replace(
            asked,
            profile=asked.profile or own,
            size=asked.size or candidate.size,
            negative=asked.negative or candidate.negative,
        )
        sources = {phrase.source for phrase in candidate.phrases} | set(candidate.references)
        hits = tuple(hit for hit in kept.hits if hit in sources)
        return self.task(
            candidate.prompt, whole, Lineage("candidate", kept.idea, candidate.id, hits)
        )

    def again(self, identity: str) -> ImageTask:
        """The request of a picture, once more.

        Raises:
            NotFoundError: there is no such picture.
        """
        found = self._store.queue.images_by_ids([identity])
        if not found:
            raise NotFoundError(f"no picture is called {identity!r}", hint="jobs show lists them")
        return ImageTask(found[0].request, found[0].lineage, found[0].labels)

    def plan(
        self,
        asked: Asked,
        *,
        prompt: str | None,
        candidates: Sequence[str],
        again: str | None,
        n: int,
        seed: int | None,
        grid: Mapping[str, Sequence[str]] | None,
        compare: bool = False,
    ) -> Sequence[ImageTask]:
        """The pictures that one call asks for; to `compare`, idea and hit before the candidates.

        Raises:
            InputError: not one of prompt, candidates and again is named, or a value is wrong.
            NotFoundError: there is no such candidate, picture or profile.
        """
        if prompt is None and not candidates and grid:
            prompt = next(iter(grid.get("prompt", ())), None)
        if (prompt is not None) + bool(candidates) + (again is not None) != 1:
            raise InputError("name one: a prompt, candidates, or a picture to make again")
        if again is not None:
            if asked != Asked() or grid or seed is not None or n != 1 or compare:
                raise InputError(
                    "a picture's request is made again as it was", hint="leave other options out"
                )
            return (self.again(again),)
        prompts = (grid or {}).get("prompt", ())
        if prompts and prompt not in (None, *prompts):
            raise InputError(
                "a grid over prompts has its prompts from the axis",
                hint="leave the other prompt out, or name it among them",
            )
        if not 1 <= n <= plan.MOST:
            raise InputError(f"n: {n} is not between 1 and {plan.MOST}")
        if compare and (grid or not candidates):
            raise InputError("candidates are compared", hint="name one, and no grid")
        tasks = self._tasks(asked, prompt, candidates, compare=compare)
        if grid and len(tasks) > 1:
            raise InputError("a grid is of one candidate", hint="name one, or leave --grid out")
        first = random.randrange(plan.LARGEST_SEED - n) if seed is None else seed
        seeded = plan.with_seeds(tasks, range(first, first + n))
        return plan.grid(seeded[0], grid) if grid else seeded

    def _tasks(
        self, asked: Asked, prompt: str | None, candidates: Sequence[str], *, compare: bool
    ) -> Sequence[ImageTask]:
        if prompt is not None:
            return [self.task(prompt, asked)]
        named = list(dict.fromkeys(candidates))
        if compare:
            return list(self.compared(named, asked))
        return [self.of_candidate(one, asked) for one in named]

    def generate(
        self,
        tasks: Sequence[ImageTask],
        grid: Mapping[str, Sequence[str]] | None,
        *,
        campaign: str | None = None,
        on_event: OnDraw | None,
        stopped: Callable[[], bool],
    ) -> GenerateResult:
        """Draw tasks as a job of their own, and wait until it is over.

        Where the back end turns out not to be set up, a job of which nothing was made goes.
        """
        job = self.begin(tasks, campaign)
        try:
            self.work((job,), on_event=on_event, stopped=stopped)
        except SetupError:
            self._store.queue.withdraw(job)
            raise
        sheet = str(self.sheet(job, grid)) if grid else None
        images = self._joined(job, tasks) if campaign else self.images(job)
        return GenerateResult(job, images, len(tasks), sheet)

    def _joined(self, job: str, tasks: Sequence[ImageTask]) -> tuple[Image, ...]:
        """The pictures of some tasks in the campaign of a job; some may be of earlier jobs."""
        (info,) = self._store.queue.jobs(job=job)
        wanted = {task.request for task in tasks}
        found = self._store.queue.images(campaign=info.campaign)
        return tuple(image for image in found if image.request in wanted)

    def begin(self, tasks: Sequence[ImageTask], campaign: str | None = None) -> str:
        """Put tasks into the queue as a job called by the first of their prompts; its id.

        In a `campaign`, by name, only those that it does not have yet; where nothing is called
        so, it is made.

        Raises:
            InputError: the campaign's name is none.
            SetupError: a back end lacks a package, a key or a model; nothing is queued.
        """
        title = " ".join(tasks[0].request.prompt.split())[:80]
        if campaign is None:
            return self.queue(title, tasks)
        name, who = campaign_name(campaign), self._settings.actor
        self._open_all(tasks)
        brief = as_kept(brief_for(name, tasks))
        row = self._store.boards.begin(name, brief, actor=who, now=now())
        return self._store.queue.join(title, tasks, campaign=row.id, actor=who, now=now())

    def queue(self, title: str, tasks: Sequence[ImageTask], campaign: str | None = None) -> str:
        """Put tasks into the queue; the job's id.

        Raises:
            SetupError: a back end lacks a package, a key or a model; nothing is queued.
        """
        self._open_all(tasks)
        return self._store.queue.add(
            title, tasks, campaign=campaign, actor=self._settings.actor, now=now()
        )

    def _open_all(self, tasks: Sequence[ImageTask]) -> None:
        for name in dict.fromkeys(task.request.images for task in tasks):
            self.open(name)

    def open(self, name: str) -> ImageGenerator:
        """The image generator of a name."""
        return open_images(name, timeout=self._settings.timeout, home=self._settings.home)

    def work(
        self,
        jobs: Sequence[str] = (),
        *,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Draw what is open, of these jobs or of all.

        Raises:
            SetupError: a back end is not set up, or the disk is full; what is left waits.
        """
        folder = self._settings.home
        free_dead(folder, self._store.queue)
        with at_work(folder) as owner:
            bench = Bench(
                queue=self._store.queue,
                folder=folder,
                open_images=self.open,
                owner=owner,
                actor=self._settings.actor,
                clock=time.time,
                stamp=now,
                hear=on_event or (lambda _: None),
                stopped=stopped,
            )
            run(Worker(bench).run(jobs))

    def images(self, job: str) -> tuple[Image, ...]:
        """What came of a job."""
        return tuple(self._store.queue.images(job=job))

    def sheet(self, job: str, axes: Mapping[str, Sequence[str]]) -> Path:
        """The grid of a job as one labelled picture; its file."""
        from bozzetto.review.sheet import grid_sheet

        (rows, *more) = axes.items()
        data = grid_sheet(self.images(job), rows, more[0] if more else None)
        return write_whole(self.sheets / f"{job}.png", data)
