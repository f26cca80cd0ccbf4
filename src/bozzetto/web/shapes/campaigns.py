"""Answers on campaigns: lists, how one stands, what was handed on of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.app.boards import Agreement, Summary
from bozzetto.types import JobInfo, Verdict
from bozzetto.web.shapes.pictures import Picture

__all__ = [
    "Begun",
    "Campaign",
    "Campaigns",
    "Gone",
    "JudgedPicture",
    "Missing",
    "Plan",
    "Scored",
    "TakenBack",
]


@dataclass(frozen=True, slots=True)
class Campaigns:
    """A page of campaigns in numbers; `next` is `after` of the following one."""

    campaigns: Sequence[Summary]
    next: int | None


@dataclass(frozen=True, slots=True)
class Plan:
    """How much a brief asks for."""

    name: str
    ideas: int
    pictures: int


@dataclass(frozen=True, slots=True)
class Begun(Summary):
    """A campaign as its writing begins, and the run that writes it."""

    run: str


@dataclass(frozen=True, slots=True)
class JudgedPicture(Picture):
    """A picture, and what was said of it."""

    keep: bool | None
    rating: float | None
    verdicts: Sequence[Verdict]


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it stands."""

    name: str
    id: str
    brief: Mapping[str, Any]
    at: str
    images: Sequence[JudgedPicture]
    jobs: Sequence[JobInfo]
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class Gone:
    """How many pictures went with a campaign."""

    deleted: int


@dataclass(frozen=True, slots=True)
class Missing:
    """The ids of pictures whose files are gone or damaged."""

    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class TakenBack:
    """How many prompts are as they were."""

    taken_back: int


@dataclass(frozen=True, slots=True)
class Scored:
    """Pictures with their scores, the best first."""

    images: Sequence[Picture]
