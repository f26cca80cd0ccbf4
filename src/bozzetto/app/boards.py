"""Campaigns and boards as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.review.agreement import Agreement
from bozzetto.review.verdicts import Standing
from bozzetto.types import Brief, Image, JobInfo, Verdict

__all__ = ["Agreement", "Board", "BoardItem", "Campaign", "Summary"]


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
class Summary:
    """A campaign in numbers, as a list has it.

    Of `total` pictures that were asked for `pictures` are there; others are `waiting` or
    `running`. `images` are the ids of a few of them, kept ones first. `brief` is JSON.
    """

    id: str
    name: str
    brief: Mapping[str, Any]
    at: str
    actor: str
    total: int
    waiting: int
    running: int
    pictures: int
    kept: int
    rejected: int
    reviewers: int
    images: tuple[str, ...]


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
