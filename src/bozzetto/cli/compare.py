"""`bozzetto compare`: an idea, what was found for it and what was written of it, as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bozzetto.cli.drawn import end_by, pictures_shown, print_images
from bozzetto.cli.generate import Images, JoinCampaign, Size, Steps
from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import note, progress_bar, write_json

__all__ = ["compare_command"]


def compare_command(
    idea: Annotated[
        str, typer.Argument(help="What you have in mind, in any language.", show_default=False)
    ],
    pick: Annotated[
        list[str] | None,
        typer.Option("--pick", metavar="ID", help="This hit.", show_default="the best"),
    ] = None,
    n: Annotated[int, typer.Option("-n", min=1, max=32, help="Candidates.")] = 3,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=64, help="Of each prompt.")] = 2,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The first.")] = 0,
    images: Images = None,
    size: Size = None,
    steps: Steps = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The image model.", show_default="sdxl")
    ] = None,
    chat: Annotated[
        str | None,
        typer.Option("--chat", metavar="SCHEME:MODEL", help="Who writes.", show_default="compose"),
    ] = None,
    campaign: JoinCampaign = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="For sheet and page.", show_default=False),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Draw the idea as typed, the hit, and each candidate, with the same seeds, side by side."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import generate_json, optimize_json

    with progress_bar() as show, Assistant.open(home, actor=actor, progress=show) as a:
        found = a.compare(
            idea, folder=out, pick=tuple(pick or ()), n=n, seeds=seeds, seed=seed, images=images,
            size=size, steps=steps, profile=profile, chat=chat,
            campaign=campaign, on_event=pictures_shown(show, (n + 2) * seeds),
        )  # fmt: skip
    if format is FormatChoice.json:
        files = {"sheet": str(found.sheet), "page": str(found.page)}
        write_json(optimize_json(found.written) | generate_json(found.drawn) | files)
    else:
        print_images(found.drawn.images)
        note(f"the sheet: {found.sheet}")
        note(f"the page: {found.page}")
    end_by(found.drawn.images, found.drawn.total)
