"""`bozzetto library`: what is in it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from bozzetto.cli.options import (
    Actor,
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
from bozzetto.cli.output import console, note, write_json

__all__ = ["app", "replacing"]

NOTHING_FOUND = 3

app = typer.Typer(
    help="List, show, edit, rate, delete and export what the library holds.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option("-k", "--limit", min=1, help="How many.")] = 50,
    after: Annotated[
        str | None,
        typer.Option("--after", metavar="ID", help="Go on after this one.", show_default=False),
    ] = None,
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
    """List prompts, oldest first, page by page."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import record_json

    filters = make_filters(tag, use, source, model_family, min_rating, max_nsfw, has_image, since)
    with Assistant.open(home) as a:
        page = a.library.list(limit=limit, after=after, filters=filters)
        total = a.library.count(filters)
    if format is FormatChoice.json:
        write_json({"total": total, "prompts": [record_json(record) for record in page]})
    else:
        from bozzetto.cli.render import records_view

        console().print(records_view(page, total))
    if not page:
        raise typer.Exit(NOTHING_FOUND)


@app.command("show")
def show_command(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", show_default=False)],
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Show prompts whole: text, settings, where they came from."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import record_json

    with Assistant.open(home) as a:
        records = a.library.show(ids)
    if format is FormatChoice.json:
        write_json({"prompts": [record_json(record) for record in records]})
    else:
        from bozzetto.cli.render import record_view

        for record in records:
            console().print(record_view(record))


@app.command("variants")
def variants_command(
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """List the prompts that are nearly the same as one."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import record_json

    with Assistant.open(home) as a:
        found = a.library.variants(identity)
    if format is FormatChoice.json:
        write_json({"prompts": [record_json(record) for record in found]})
    else:
        from bozzetto.cli.render import records_view

        console().print(records_view(found, len(found)))
    if not found:
        raise typer.Exit(NOTHING_FOUND)


@app.command("stats")
def stats_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Count prompts, sources, and what filters can ask for."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import stats_json

    with Assistant.open(home) as a:
        stats, values = a.library.stats()
    if format is FormatChoice.json:
        write_json(stats_json(stats, values))
    else:
        from bozzetto.cli.found import stats_view

        console().print(stats_view(stats, values))


@app.command("edit")
def edit_command(
    identity: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="PROMPT", help="Its new words.", show_default=False),
    ] = None,
    negative: Annotated[
        str | None,
        typer.Option("--negative", metavar="TEXT", help="'' for none.", show_default=False),
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", help="Give it this tag.", show_default=False)
    ] = None,
    untag: Annotated[
        list[str] | None, typer.Option("--untag", help="Take this tag off.", show_default=False)
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Change a prompt's words, negative prompt or tags.

    Other words are another prompt: its id is new, and what was known of the old one stays.
    """
    from bozzetto.app import Assistant
    from bozzetto.app.wire import record_json

    if text is None and negative is None and not tag and not untag:
        raise typer.BadParameter("say what is to change: --text, --negative, --tag or --untag")
    with Assistant.open(home, actor=actor) as a:
        tags = _tags(a.library.show([identity])[0].tags, tag or (), untag or ())
        record = a.library.edit(identity, text, negative=negative, tags=tags)
    if format is FormatChoice.json:
        write_json(record_json(record))
    else:
        from bozzetto.cli.render import record_view

        console().print(record_view(record))


def _tags(before: Sequence[str], more: Sequence[str], gone: Sequence[str]) -> list[str] | None:
    """The tags to be; None where they stay."""
    if not more and not gone:
        return None
    off = {tag.strip().casefold() for tag in gone}
    return [*(tag for tag in before if tag not in off), *more]


@app.command("rate")
def rate_command(
    words: Annotated[
        list[str], typer.Argument(metavar="ID... STARS", show_default=False, help="1-5; 0 undoes.")
    ],
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Rate prompts, 1 to 5: better ones come first and count for more. 0 takes that back."""
    from bozzetto.app import Assistant

    *ids, stars = words
    if not ids or stars not in tuple("012345"):
        raise typer.BadParameter("give ids, then 1 to 5, or 0 to take a rating back")
    with Assistant.open(home, actor=actor) as a:
        changed = a.library.rate(ids, int(stars))
    if format is FormatChoice.json:
        write_json({"changed": changed})
    else:
        typer.echo(f"{changed:,} ratings changed")


@app.command("delete")
def delete_command(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", show_default=False)] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", help="All that came from it alone.", show_default=False),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Delete prompts by id, or all of a source.

    The starter prompts, once deleted as a source, stay away.
    """
    from bozzetto.app import Assistant

    if bool(ids) == (source is not None):
        raise typer.BadParameter("give ids, or --source NAME")
    if not yes and sys.stdin.isatty():
        what = f"everything from {source}" if source is not None else f"{len(ids or [])} prompts"
        typer.confirm(f"Delete {what}?", abort=True, err=True)
    with Assistant.open(home, actor=actor) as a:
        deleted = a.library.delete(ids=tuple(ids or ()), source=source)
    if format is FormatChoice.json:
        write_json({"deleted": deleted})
    else:
        typer.echo(f"{deleted:,} prompts deleted")


@app.command("export")
def export_command(
    target: Annotated[
        str,
        typer.Argument(metavar="FILE", help="A .jsonl file, or - for stdout.", show_default=False),
    ],
    source: Source = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Write the library as JSON Lines that `import` reads back."""
    from bozzetto.app import Assistant
    from bozzetto.types import Filters

    filters = Filters(source=tuple(source or ()))
    with Assistant.open(home) as a:
        if target == "-":
            _write(a.library.export(filters), sys.stdout)
            return
        path = Path(target)
        with replacing(path) as file:
            count = _write(a.library.export(filters), file)
    if format is FormatChoice.json:
        write_json({"path": str(path), "prompts": count})
    else:
        note(f"{count:,} prompts written to {path}")


@contextmanager
def replacing(path: Path) -> Iterator[TextIO]:
    """A file written beside its place and put there whole; a pipe or a device, as it is."""
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        return
    path = path.resolve()  # where it is a link, what it links to is replaced
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            yield file
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _write(rows: object, file: TextIO) -> int:
    count = 0
    for row in rows:  # type: ignore[attr-defined]
        file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
        count += 1
    return count
