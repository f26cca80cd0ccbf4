"""What was found as it is told: hits with their reasons, and what the best have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from bozzetto.search.fuse import Leg
from bozzetto.types import Answer, Facets, Hit, Keys, PromptRecord, Why

__all__ = ["count", "make_hit", "whys"]


def make_hit(
    record: PromptRecord,
    score: float,
    why: tuple[Why, ...],
    *,
    variants: int = 0,
    answers: tuple[Answer, ...] = (),
) -> Hit:
    """A record as a hit, with what each leg that found it says."""
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
        why=why,
        answers=answers,
        picture=next((one.image for one in reversed(record.kept) if one.keep and one.image), None),
    )


def whys(legs: Sequence[Leg], seqs: Sequence[int]) -> list[tuple[Why, ...]]:
    """For each prompt, by its number, the part that the legs which found it have in that."""
    columns = [_parts(leg, np.array(seqs, dtype=np.int64)) for leg in legs]
    rows = zip(*columns, strict=True) if columns else ((),) * len(seqs)
    return [tuple(why for why in row if why is not None) for row in rows]


def _parts(leg: Leg, seqs: Keys) -> list[Why | None]:
    """A leg's part in each prompt, where it found it."""
    if not len(leg.keys):
        return [None] * len(seqs)
    at = np.minimum(np.searchsorted(leg.keys, seqs), len(leg.keys) - 1)
    scores = leg.scores[at]
    better = (leg.scores > scores[:, None]).sum(axis=1)
    found = zip((leg.keys[at] == seqs).tolist(), better.tolist(), scores.tolist(), strict=True)
    return [
        Why(leg.name, 1 + ahead, round(score, 5)) if there else None
        for there, ahead, score in found
    ]


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
