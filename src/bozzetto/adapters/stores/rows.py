"""What every store says and gives alike: rows by rank, and what is wrong with a collection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bozzetto.errors import NotFoundError, SetupError
from bozzetto.types import Keys, Vectors

__all__ = ["REFILL", "absent", "expect_dim", "ranked"]

REFILL = "`bozzetto index build` fills it anew"
"""The way out where a collection is gone."""


def ranked(
    keys: Sequence[int] | Keys, scores: Sequence[float] | NDArray[Any], k: int | None = None
) -> tuple[Keys, Vectors]:
    """The k best, or all, best first, ties by key."""
    found, products = np.asarray(keys, np.int64), np.asarray(scores, np.float32)
    order = np.lexsort((found, -products))[:k]
    return found[order], products[order]


def absent(place: str, collection: str) -> NotFoundError:
    """There is no such collection."""
    return NotFoundError(f"{place} has no collection {collection}", hint=REFILL)


def expect_dim(place: str, collection: str, there: int, wanted: int) -> None:
    """Compare the dimension of a collection with that of the vectors.

    Raises:
        SetupError: they differ; says both.
    """
    if there != wanted:
        raise SetupError(
            f"{place}: {collection} holds vectors of {there} dimensions, not {wanted}",
            hint="it was made with another embedder: drop it first, or use that embedder",
        )
