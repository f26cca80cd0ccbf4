"""The options that several commands share, each declared once."""

from __future__ import annotations

import math
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bozzetto.errors import InputError
from bozzetto.types import Filters

__all__ = [
    "Actor",
    "BatchFile",
    "Format",
    "FormatChoice",
    "HasImage",
    "Home",
    "MaxNsfw",
    "MinRating",
    "ModelFamily",
    "Since",
    "Source",
    "Tag",
    "Use",
    "make_filters",
]


class FormatChoice(StrEnum):
    """How a command answers."""

    human = "human"
    json = "json"


Home = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", help="Where the library lives.", show_default=False),
]
Format = Annotated[FormatChoice, typer.Option("--format", help="For people, or one JSON document.")]
Actor = Annotated[
    str | None,
    typer.Option("--actor", metavar="NAME", help="Whose change this is.", show_default=False),
]
BatchFile = Annotated[
    str | None,
    typer.Option(
        "--batch",
        metavar="FILE",
        help="Ideas from a file or - : a line each, text or JSON; answers as JSON Lines.",
        show_default=False,
    ),
]
Tag = Annotated[
    list[str] | None, typer.Option("--tag", help="Only with this tag.", show_default=False)
]
Use = Annotated[
    list[str] | None, typer.Option("--use", help="Only for this use.", show_default=False)
]
Source = Annotated[
    list[str] | None, typer.Option("--source", help="Only from this source.", show_default=False)
]
ModelFamily = Annotated[
    list[str] | None,
    typer.Option("--model-family", help="Only for this family of models.", show_default=False),
]
MinRating = Annotated[
    int | None,
    typer.Option("--min-rating", min=1, max=5, help="Rated so or better.", show_default=False),
]
MaxNsfw = Annotated[
    float | None,
    typer.Option(
        "--max-nsfw", min=0.0, help="Hide what scores higher; unknown stays.", show_default=False
    ),
]
HasImage = Annotated[
    bool | None,
    typer.Option("--has-image/--no-image", help="With a picture, or without.", show_default=False),
]
Since = Annotated[
    str | None,
    typer.Option("--since", metavar="DATE", help="Added on or after.", show_default=False),
]


def make_filters(
    tag: list[str] | None,
    use: list[str] | None,
    source: list[str] | None,
    model_family: list[str] | None,
    min_rating: int | None,
    max_nsfw: float | None,
    has_image: bool | None,
    since: str | None,
) -> Filters:
    """The filters as one record.

    Raises:
        InputError: `since` is no date, or `max_nsfw` no finite number.
    """
    if max_nsfw is not None and not math.isfinite(max_nsfw):
        raise InputError(f"--max-nsfw: {max_nsfw} is not a finite number")
    return Filters(
        tag=tuple(tag or ()),
        use=tuple(use or ()),
        source=tuple(source or ()),
        model_family=tuple(model_family or ()),
        min_rating=min_rating,
        max_nsfw=max_nsfw,
        has_image=has_image,
        since=None if since is None else _moment(since),
    )


def _moment(text: str) -> str:
    from bozzetto.app.clock import moment

    try:
        return moment(text)
    except ValueError:
        raise InputError(
            f"--since: {text!r} is not a date", hint="for example 2026-01-31, or 2026-01-31T12:00"
        ) from None
