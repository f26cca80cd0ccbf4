"""`bozzetto backup` and `bozzetto restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import write_json

__all__ = ["backup_command", "restore_command"]


def backup_command(
    target: Annotated[
        Path | None,
        typer.Argument(
            help="The file to write; else one in the home's backups.", show_default=False
        ),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Copy the library to a file.

    The copy is whole and consistent, also while the library is in use.
    """
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        path = a.backup(target)
    if format is FormatChoice.json:
        write_json({"path": str(path)})
    else:
        typer.echo(str(path))


def restore_command(
    backup: Annotated[Path, typer.Argument(help="A file that `backup` wrote.", show_default=False)],
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Put a backup in the library's place.

    What was there is kept among the home's backups.
    """
    from bozzetto.app.safety import restore

    kept = restore(backup, home, actor=actor)
    if format is FormatChoice.json:
        write_json({"restored": str(backup), "kept": str(kept) if kept else None})
    else:
        typer.echo(f"restored from {backup}" + (f"; the former library is {kept}" if kept else ""))
