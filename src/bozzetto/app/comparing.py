"""Original, found and optimized prompts drawn side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bozzetto.app.drawing import Asked, Drawing
from bozzetto.app.writeout import write_whole
from bozzetto.review.page import compare_page
from bozzetto.review.sheet import compare_columns, compare_sheet
from bozzetto.types import (
    GenerateResult,
    Image,
    ImageTask,
    Lineage,
    OptimizeResult,
    Phrase,
)

__all__ = ["Comparison", "pages", "tasks_of"]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Pictures of an idea, of a hit and of each candidate, on one sheet and on one page."""

    idea: str
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
    return [*_before(tasks[0], result), *tasks]


def _before(task: ImageTask, result: OptimizeResult) -> Iterator[ImageTask]:
    plain = replace(task.request, prompt=result.idea, negative=None)
    yield ImageTask(plain, Lineage("idea", result.idea))
    for hit in result.hits[:1]:
        request = replace(plain, prompt=hit.prompt, negative=hit.negative)
        yield ImageTask(request, Lineage("hit", result.idea, hits=(hit.id,)))


def pages(
    idea: str, images: Sequence[Image], written: OptimizeResult, folder: Path
) -> tuple[Path, Path]:
    """The sheet and the page of a comparison, written into a folder as compare.png and .html.

    Raises:
        InputError: they cannot be written there.
    """
    phrases: dict[str, tuple[Phrase, ...]] = {one.id: one.phrases for one in written.candidates}
    columns, seeds = compare_columns(images, phrases)
    sheet = compare_sheet(columns, seeds, title=idea)
    page = compare_page(columns, seeds, title=idea)
    return (
        write_whole(folder / "compare.png", sheet),
        write_whole(folder / "compare.html", page.encode("utf-8", "replace")),
    )
