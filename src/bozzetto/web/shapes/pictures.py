"""Answers on pictures: jobs, and boards of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bozzetto.types import Effective, ImageRequest, ImageState, JobInfo, Lineage, Verdict
from bozzetto.web.shapes.prompts import Optimized

__all__ = [
    "BoardItem",
    "Cancelled",
    "Comparison",
    "Job",
    "Jobs",
    "Judged",
    "Picture",
    "ReviewBoard",
    "Undone",
    "Waiting",
]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, or why there is none."""

    id: str
    path: str | None
    prompt: str
    negative: str | None
    request: ImageRequest
    effective: Effective | None
    state: ImageState
    reason: str | None
    lineage: Lineage
    labels: Mapping[str, str]
    thumbnail: str | None
    scores: Mapping[str, float]
    job: str


@dataclass(frozen=True, slots=True)
class Job(JobInfo):
    """A job in numbers, and the pictures there are of it."""

    images: Sequence[Picture] = ()


@dataclass(frozen=True, slots=True)
class Jobs:
    """A page of jobs; `next` is `after` of the following one."""

    jobs: Sequence[JobInfo]
    next: int | None


@dataclass(frozen=True, slots=True)
class Comparison(Optimized):
    """Candidates, and the job that draws them beside their idea and hit."""

    job: JobInfo


@dataclass(frozen=True, slots=True)
class Cancelled:
    """How many pictures will not be made."""

    cancelled: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many pictures wait again."""

    waiting: int


@dataclass(frozen=True, slots=True)
class BoardItem:
    """A picture of a board, what the reviewer says of it, and what all together say."""

    image: Mapping[str, Any]
    own: Verdict | None
    standing: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReviewBoard:
    """A campaign as one reviewer sees it."""

    name: str
    brief: Mapping[str, Any]
    reviewer: str
    blind: bool
    items: Sequence[BoardItem]


@dataclass(frozen=True, slots=True)
class Judged:
    """What now stands of a picture."""

    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Undone:
    """What stands again; null where nothing was left to undo."""

    verdict: Verdict | None
