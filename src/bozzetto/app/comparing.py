"""Original, found and optimized prompts drawn side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bozzetto.app.drawing import Asked, Drawing, OnDraw
from bozzetto.app.writeout import make_folder, write_whole
from bozzetto.generate import plan
from bozzetto.review.page import compare_page
from bozzetto.review.sheet import compare_columns, compare_sheet
from bozzetto.types import (
    GenerateResult,
    ImageTask,
    OptimizeResult,
)

__all__ = ["Comparison", "compare", "tasks_of"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pictures of an idea, of a hit and of each candidate, on one sheet and on one page."""

    written: OptimizeResult
    drawn: GenerateResult
    sheet: Path
    page: Path


def tasks_of(
    drawing: Drawing, result: OptimizeResult, asked: Asked, *, compare: bool
) -> Sequence[ImageTask]:
    """A picture of each candidate; to compare, of the idea and of the first hit before them.

    All have the size and the back end of the candidates; the idea is drawn as it was typed.

    Raises:
        NotFoundError: the candidates are not kept.
    """
    tasks = [drawing.of_candidate(candidate.id, asked) for candidate in result.candidates]
    if not (compare and tasks):
        return tasks
    hit = next(((one.id, one.prompt, one.negative) for one in result.hits), None)
    return [*plan.before(tasks[0], result.idea, hit), *tasks]


def compare(
    drawing: Drawing,
    written: OptimizeResult,
    asked: Asked,
    seeds: Sequence[int],
    folder: Path | None,
    *,
    campaign: str | None,
    on_event: OnDraw | None,
) -> Comparison:
    """Draw a comparison and write its sheet and its page into a folder.

    Raises:
        InputError: it is too many pictures, or the files cannot be written.
    """
    tasks = plan.with_seeds(tasks_of(drawing, written, asked, compare=True), seeds)
    if folder:
        make_folder(folder)
    drawn = drawing.generate(
        tasks, None, campaign=campaign, on_event=on_event, stopped=lambda: False
    )
    phrases = {one.id: one.phrases for one in written.candidates}
    columns, shown = compare_columns(drawn.images, phrases)
    sheet = compare_sheet(columns, shown, title=written.idea)
    page = compare_page(columns, shown, title=written.idea)
    place = folder or drawing.sheets / drawn.job
    return Comparison(
        written,
        drawn,
        write_whole(place / "compare.png", sheet),
        write_whole(place / "compare.html", page.encode("utf-8", "replace")),
    )
