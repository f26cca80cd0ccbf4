"""`bozzetto generate`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from bozzetto.cli.drawn import copied, end_by, pictures_shown, print_images
from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import note, progress_bar, write_json

__all__ = [
    "Guidance",
    "ImageModel",
    "Images",
    "JoinCampaign",
    "Sampler",
    "Size",
    "Steps",
    "generate_command",
]

Images = Annotated[
    str | None,
    typer.Option("--images", metavar="SCHEME:REST", help="Who draws.", show_default="sketch:"),
]
Size = Annotated[
    str | None,
    typer.Option("--size", metavar="WxH", help="Pixels.", show_default="the profile's first"),
]
Steps = Annotated[int | None, typer.Option("--steps", min=1, max=1000, show_default=False)]
Guidance = Annotated[
    float | None,
    typer.Option("--guidance", min=0, max=100, help="CFG scale.", show_default=False),
]
Sampler = Annotated[str | None, typer.Option("--sampler", show_default=False)]
ImageModel = Annotated[
    str | None,
    typer.Option("--model", help="A checkpoint of the back end.", show_default=False),
]
JoinCampaign = Annotated[
    str | None,
    typer.Option(
        "--campaign",
        metavar="NAME",
        help="Have the pictures on this campaign's board; it is made where there is none.",
        show_default=False,
    ),
]
FEW = 4


def generate_command(
    prompt: Annotated[
        str | None, typer.Argument(help="What is to be drawn, as it is.", show_default=False)
    ] = None,
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            "--candidate",
            metavar="ID",
            help="Draw a candidate of optimize; repeat for more.",
            show_default=False,
        ),
    ] = None,
    again: Annotated[
        str | None,
        typer.Option(
            "--again", metavar="ID", help="Make a picture's request again.", show_default=False
        ),
    ] = None,
    images: Images = None,
    n: Annotated[int | None, typer.Option("-n", min=1, help="Seeds.", show_default="4")] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", min=0, help="The first seed.", show_default="a random one"),
    ] = None,
    size: Size = None,
    negative: Annotated[
        str | None,
        typer.Option("--negative", help="What is not to be there.", show_default=False),
    ] = None,
    steps: Steps = None,
    guidance: Guidance = None,
    sampler: Sampler = None,
    model: ImageModel = None,
    profile: Annotated[
        str | None, typer.Option("--profile", help="The image model.", show_default="sdxl")
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid",
            metavar="AXIS=V,V",
            help="Go over prompt (with |), seed, steps, guidance or sampler; one or two of them.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Draw the candidates' idea and hit too."),
    ] = False,
    campaign: JoinCampaign = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="For copies of the pictures."),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Draw a prompt, or candidates of optimize, with several seeds.

    Pictures are kept in the home as they come. What was cut short: bozzetto jobs resume.
    """
    from bozzetto.app import Assistant
    from bozzetto.app.wire import generate_json
    from bozzetto.app.writeout import make_folder, write_whole
    from bozzetto.generate.plan import read_axis

    axes = dict(map(read_axis, grid or ()))
    if len(axes) < len(grid or ()):
        raise typer.BadParameter("--grid names an axis twice; give its values at once")
    if axes and n is not None:
        raise typer.BadParameter("with --grid, name the seeds as an axis: --grid seed=1,2,3")
    count = n or (1 if axes or again else FEW)
    if out:
        make_folder(out)
    total = _cells(axes) if axes else count * (max(1, len(candidate or ())) + 2 * compare)
    with progress_bar() as show, Assistant.open(home, actor=actor, progress=show) as a:
        result = a.generate(
            prompt, candidate=candidate or (), again=again, n=count, seed=seed, grid=axes or None,
            images=images, size=size, steps=steps, guidance=guidance, sampler=sampler,
            model=model, profile=profile, negative=negative, compare=compare, campaign=campaign,
            on_event=pictures_shown(show, total),
        )  # fmt: skip
    images_shown = copied(result.images, out) if out else result.images
    if out and result.sheet:
        sheet = write_whole(out / "sheet.png", Path(result.sheet).read_bytes())
        result = replace(result, sheet=str(sheet.absolute()))
    if format is FormatChoice.json:
        write_json(generate_json(replace(result, images=images_shown)))
    else:
        print_images(images_shown)
        if result.sheet:
            note(f"the sheet: {result.sheet}")
    end_by(result.images, result.total)


def _cells(axes: dict[str, tuple[str, ...]]) -> int:
    cells = 1
    for values in axes.values():
        cells *= len(values)
    return cells
