"""Answers on prompts: found, kept, brought in, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import Field

from bozzetto.types import Answer, Check, Facets, Usage, Why

__all__ = [
    "BadRow",
    "Candidate",
    "Deleted",
    "Difference",
    "Explanation",
    "Failure",
    "FoundPrompt",
    "HitText",
    "Imported",
    "KeptFrom",
    "KnownCandidate",
    "LibraryPage",
    "Optimized",
    "Phrase",
    "Prompt",
    "Prompts",
    "Rated",
    "Report",
    "Scores",
    "Searched",
    "Source",
    "Stats",
    "Tokens",
]


@dataclass(frozen=True, slots=True)
class FoundPrompt:
    """A hit; `answers` where the search was asked to explain itself."""

    id: str
    prompt: str
    negative: str | None
    score: float
    source: str
    variants: int
    tags: Sequence[str]
    rating: int | None
    use: str | None
    model_family: str | None
    picture: str | None
    why: Sequence[Why]
    answers: Sequence[Answer] = ()


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search finds, best first."""

    idea: str
    language: str
    confident: bool
    confidence: float
    hidden: int
    hits: Sequence[FoundPrompt]
    notes: Sequence[str]
    facets: Facets = field(default_factory=lambda: Facets(0, {}, {}, {}, {}))


@dataclass(frozen=True, slots=True)
class KeptFrom:
    """What a campaign says of a prompt by one picture; a person, where `campaign` is null."""

    campaign: str | None
    keep: bool
    rating: float
    image: str | None
    picture: str | None
    candidate: str | None
    idea: str | None
    hits: Sequence[str]
    at: str
    actor: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt of the library, and the parameters of its picture as far as they are known."""

    id: str
    prompt: str
    negative: str | None
    core: str
    original: str | None
    source: str
    sources: Sequence[str]
    count: int
    tags: Sequence[str]
    use: str | None
    model_family: str | None
    rating: int | None
    image: str | None
    prompt_nsfw: float | None
    image_nsfw: float | None
    made_at: str | None
    added_at: str
    added_by: str
    kept: Sequence[KeptFrom]
    seed: int = 0
    steps: int = 0
    guidance: float = 0.0
    sampler: str = ""
    width: int = 0
    height: int = 0
    model: str = ""


@dataclass(frozen=True, slots=True)
class Prompts:
    """Prompts of the library."""

    prompts: Sequence[Prompt]


@dataclass(frozen=True, slots=True)
class LibraryPage:
    """A page of prompts; `next` is `after` of the following one."""

    total: int
    prompts: Sequence[Prompt]
    next: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """A source as it stands in the library."""

    name: str
    kind: str
    rows: int
    new: int
    bad: int
    complete: bool
    prompts: int
    deleted: int
    at: str
    actor: str


@dataclass(frozen=True, slots=True)
class Stats:
    """A library in numbers; how many prompts have each value that filters can ask for."""

    prompts: int
    families: int
    candidates: int
    has_image: int
    sources: Sequence[Source]
    tag: Mapping[str, int]
    use: Mapping[str, int]
    model_family: Mapping[str, int]
    rating: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no prompt, and why."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one import did."""

    source: str
    rows: int
    new: int
    known: int
    bad: int
    bad_rows: Sequence[BadRow]
    already_complete: bool
    deleted: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be read."""

    source: str
    message: str


@dataclass(frozen=True, slots=True)
class Imported:
    """What came in; `waiting` prompts cannot be found by meaning yet."""

    imports: Sequence[Report]
    errors: Sequence[Failure]
    waiting: int


@dataclass(frozen=True, slots=True)
class Deleted:
    """How many prompts are gone."""

    deleted: int


@dataclass(frozen=True, slots=True)
class Rated:
    """How many ratings changed."""

    changed: int


# Candidates


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a candidate, and where it came from: a hit's id, or "idea", "library", ..."""

    text: str
    origin: Annotated[str, Field(alias="from")]
    original: str = ""


@dataclass(frozen=True, slots=True)
class Scores:
    """How much of the idea is still there, and how far it is from prompts there are."""

    intent: float
    novelty: float


@dataclass(frozen=True, slots=True)
class Difference:
    """What became of some words of the idea."""

    change: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """An optimized prompt; `diff` where it was asked to be explained."""

    id: str
    prompt: str
    negative: str | None
    profile: str
    size: str | None
    chat: str
    tokens: Mapping[str, int]
    phrases: Sequence[Phrase]
    scores: Scores
    warnings: Sequence[str]
    checks: Sequence[Check]
    parent: str | None
    seed: int | None
    look: str | None
    references: Sequence[str]
    usage: Usage | None
    diff: Sequence[Difference] = field(default=(), kw_only=True)


@dataclass(frozen=True, slots=True)
class KnownCandidate(Candidate):
    """A kept candidate and the idea that it was written from."""

    idea: str


@dataclass(frozen=True, slots=True)
class HitText:
    """The prompt that a phrase came from."""

    id: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Explanation(KnownCandidate):
    """Why a candidate reads as it does."""

    parent_prompt: str | None
    hits: Sequence[HitText]


@dataclass(frozen=True, slots=True)
class Optimized:
    """Candidates, and the hits that they were written from."""

    idea: str
    language: str
    hits: Sequence[FoundPrompt]
    candidates: Sequence[Candidate]
    degraded: str | None
    usage: Usage | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many tokens a prompt has, and how many its model reads, by encoder."""

    tokens: Mapping[str, int]
    limits: Mapping[str, int]
