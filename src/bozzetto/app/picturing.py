"""The assistant's verbs that end in pictures, and what hangs below it for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from bozzetto.config import Settings
from bozzetto.store.store import Store
from bozzetto.types import GenerateResult, OptimizeResult

if TYPE_CHECKING:  # a search has no need to load what draws
    from bozzetto.app.campaigns import Campaigns
    from bozzetto.app.comparing import Comparison
    from bozzetto.app.drawing import Drawing, OnDraw
    from bozzetto.app.jobs import Jobs

__all__ = ["Picturing"]


class Picturing:
    """What an assistant draws: prompts, candidates, comparisons, campaigns."""

    settings: Settings
    _store: Store
    optimize: Callable[..., OptimizeResult]
    embed: Callable[[], None]

    def generate(
        self,
        prompt: str | None = None,
        *,
        candidate: str | Sequence[str] = (),
        again: str | None = None,
        n: int = 1,
        seed: int | None = None,
        grid: Mapping[str, Sequence[str]] | None = None,
        images: str | None = None,
        size: str | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        sampler: str | None = None,
        model: str | None = None,
        profile: str | None = None,
        negative: str | None = None,
        compare: bool = False,
        campaign: str | None = None,
        on_event: OnDraw | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> GenerateResult:
        """Draw a prompt, kept candidates, or a picture's request again, each with n seeds.

        Without a `seed` the first is random. A `grid` maps one or two of prompt, seed, steps,
        guidance and sampler to values, and gives one labelled sheet. To `compare`, the idea of
        the candidates and their hit are drawn too, with the same seeds. The pictures join the
        board of a `campaign`, which is made where none has that name; what it has already is not
        drawn again, and seeds begin with 0. What is drawn is kept as it comes; where it was cut
        short, `jobs.resume` goes on.

        Raises:
            InputError: the prompt is empty, or a value is wrong; nothing is drawn.
            NotFoundError: there is no such candidate, picture or profile.
            SetupError: the back end lacks its key, its model or its package.
        """
        from bozzetto.app.drawing import Asked

        asked = Asked(images, size, steps, guidance, sampler, model, profile, negative)
        named = (candidate,) if isinstance(candidate, str) else tuple(candidate)
        tasks = self._drawing.plan(
            asked, prompt=prompt, candidates=named, again=again, n=n,
            seed=0 if campaign and seed is None and not again else seed, grid=grid, compare=compare,
        )  # fmt: skip
        return self._drawing.generate(
            tasks, grid, campaign=campaign, on_event=on_event, stopped=stopped
        )

    def compare(
        self,
        idea: str,
        *,
        folder: Path | None = None,
        pick: Sequence[str] = (),
        n: int | None = None,
        seeds: int = 2,
        seed: int = 0,
        profile: str | None = None,
        chat: str | None = None,
        images: str | None = None,
        size: str | None = None,
        steps: int | None = None,
        campaign: str | None = None,
        on_event: OnDraw | None = None,
    ) -> Comparison:
        """Draw an idea as typed, its picked or best hit, and n candidates, with the same seeds.

        One sheet (compare.png) and one page (compare.html) are written into the folder, which
        is the job's own in the home where none is named. With a `campaign` as in `generate`.

        Raises:
            InputError: the idea holds no word, or a value is wrong.
            NotFoundError: a picked id or the profile does not exist.
            SetupError: a back end is not set up.
        """
        from bozzetto.app.comparing import compare
        from bozzetto.app.drawing import Asked

        self._drawing.open(images or self.settings.images)
        written = self.optimize(idea, n=n, pick=pick, profile=profile, chat=chat, seed=seed)
        wanted = range(seed, seed + seeds)
        asked = Asked(images, size, steps)
        return compare(
            self._drawing, written, asked, wanted, folder, campaign=campaign, on_event=on_event
        )

    @cached_property
    def _drawing(self) -> Drawing:
        from bozzetto.app.drawing import Drawing

        return Drawing(self.settings, self._store)

    @cached_property
    def jobs(self) -> Jobs:
        """The queue of pictures."""
        from bozzetto.app.jobs import Jobs

        return Jobs(self._store, self.settings.actor, self._drawing)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Briefs, their pictures, what people said of them."""
        from bozzetto.app.campaigns import Campaigns

        return Campaigns(self.settings, self._store, self._drawing, self.optimize, self.embed)
