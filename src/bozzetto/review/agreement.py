"""How far reviewers agree: Krippendorff's alpha, for any number of them and with gaps.

Krippendorff, K. (2011), Computing Krippendorff's Alpha-Reliability. 1 is full agreement, 0 what
chance alone would give, below 0 is worse than chance; from .8 on judgements count as reliable,
from .667 on as good enough for tentative conclusions (his own thresholds). With two reviewers
and no gaps it is Scott's pi, corrected for small samples.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, combinations
from typing import Literal

from bozzetto.review.verdicts import latest
from bozzetto.types import Verdict

__all__ = ["Agreement", "Split", "agreement", "alpha"]

MOST = 10
"""Pictures that are named as those disagreed on most."""


@dataclass(frozen=True, slots=True)
class Split:
    """A picture that reviewers disagree on: votes to keep and to reject, lowest and highest rating.

    The ratings are None where nobody rated it.
    """

    image: str
    kept: int
    rejected: int
    lowest: int | None = None
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far reviewers agree.

    `pairs` counts the pairs of decisions (two reviewers, one picture), `same` is the share of
    them that say the same, 0-1, and `keep` their alpha. `rating_pairs` and `rating` are the same
    for ratings, with the alpha of ordered values. None stands where there is nothing to compare,
    and for an alpha also where everybody says the same of every picture. `split` names the
    pictures disagreed on most, the worst first.
    """

    reviewers: tuple[str, ...]
    pairs: int
    same: float | None
    keep: float | None
    rating_pairs: int
    rating: float | None
    split: tuple[Split, ...]


def agreement(verdicts: Iterable[Verdict]) -> Agreement:
    """How far the reviewers of some pictures agree, by the last verdict of each."""
    said: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in latest(verdicts):
        said[verdict.image].append(verdict)
    keeps = [[int(v.keep) for v in group if v.keep is not None] for group in said.values()]
    ratings = [[v.rating for v in group if v.rating is not None] for group in said.values()]
    pairs = sum(_pairs(len(unit)) for unit in keeps)
    same = sum(_pairs(n) for unit in keeps for n in Counter(unit).values())
    splits = sorted(filter(_differs, map(_split, said, said.values())), key=_worst_first)
    return Agreement(
        reviewers=tuple(sorted({v.reviewer for group in said.values() for v in group})),
        pairs=pairs,
        same=same / pairs if pairs else None,
        keep=alpha(keeps, "nominal"),
        rating_pairs=sum(_pairs(len(unit)) for unit in ratings),
        rating=alpha(ratings, "ordinal"),
        split=tuple(splits[:MOST]),
    )


def alpha(units: Iterable[Sequence[int]], level: Literal["nominal", "ordinal"]) -> float | None:
    """Krippendorff's alpha of the values that each unit was given, in any order.

    "nominal" knows only same and different, "ordinal" how many values lie between two. None
    where no unit has two values, or where all values are the same.
    """
    paired = [unit for unit in units if len(unit) > 1]
    counts = Counter(chain.from_iterable(paired))
    observed = _coincidences(paired)
    difference = _DIFFERENCES[level](counts)
    expected = sum(
        2 * counts[one] * counts[other] * difference(one, other)
        for one, other in combinations(sorted(counts), 2)
    )
    if not expected:
        return None
    seen = sum(share * difference(one, other) for (one, other), share in observed.items())
    return float(1 - (counts.total() - 1) * Fraction(seen) / expected)


def _coincidences(units: Iterable[Sequence[int]]) -> Mapping[tuple[int, int], Fraction]:
    """How often two values meet in a unit, each unit weighing as much as it has values."""
    whole: Counter[tuple[int, int, int]] = Counter()
    for unit in units:
        found = Counter(unit)
        for one, n in found.items():
            for other, m in found.items():
                whole[len(unit), one, other] += n * (m - (one == other))
    shares: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for (size, one, other), n in whole.items():
        shares[one, other] += Fraction(n, size - 1)
    return shares


Difference = Callable[[int, int], Fraction | int]


def _nominal(counts: Mapping[int, int]) -> Difference:
    return lambda one, other: int(one != other)


def _ordinal(counts: Mapping[int, int]) -> Difference:
    def difference(one: int, other: int) -> Fraction:
        low, high = sorted((one, other))
        between = sum(n for value, n in counts.items() if low <= value <= high)
        return (between - Fraction(counts[low] + counts[high], 2)) ** 2

    return difference


_DIFFERENCES: Mapping[str, Callable[[Mapping[int, int]], Difference]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
}


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


def _split(image: str, said: Sequence[Verdict]) -> Split:
    ratings = [verdict.rating for verdict in said if verdict.rating is not None]
    return Split(
        image=image,
        kept=sum(verdict.keep is True for verdict in said),
        rejected=sum(verdict.keep is False for verdict in said),
        lowest=min(ratings, default=None),
        highest=max(ratings, default=None),
    )


def _differs(split: Split) -> bool:
    return bool(split.kept and split.rejected) or split.lowest != split.highest


def _worst_first(split: Split) -> tuple[Fraction, int, int, str]:
    """By the share of decisions against the most, how far ratings lie apart, who spoke."""
    votes = split.kept + split.rejected
    against = Fraction(min(split.kept, split.rejected), votes) if votes else Fraction(0)
    return -against, (split.lowest or 0) - (split.highest or 0), -votes, split.image
