"""`bozzetto search`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bozzetto.cli.batches import answer_lines
from bozzetto.cli.options import (
    BatchFile,
    Format,
    FormatChoice,
    HasImage,
    Home,
    MaxNsfw,
    MinRating,
    ModelFamily,
    Since,
    Source,
    Tag,
    Use,
    make_filters,
)
from bozzetto.cli.output import console, note, progress_bar, write_json

if TYPE_CHECKING:
    from bozzetto.types import SearchResult

__all__ = ["search_command"]

NOTHING_FOUND = 3


class Half(StrEnum):
    """What of a prompt a search goes by."""

    both = "both"
    subject = "subject"
    look = "look"


def search_command(
    idea: Annotated[
        str | None,
        typer.Argument(
            help="What you have in mind, in any language; not needed with --like.",
            show_default=False,
        ),
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="How many hits.", show_default="10")] = None,
    like: Annotated[
        list[str] | None,
        typer.Option(
            "--like", metavar="ID", help="More like this prompt; repeatable.", show_default=False
        ),
    ] = None,
    unlike: Annotated[
        list[str] | None,
        typer.Option(
            "--unlike", metavar="ID", help="Less like this prompt; repeatable.", show_default=False
        ),
    ] = None,
    by: Annotated[
        Half, typer.Option("--by", help="What counts: subject, look, or both.")
    ] = Half.both,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count uses, tags, models, sources of the 100 best.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each was found.")] = False,
    batch: BatchFile = None,
    tag: Tag = None,
    use: Use = None,
    source: Source = None,
    model_family: ModelFamily = None,
    min_rating: MinRating = None,
    max_nsfw: MaxNsfw = None,
    has_image: HasImage = None,
    since: Since = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Find prompts in the library that fit an idea."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import search_json

    def answer(idea: str | None, k: int | None) -> SearchResult:
        return a.search(
            idea,
            k,
            like=like or (),
            unlike=unlike or (),
            by=by.value,
            explain=explain,
            filters=filters,
        )

    def as_json(result: SearchResult) -> dict[str, Any]:
        return search_json(result, explain=explain, facets=facets)

    filters = make_filters(tag, use, source, model_family, min_rating, max_nsfw, has_image, since)
    with progress_bar() as progress, Assistant.open(home, progress=progress) as a:
        if batch is not None:
            answer_lines(
                idea,
                batch,
                lambda line: as_json(answer(line.idea, k if line.k is None else line.k)),
            )
            return
        if idea is None and not like:
            raise typer.BadParameter("say what you have in mind, or give --like ID or --batch FILE")
        result = answer(idea, k)
    if format is FormatChoice.json:
        write_json(as_json(result))
    else:
        from bozzetto.cli.found import search_view

        console().print(
            search_view(result, like or (), unlike or (), by.value, explain=explain, facets=facets)
        )
        for text in result.notes:
            note(text)
    if not result.hits:
        raise typer.Exit(NOTHING_FOUND)
