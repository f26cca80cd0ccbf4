"""Numbers of a model on pictures, to sort them by before people look."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bozzetto.app.parts import open_scores
from bozzetto.store.store import Store
from bozzetto.types import Image

__all__ = ["best_first", "score"]

AT_ONCE = 16
"""Pictures read and scored together."""

SORTED_BY = ("aesthetic", "clip")
"""The score that sorts: the first of these that a picture has."""


def score(
    store: Store, images: Sequence[Image], by: str, *, timeout: float, home: Path
) -> list[Image]:
    """Note the scores of the pictures whose files are there; the pictures with them.

    Raises:
        SetupError: nobody scores under that name, or its model is not there.
        DataError: a picture cannot be read.
    """
    scorer = open_scores(by, timeout=timeout, home=home)
    there = [image for image in images if image.path and Path(image.path).is_file()]
    for at in range(0, len(there), AT_ONCE):
        some = there[at : at + AT_ONCE]
        pairs = [(Path(image.path or "").read_bytes(), image.request.prompt) for image in some]
        found = scorer.score(pairs)
        store.queue.set_scores({i.id: one for i, one in zip(some, found, strict=True)})
    return store.queue.images_by_ids([image.id for image in there])


def best_first(images: Sequence[Image]) -> list[Image]:
    """Pictures by their scores, the highest first; those without any are last."""
    return sorted(images, key=_key)


def _key(image: Image) -> tuple[bool, float]:
    value = next((image.scores[name] for name in SORTED_BY if name in image.scores), None)
    return value is None, -(value or 0.0)
