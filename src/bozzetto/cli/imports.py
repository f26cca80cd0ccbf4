"""`bozzetto import`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import complain, note, progress_bar, write_json
from bozzetto.errors import BackendError, BozzettoError, InputError, NotFoundError
from bozzetto.types import ImportReport

if TYPE_CHECKING:
    from bozzetto.app import Assistant

__all__ = ["import_command"]

PARTLY = 6
SHOWN_BAD_ROWS = 20


def import_command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="A file, a folder, - for lines from stdin, or scheme:rest (diffusiondb:2m).",
            show_default=False,
        ),
    ],
    kind: Annotated[
        str | None,
        typer.Option("--as", metavar="KIND", help="Read it as this kind.", show_default=False),
    ] = None,
    embed: Annotated[
        bool, typer.Option("--embed/--no-embed", help="Make it searchable by meaning at once.")
    ] = True,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Add prompts to the library.

    Reads parquet, CSV, TSV, JSON Lines, plain text, folders of them, and DiffusionDB.
    """
    from bozzetto.app import Assistant
    from bozzetto.app.wire import report_json

    with progress_bar() as progress, Assistant.open(home, actor=actor, progress=progress) as a:
        reports, errors = _add_all(a, sources, kind)
        if embed:
            a.embed()
        waiting = a.library.waiting()
    if format is FormatChoice.json:
        write_json(
            {
                "imports": [report_json(report) for report in reports],
                "errors": [
                    {"source": source, "message": error.message} for source, error in errors
                ],
                "waiting": waiting,
            }
        )
    else:
        _tell(reports, waiting)
    if errors or any(report.bad_count for report in reports):
        raise typer.Exit(PARTLY)


def _add_all(
    a: Assistant, sources: list[str], kind: str | None
) -> tuple[list[ImportReport], list[tuple[str, BozzettoError]]]:
    """Import each source; one that cannot be read stops nobody, unless none can be."""
    reports: list[ImportReport] = []
    errors: list[tuple[str, BozzettoError]] = []
    for source in sources:
        try:
            reports += a.add_each(source, kind=kind)
        except (InputError, NotFoundError, BackendError) as error:
            errors.append((source, error))
    if len(errors) == len(sources):
        _, last = errors.pop()
        _complain_of(errors)
        raise last
    _complain_of(errors)
    return reports, errors


def _complain_of(errors: list[tuple[str, BozzettoError]]) -> None:
    for _, one in errors:
        complain(one)


def _tell(reports: list[ImportReport], waiting: int) -> None:
    for report in reports:
        if report.already_complete:
            typer.echo(f"{report.source}: already in the library, nothing changed")
            continue
        typer.echo(
            f"{report.source}: {report.rows:,} rows, {report.new:,} new prompts, "
            f"{report.known:,} seen before, {report.bad_count:,} bad"
        )
        for row in report.bad[:SHOWN_BAD_ROWS]:
            note(f"  {report.source}, {row.place}: {row.reason}")
        if report.bad_count > SHOWN_BAD_ROWS:
            note(f"  and {report.bad_count - SHOWN_BAD_ROWS:,} more (--format json lists them)")
    if waiting:
        note(
            f"{waiting:,} prompts are not searchable by meaning yet: run import without --no-embed"
        )
