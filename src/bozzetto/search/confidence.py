"""How sure the search is that the library holds something for an idea.

The best of many prompts score higher than the best of few whatever the idea, so what counts
as near grows with the logarithm of the library. Of a few hundred prompts one may fit and no
second: there the best alone is judged.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["confidence"]

_HALFWAY = {True: 0.33, False: 0.32}
"""What the best prompts of 10,000 score, over the legs' weight, when it is as likely that one
fits as that none does: for an idea in English, and for others. By bench/retrieval.py."""

_PROMPTS = 10_000
_GROWTH = 0.023
"""What that grows by when the library grows e-fold; measured from 100 to 10,000 prompts."""

_MOST = 100_000
"""Beyond what was measured it grows no more."""

_FEW = 1_000
_BEST = 3
_SPREAD = 0.025


def confidence(scores: Sequence[float], weight: float, prompts: int, *, english: bool) -> float:
    """0-1, .5 when it may be either way.

    `scores` are the fused scores of legs that weigh `weight` together, `prompts` how many
    prompts were searched.
    """
    if not scores or weight <= 0:
        return 0.0
    best = sorted(scores)[-(1 if prompts <= _FEW else _BEST) :]
    grown = _GROWTH * math.log(min(max(prompts, 1), _MOST) / _PROMPTS)
    over = sum(best) / len(best) / weight - (_HALFWAY[english] + grown)
    return round(1 / (1 + math.exp(-over / _SPREAD)), 3)
