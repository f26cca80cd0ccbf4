"""What is done with a campaign: sheets, exports, pairs for tuning, the library."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import note, progress_bar, write_json

__all__ = [
    "delete_command",
    "export_command",
    "keep_command",
    "score_command",
    "sheet_command",
    "take_back_command",
    "tune_command",
]

NOTHING_FOUND, PARTLY = 3, 6

Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign.", show_default=False)]


class Layout(StrEnum):
    """How a folder for tuning is laid out."""

    kohya = "kohya"
    imagefolder = "imagefolder"


def sheet_command(
    name: Name,
    target: Annotated[Path, typer.Argument(metavar="FILE", help=".pdf or .png.")],
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Write a contact sheet: every picture, its prompt, what was said."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        files = a.campaigns.contact_sheet(name, target)
        missing = a.campaigns.missing(name)
    if format is FormatChoice.json:
        write_json({"sheet": [str(file) for file in files], "missing": [*missing]})
    else:
        note("written: " + ", ".join(map(str, files)))
    _end_by(missing)


def export_command(
    name: Name,
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A folder, or a .zip file.")],
    kept: Annotated[bool, typer.Option("--kept", help="Only what is kept.")] = False,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Hand on the pictures with prompts, manifests (CSV, JSON) and a contact sheet."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        done = a.campaigns.export(name, target, only_kept=kept)
    if format is FormatChoice.json:
        write_json(
            {"target": str(done.target), "pictures": done.pictures, "missing": [*done.missing]}
        )
    else:
        note(f"{done.pictures} pictures written to {done.target}")
    _end_by(done.missing)


def tune_command(
    name: Name,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="New or empty; or a new .zip file.")
    ],
    layout: Annotated[
        Layout, typer.Option("--layout", help="Of kohya's scripts, or of diffusers.")
    ] = Layout.kohya,
    concept: Annotated[str, typer.Option("--concept", help="kohya: what is learnt.")] = "style",
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="kohya: how often.")] = 10,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Write kept pictures with their prompts, to tune a model on them."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        done = a.campaigns.tune(name, folder, layout=layout.value, concept=concept, repeats=repeats)
    if format is FormatChoice.json:
        write_json({"folder": str(done.target), "pairs": done.pairs, "missing": [*done.missing]})
    else:
        note(f"{done.pairs} pairs written to {done.target}")
    _end_by(done.missing)


def _end_by(missing: Sequence[str]) -> None:
    """Name the pictures whose files are gone or damaged, and end so that it is noticed."""
    for identity in missing:
        note(f"{identity}: its file is gone or damaged")
    if missing:
        raise typer.Exit(PARTLY)


def score_command(
    name: Name,
    by: Annotated[
        str, typer.Option("--by", metavar="SCHEME:REST", help="For example clip:FOLDER.")
    ],
    best: Annotated[
        int | None, typer.Option("--best", min=1, help="How many.", show_default="all")
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Have a model score the pictures, and list the best first; it decides nothing."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import image_json

    with Assistant.open(home) as a:
        images = a.campaigns.score(name, by)[:best]
    if format is FormatChoice.json:
        write_json({"images": [image_json(image) for image in images]})
    else:
        for image in images:
            said = "  ".join(f"{key} {value:.3f}" for key, value in image.scores.items())
            typer.echo(f"{image.id}  {said}")


def keep_command(
    name: Name, home: Home = None, format: Format = FormatChoice.human, actor: Actor = None
) -> None:
    """Bring what reviewers keep into the library, rated; take-back undoes it."""
    from bozzetto.app import Assistant

    with progress_bar() as show, Assistant.open(home, actor=actor, progress=show) as a:
        done = a.campaigns.keep(name)
    if format is FormatChoice.json:
        write_json(
            {
                "source": done.source,
                "new": done.new,
                "rated": done.rated,
                "unchanged": done.unchanged,
                "taken_back": done.taken_back,
            }
        )
    else:
        note(
            f"{done.new} prompts are new in the library, {done.rated} there were rated,"
            f" {done.unchanged} are as they were"
            + (f", {done.taken_back} were taken back" if done.taken_back else "")
        )
    if not (done.new or done.rated or done.unchanged or done.taken_back):
        raise typer.Exit(NOTHING_FOUND)


def delete_command(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Delete a campaign: its jobs, its verdicts, and pictures that nothing else has.

    What it brought into the library stays there; take-back before it undoes that.
    """
    from bozzetto.app import Assistant

    if not yes and sys.stdin.isatty():
        typer.confirm(f"Delete the campaign {name} and its pictures?", abort=True, err=True)
    with Assistant.open(home, actor=actor) as a:
        count = a.campaigns.delete(name)
    if format is FormatChoice.json:
        write_json({"deleted": count})
    else:
        note(f"deleted, with {count} pictures")


def take_back_command(
    name: Name,
    image: Annotated[
        list[str] | None,
        typer.Option("--image", metavar="ID", help="Of these alone.", show_default=False),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Have the library as it was before keep."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        count = a.campaigns.take_back(name, images=image)
    if format is FormatChoice.json:
        write_json({"taken_back": count})
    else:
        note(f"{count} prompts are as they were")
    if image and not count:
        raise typer.Exit(NOTHING_FOUND)
