"""Whether what a chat model wrote may stand, after mending what can be mended.

A model that writes badly must do no harm: its text stands only if it passes every check. What
fails is taken back; the thresholds are measured by `bench/writing_llm.py`, where a text for
which they are made (rewrites by a strong model) passes and one of a 135M model does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import same
from bozzetto.optimize.checks import CHECKS, Case
from bozzetto.optimize.mend import Accepted, mend
from bozzetto.optimize.parse import Draft, Refusal
from bozzetto.optimize.stats import LibraryStats
from bozzetto.types import Hit

__all__ = ["judge", "same"]

BINDING = tuple(name for name in CHECKS if name not in ("intent", "wishes", "duplicates"))
"""Checks that a text must pass: what `mend` sees to and what only its company shows left out."""


def judge(
    draft: Draft, brief: Brief, hits: Sequence[Hit], library: LibraryStats
) -> Accepted | Refusal:
    """Mend a draft and check it; the reason where it cannot stand."""
    mended = mend(draft, brief)
    if isinstance(mended, Refusal):
        return mended
    case = Case(mended.prompt, mended.negative, brief, hits, library, rebuilt=mended.rebuilt)
    for name in BINDING:
        passed, found = CHECKS[name](case)
        if not passed:
            return Refusal(found)
    return mended
