"""Pictures: what is asked for, what came, jobs, campaigns and verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = [
    "Brief",
    "DrawDone",
    "DrawEvent",
    "DrawProgress",
    "DrawRetry",
    "DrawStarted",
    "Effective",
    "GenerateResult",
    "Image",
    "ImageEvent",
    "ImageFiltered",
    "ImageMade",
    "ImageProgress",
    "ImageRequest",
    "ImageState",
    "ImageTask",
    "JobInfo",
    "Lineage",
    "Verdict",
]

ImageState = Literal["ok", "filtered", "failed"]
"""How making a picture ended; "filtered" is the back end's refusal of the prompt or picture."""


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """Everything that decides a picture; the same request can be made again.

    None leaves a value to the back end. `images` is its "scheme:rest"; `model` the name of a
    checkpoint where one back end has several. Sizes are pixels.
    """

    prompt: str
    negative: str | None = None
    seed: int = 0
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    width: int | None = None
    height: int | None = None
    model: str | None = None
    profile: str | None = None
    images: str = "sketch:"


@dataclass(frozen=True, slots=True)
class Effective:
    """What really made a picture, as far as its back end tells; None is unknown or unused.

    `notes` are sentences on what of the request could not be had ("no negative prompt here").
    """

    prompt: str
    negative: str | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    width: int | None = None
    height: int | None = None
    model: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageProgress:
    """How far a picture is, 0-1, with a small JPEG, PNG or WebP of it where there is one."""

    done: float
    preview: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ImageMade:
    """A picture as its back end gave it: the bytes of a file, not looked at yet."""

    data: bytes = field(repr=False)  # asyncio.run writes out what its work returns: 20 ms a MB
    effective: Effective


@dataclass(frozen=True, slots=True)
class ImageFiltered:
    """The back end refuses to make or to show the picture; `reason` in its own words."""

    reason: str


ImageEvent = ImageProgress | ImageMade | ImageFiltered


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the prompt of a picture came from.

    `kind` says what was drawn: a prompt as typed, an idea, a hit or a candidate. `candidate` is
    a candidate's id, `hits` the ids of the prompts it was written from, or the hit's own.
    """

    kind: Literal["prompt", "idea", "hit", "candidate"] = "prompt"
    idea: str | None = None
    candidate: str | None = None
    hits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImageTask:
    """One picture to make. `labels` say where it stands in a grid: axis to value."""

    request: ImageRequest
    lineage: Lineage = Lineage()
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, or why there is none.

    `id` derives from the file's content; of one that was not made from its job and place. `path`
    and `thumbnail` are absolute; None where there is no picture. `job` and `position` are where
    it was asked for first.
    """

    id: str
    state: ImageState
    request: ImageRequest
    lineage: Lineage
    effective: Effective | None = None
    path: str | None = None
    thumbnail: str | None = None
    reason: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    job: str = ""
    position: int = 0
    at: str = ""
    scores: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job in numbers. `state` is "waiting", "running", "done" or "cancelled".

    `waiting + running + ok + filtered + failed + cancelled` is `total`; `done` is the share of
    it that is over, 0-1, pictures half drawn included.
    """

    id: str
    title: str
    state: str
    total: int
    waiting: int
    running: int
    ok: int
    filtered: int
    failed: int
    cancelled: int
    done: float = 0.0
    campaign: str | None = None
    at: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a campaign is for: ideas, and what every picture of it must and must never have.

    `must` stands in every prompt, `never` in none, and goes into the negative prompt where the
    model takes one; `audience` is told to whoever writes. `sizes` are "WIDTHxHEIGHT"; without
    any the profile's first is taken. `n` candidates an idea, each drawn with `seeds` seeds from
    `seed` on. With `compare` the idea itself and its best hit are drawn too, with the same seeds.
    """

    name: str
    ideas: tuple[str, ...]
    audience: str = ""
    must: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    n: int = 4
    seeds: int = 1
    seed: int = 0
    profile: str | None = None
    chat: str | None = None
    images: str | None = None
    model: str | None = None
    steps: int | None = None
    guidance: float | None = None
    sampler: str | None = None
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one reviewer says of one picture, all of it together; `keep` None is undecided."""

    image: str
    reviewer: str
    keep: bool | None = None
    rating: int | None = None
    note: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class DrawStarted:
    """A picture of a job is begun, for the first or a further time."""

    job: str
    position: int
    attempt: int


@dataclass(frozen=True, slots=True)
class DrawProgress:
    """How far a picture is, 0-1, with a small preview where there is one."""

    job: str
    position: int
    done: float
    preview: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class DrawRetry:
    """A try came to nothing; after `wait` seconds there is another."""

    job: str
    position: int
    reason: str
    wait: float


@dataclass(frozen=True, slots=True)
class DrawDone:
    """A picture is there, or it is known why there will be none."""

    job: str
    position: int
    image: Image


DrawEvent = DrawStarted | DrawProgress | DrawRetry | DrawDone


@dataclass(frozen=True, slots=True)
class GenerateResult:
    """The pictures of a job, in the order they were asked for; `sheet` is a grid's, as a file.

    `total` is how many were asked for: fewer are there where somebody cancelled the job.
    """

    job: str
    images: tuple[Image, ...]
    total: int
    sheet: str | None = None
