"""Original, found and optimized prompts drawn side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bozzetto.app.drawing import Asked, Drawing
from bozzetto.types import ImageTask, Lineage, OptimizeResult

__all__ = ["tasks_of"]


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
