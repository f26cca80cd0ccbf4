"""What hangs below the assistant as `a.jobs`: the queue of pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bozzetto.app.clock import now
from bozzetto.app.comparing import tasks_of
from bozzetto.app.drawing import Asked, Drawing, OnDraw
from bozzetto.errors import InputError, NotFoundError
from bozzetto.generate.plan import axes_of, with_seeds
from bozzetto.store.store import Store
from bozzetto.text.normalise import plain
from bozzetto.types import Image, JobInfo, OptimizeResult

__all__ = ["Jobs"]


class Jobs:
    """Pictures that wait, are drawn, are there."""

    def __init__(self, store: Store, actor: str, drawing: Drawing) -> None:
        self._store = store
        self._actor = actor
        self._drawing = drawing

    def add(
        self,
        asked: Asked,
        *,
        prompt: str | None = None,
        candidates: Sequence[str] = (),
        again: str | None = None,
        n: int = 1,
        seed: int | None = None,
        grid: Mapping[str, Sequence[str]] | None = None,
        compare: bool = False,
        campaign: str | None = None,
    ) -> str:
        """Put into the queue what `generate` would draw at once, for `resume` to draw; its id.

        Raises:
            InputError: the prompt is empty, or a value is wrong.
            NotFoundError: there is no such candidate, picture or profile.
            SetupError: the back end lacks its key, its model or its package.
        """
        tasks = self._drawing.plan(
            asked, prompt=prompt, candidates=candidates, again=again, n=n,
            seed=0 if campaign and seed is None and not again else seed, grid=grid, compare=compare,
        )  # fmt: skip
        return self._drawing.begin(tasks, campaign)

    def add_comparison(
        self,
        written: OptimizeResult,
        asked: Asked,
        seeds: Sequence[int],
        campaign: str | None = None,
    ) -> str:
        """Put into the queue an idea, its first hit and its candidates, each with every seed.

        Raises:
            InputError: it is too many pictures.
            SetupError: the back end lacks its key, its model or its package.
        """
        return self._drawing.begin(
            with_seeds(tasks_of(self._drawing, written, asked, compare=True), seeds), campaign
        )

    def list(self, *, limit: int = 50) -> Sequence[JobInfo]:
        """Jobs in numbers, the newest first."""
        return self._store.queue.jobs(limit=limit)

    def page(
        self, place: int | None = None, *, states: Sequence[str] = (), limit: int = 50
    ) -> tuple[Sequence[JobInfo], int | None]:
        """A page of jobs, the newest first, and the place of the next one, None after the last.

        What is added meanwhile moves no job from one page to another.
        """
        found = self._store.queue.page(place, states=states, limit=limit + 1)
        page = found[:limit]
        return [info for _, info in page], page[-1][0] if len(found) > limit else None

    def show(self, job: str) -> tuple[JobInfo, Sequence[Image]]:
        """A job and what came of it so far.

        Raises:
            NotFoundError: there is none of that id.
        """
        return self._info(job), self._drawing.images(job)

    def _info(self, job: str) -> JobInfo:
        found = self._store.queue.jobs(job=plain(job))
        if not found:
            raise NotFoundError(f"no job is called {job!r}", hint="jobs list shows ids")
        return found[0]

    def sheet(self, job: str) -> bytes:
        """The grid of a job as one labelled picture, a PNG file, as far as it is drawn.

        Raises:
            NotFoundError: there is none of that id.
            InputError: the job is no grid, or too large for a sheet.
        """
        from bozzetto.review.sheet import grid_sheet

        info, images = self.show(job)
        axes = axes_of(self._store.queue.labels(job=info.id))
        if not axes:
            raise InputError(f"the job {job!r} is no grid", hint="generate with a grid makes one")
        return grid_sheet(images, *axes.items(), title=info.title)

    def comparison(self, job: str) -> bytes:
        """The prompts of a job side by side, a row a seed, as a PNG file, as far as it is drawn.

        Raises:
            NotFoundError: there is none of that id.
            InputError: nothing is drawn yet, or it is too much for a sheet.
        """
        from bozzetto.review.sheet import compare_columns, compare_sheet

        info, images = self.show(job)
        if not images:
            raise InputError(f"nothing is drawn yet of the job {job!r}", hint="jobs resume draws")
        named = {image.lineage.candidate for image in images} - {None}
        kept = [self._store.candidate(one) for one in sorted(filter(None, named))]
        phrases = {one.candidate.id: one.candidate.phrases for one in kept if one}
        columns, seeds = compare_columns(images, phrases)
        return compare_sheet(columns, seeds, title=images[0].lineage.idea or info.title)

    def cancel(self, job: str) -> int:
        """Make no more of a job; what is made stays. How many were still open.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._info(job)
        return self._store.queue.cancel(job, actor=self._actor, now=now())

    def retry(self, job: str) -> int:
        """Let what failed or was cancelled wait again; `resume` draws it. How many.

        Raises:
            NotFoundError: there is none of that id.
        """
        self._info(job)
        return self._store.queue.retry(job, actor=self._actor, now=now())

    def resume(
        self,
        job: str | None = None,
        *,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """Draw what is still open, of one job or of all; what others draw is left to them.

        Raises:
            NotFoundError: there is none of that id.
            SetupError: a back end is not set up, or the disk is full; what is left waits.
        """
        if job is not None:
            self._info(job)
        self._drawing.work((job,) if job else (), on_event=on_event, stopped=stopped)
