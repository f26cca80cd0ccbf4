"""The ladder's numbers with their bootstrap intervals, as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimate", "compared", "estimates", "markdown", "short"]

RESAMPLES = 2000

Values = NDArray[np.float64]
"""One value an idea; NaN where it does not apply."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over `n` ideas and its 95 % interval by bootstrap over the ideas."""

    mean: float
    low: float
    high: float
    n: int

    def text(self) -> str:
        """For a table."""
        if not self.n:
            return "–"
        digits = 3 if abs(self.mean) < 10 else 1
        mean, low, high = (short(v, digits) for v in (self.mean, self.low, self.high))
        return f"{mean} ({low}-{high})"

    def json(self) -> dict[str, float | int] | None:
        """For a machine; None where no idea has the value."""
        numbers = {"mean": self.mean, "low": self.low, "high": self.high}
        return {k: round(v, 4) for k, v in numbers.items()} | {"n": self.n} if self.n else None


def short(value: float, digits: int = 3) -> str:
    """A number without the nought in front of its point."""
    return f"{value:.{digits}f}".removeprefix("0") if value >= 0 else f"{value:.{digits}f}"


def estimates(columns: Mapping[str, Values]) -> dict[str, Estimate]:
    """The mean of each column; the ideas are resampled alike for all of them."""
    rows = len(next(iter(columns.values()), ()))
    draws = np.random.default_rng(0).multinomial(rows, np.full(rows, 1 / rows), RESAMPLES)
    return {name: _estimate(values, draws) for name, values in columns.items()}


def _estimate(values: Values, draws: NDArray[np.int64]) -> Estimate:
    known = ~np.isnan(values)
    if not known.any():
        return Estimate(math.nan, math.nan, math.nan, 0)
    weights = draws @ known
    means = (draws @ np.where(known, values, 0))[weights > 0] / weights[weights > 0]
    low, high = np.percentile(means, (2.5, 97.5))
    return Estimate(float(values[known].mean()), float(low), float(high), int(known.sum()))


def compared(one: Mapping[str, Values], other: Mapping[str, Values]) -> dict[str, Estimate]:
    """One rung less another, idea by idea: the interval of the difference, paired."""
    return estimates({name: one[name] - other[name] for name in one})


def markdown(
    title: str, headings: Sequence[str], rows: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """The lines of a table; columns in which no row has anything are left out."""
    shown = [n for n in range(len(headings)) if any(row[n] != "–" for row in rows.values())]
    names = max((len(name) for name in (*rows, title)), default=0)
    widths = [max(len(headings[n]), *(len(row[n]) for row in rows.values())) for n in shown]
    cells = [f"{headings[n]:<{width}}" for n, width in zip(shown, widths, strict=True)]
    yield f"| {title:<{names}} | " + " | ".join(cells) + " |"
    yield f"|{'-' * (names + 2)}|" + "|".join("-" * (width + 2) for width in widths) + "|"
    for name, row in rows.items():
        cells = [f"{row[n]:<{width}}" for n, width in zip(shown, widths, strict=True)]
        yield f"| {name:<{names}} | " + " | ".join(cells) + " |"
