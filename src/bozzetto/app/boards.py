"""Campaigns and boards as records."""

from __future__ import annotations

from dataclasses import dataclass

from bozzetto.review.agreement import Agreement
from bozzetto.review.verdicts import Standing
from bozzetto.types import Brief, Image, JobInfo, Verdict

__all__ = ["Board", "BoardItem", "Campaign"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands: pictures in the order they were asked for, and what was said."""

    id: str
    name: str
    brief: Brief
    at: str
    actor: str
    images: tuple[Image, ...]
    standings: tuple[Standing, ...]
    verdicts: tuple[Verdict, ...]
    jobs: tuple[JobInfo, ...]
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class BoardItem:
    """A picture on a reviewer's board; `standing` is None where the board is blind."""

    image: Image
    own: Verdict | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Board:
    """A campaign as one reviewer sees it.

    A blind one hides what others said and where a picture came from, in an order that tells
    nothing of it.
    """

    name: str
    brief: Brief
    reviewer: str
    blind: bool
    items: tuple[BoardItem, ...]
