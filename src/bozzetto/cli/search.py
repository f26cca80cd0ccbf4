"""`bozzetto search`."""

from __future__ import annotations

from typing import Annotated

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

__all__ = ["search_command"]

NOTHING_FOUND = 3


def search_command(
    idea: Annotated[
        str | None,
        typer.Argument(help="What you have in mind, in any language.", show_default=False),
    ] = None,
    k: Annotated[int | None, typer.Option("-k", help="How many hits.", show_default="10")] = None,
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

    filters = make_filters(tag, use, source, model_family, min_rating, max_nsfw, has_image, since)
    with progress_bar() as progress, Assistant.open(home, progress=progress) as a:
        if batch is not None:
            answer_lines(
                idea,
                batch,
                lambda line: search_json(
                    a.search(line.idea, k=k if line.k is None else line.k, filters=filters)
                ),
            )
            return
        if idea is None:
            raise typer.BadParameter("say what you have in mind, or give --batch FILE")
        result = a.search(idea, k=k, filters=filters)
    if format is FormatChoice.json:
        write_json(search_json(result))
    else:
        from bozzetto.cli.render import hits_view

        console().print(hits_view(result))
        for text in result.notes:
            note(text)
    if not result.hits:
        raise typer.Exit(NOTHING_FOUND)
