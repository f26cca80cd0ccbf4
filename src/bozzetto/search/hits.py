"""What was found as it is told: hits with their reasons, and what the best have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bozzetto.search.fuse import Leg
from bozzetto.types import Answer, Facets, Hit, PromptRecord, Why

__all__ = ["count", "make_hit"]


def make_hit(
    record: PromptRecord,
    score: float,
    legs: Sequence[Leg],
    *,
    variants: int = 0,
    answers: tuple[Answer, ...] = (),
) -> Hit:
    """A record as a hit, with each leg that found it."""
    return Hit(
        id=record.id,
        prompt=record.text,
        negative=record.negative,
        score=score,
        source=record.source,
        variants=variants,
        tags=record.tags,
        rating=record.rating,
        use=record.use,
        model_family=record.model_family,
        core=record.core,
        why=tuple(why for leg in legs if (why := _why(leg, record.seq)) is not None),
        answers=answers,
        picture=next((one.image for one in reversed(record.kept) if one.keep and one.image), None),
    )


def _why(leg: Leg, seq: int) -> Why | None:
    """A leg's part in a hit, where it found it."""
    at = int(np.searchsorted(leg.keys, seq))
    if at == len(leg.keys) or leg.keys[at] != seq:
        return None
    score = float(leg.scores[at])
    return Why(leg.name, 1 + int((leg.scores > score).sum()), round(score, 5))


def count(records: Sequence[PromptRecord]) -> Facets:
    """How many of some records have each use, tag, family of models and source."""
    return Facets(
        of=len(records),
        use=_counted(record.use for record in records),
        tag=_counted(tag for record in records for tag in record.tags),
        model_family=_counted(record.model_family for record in records),
        source=_counted(name for record in records for name in record.sources),
    )


def _counted(values: Iterable[str | None]) -> Mapping[str, int]:
    """Each value and how often it comes, the most frequent first, then by the alphabet."""
    found = Counter(value for value in values if value)
    return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))
