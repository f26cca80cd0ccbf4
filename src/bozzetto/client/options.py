"""What calls of the client take beside their first values, as the interface names it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

from bozzetto.types import By, Strength

__all__ = [
    "CompareOptions", "FilterOptions", "GenerateOptions", "JudgeOptions", "OptimizeOptions",
    "RegenerateOptions", "SearchOptions",
]  # fmt: skip


class FilterOptions(TypedDict, total=False):
    """Which prompts may be found; several values of one mean any of them."""

    tag: Sequence[str]
    use: Sequence[str]
    source: Sequence[str]
    model_family: Sequence[str]
    min_rating: int | None
    max_nsfw: float | None
    has_image: bool | None
    since: str | None


class SearchOptions(FilterOptions, total=False):
    """How to search; `like` and `unlike` are ids of prompts."""

    k: int | None
    like: Sequence[str]
    unlike: Sequence[str]
    by: By
    explain: bool
    facets: bool


class OptimizeOptions(FilterOptions, total=False):
    """How to write; `pick` are ids of prompts to write from."""

    n: int | None
    k: int | None
    pick: Sequence[str]
    prefer: str | None
    mood: Sequence[str]
    medium: Sequence[str]
    light: Sequence[str]
    palette: Sequence[str]
    camera: Sequence[str]
    aspect: str | None
    avoid: Sequence[str]
    keep: Sequence[str]
    strength: Strength
    template: str | None
    values: Mapping[str, str]
    profile: str | None
    chat: str | None
    seed: int
    save: bool
    cache: bool
    explain: bool


class RegenerateOptions(TypedDict, total=False):
    """How to write a kept candidate again."""

    chat: str | None
    seed: int | None
    save: bool
    cache: bool


class _Drawn(TypedDict, total=False):
    images: str | None
    size: str | None
    steps: int | None
    profile: str | None


class GenerateOptions(_Drawn, total=False):
    """How to draw; `candidate` are ids of kept candidates, `again` that of a picture."""

    candidate: Sequence[str]
    again: str | None
    n: int | None
    seed: int | None
    negative: str | None
    guidance: float | None
    sampler: str | None
    model: str | None
    grid: Mapping[str, Sequence[str]] | None
    compare: bool
    campaign: str | None


class CompareOptions(_Drawn, total=False):
    """How to write and draw side by side; `seeds` is how many."""

    pick: Sequence[str]
    n: int
    seeds: int
    seed: int
    chat: str | None
    campaign: str | None


class JudgeOptions(TypedDict, total=False):
    """What is said of a picture."""

    keep: bool | None
    rating: int | None
    note: str
