"""What the data of events holds that is no record of its own."""

from __future__ import annotations

from dataclasses import dataclass

from bozzetto.web.shapes.pictures import Picture
from bozzetto.web.shapes.prompts import Candidate

__all__ = ["Again", "Begun", "Delta", "Drawing", "Drawn", "Written"]


@dataclass(frozen=True, slots=True)
class Delta:
    """Some more of an answer, and where in it."""

    index: int
    text: str
    at: int


@dataclass(frozen=True, slots=True)
class Written:
    """A candidate that stands."""

    index: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Begun:
    """A picture is begun, for the first or a further time."""

    position: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """How far a picture is, 0-1, with a small one as a data URL."""

    position: int
    done: float
    preview: str | None


@dataclass(frozen=True, slots=True)
class Again:
    """A picture is tried again after some seconds."""

    position: int
    reason: str
    wait: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture that is made, or why there is none."""

    position: int
    image: Picture
