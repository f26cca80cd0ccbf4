"""What people's ratings add to what a prompt scores."""

from __future__ import annotations

__all__ = ["liking"]

_MOST = 0.04
_WORTH = {5: _MOST, 4: _MOST / 2, 2: -_MOST / 2, 1: -_MOST}
"""By rating, for the legs' total weight."""


def liking(rating: int | None) -> float:
    """What a rating of 1-5 adds to a score, for each unit of the legs' weight; 0 for none or 3."""
    return _WORTH.get(rating or 0, 0.0)
