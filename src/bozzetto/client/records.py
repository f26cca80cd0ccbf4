"""Records from their JSON; keys that a newer server adds are left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from bozzetto.types import (
    Answer,
    BadRow,
    Candidate,
    Check,
    Effective,
    Facets,
    Hit,
    Image,
    ImageRequest,
    ImportReport,
    KeptFrom,
    Lineage,
    OptimizeResult,
    Parameters,
    Phrase,
    PromptRecord,
    SearchResult,
    Usage,
    Why,
)

__all__ = [
    "Json",
    "candidate",
    "each",
    "hit",
    "image",
    "made",
    "optimized",
    "record",
    "report",
    "search",
]

Json = Mapping[str, Any]
T = TypeVar("T")


def made(kind: type[T], shape: Json, **more: Any) -> T:  # noqa: ANN401
    """A record of its JSON; `more` are values that are told in another way there."""
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    values = {name: value for name, value in shape.items() if name in known} | more
    return kind(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})


def each(kind: type[T], shapes: Any) -> tuple[T, ...]:  # noqa: ANN401
    """A record of each."""
    return tuple(made(kind, shape) for shape in shapes)


def hit(shape: Json) -> Hit:
    """A hit."""
    answers = each(Answer, shape.get("answers", ()))
    return made(Hit, shape, why=each(Why, shape["why"]), answers=answers)


def search(shape: Json) -> SearchResult:
    """What a search found."""
    facets = made(Facets, shape["facets"]) if "facets" in shape else None
    return made(SearchResult, shape, hits=tuple(map(hit, shape["hits"])), facets=facets)


def candidate(shape: Json) -> Candidate:
    """A candidate."""
    return made(
        Candidate,
        shape,
        **shape["scores"],
        phrases=tuple(made(Phrase, one, source=one["from"]) for one in shape["phrases"]),
        checks=each(Check, shape["checks"]),
        usage=made(Usage, shape["usage"]) if shape["usage"] else None,
    )


def optimized(shape: Json) -> OptimizeResult:
    """Candidates, and the hits they were written from."""
    return made(
        OptimizeResult,
        shape,
        hits=tuple(map(hit, shape["hits"])),
        candidates=tuple(map(candidate, shape["candidates"])),
        usage=made(Usage, shape["usage"]) if shape["usage"] else None,
    )


def record(shape: Json) -> PromptRecord:
    """A prompt; its numbers inside the library, which nobody else needs, are 0."""
    known = [shape.get(one.name) for one in fields(Parameters)]
    parameters = Parameters(*known) if any(one is not None for one in known) else None
    kept = [made(KeptFrom, one, campaign=one["campaign"] or "") for one in shape["kept"]]
    return made(
        PromptRecord, shape, seq=0, family=0, text=shape["prompt"], parameters=parameters,
        kept=tuple(kept),
    )  # fmt: skip


def report(shape: Json) -> ImportReport:
    """What one import did."""
    return made(ImportReport, shape, bad=each(BadRow, shape["bad_rows"]), bad_count=shape["bad"])


def image(shape: Json) -> Image:
    """A picture, or why there is none."""
    return made(
        Image,
        shape,
        request=made(ImageRequest, shape["request"]),
        effective=made(Effective, shape["effective"]) if shape["effective"] else None,
        lineage=made(Lineage, shape["lineage"]),
    )
