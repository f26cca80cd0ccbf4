"""`bozzetto campaign`: from a brief to pictures that people choose from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.board import review_command
from bozzetto.cli.drawn import end_by_jobs, pictures_shown, print_images, tell_failures
from bozzetto.cli.generate import Images
from bozzetto.cli.handing import (
    delete_command,
    export_command,
    keep_command,
    score_command,
    sheet_command,
    take_back_command,
    tune_command,
)
from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import console, note, progress_bar, write_json

if TYPE_CHECKING:
    from bozzetto.app.boards import Campaign
    from bozzetto.types import Brief

__all__ = ["Name", "app"]

NOTHING_FOUND = 3
MOST_LISTED = 10_000

app = typer.Typer(
    help="From a brief to pictures, people's choice of them, and what to do with it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The campaign.", show_default=False)]
Reviewer = Annotated[
    str | None, typer.Option("--as", metavar="REVIEWER", help="Who says so.", show_default=False)
]


@app.command("run")
def run_command(
    brief: Annotated[
        Path | None,
        typer.Argument(metavar="[BRIEF]", help="A TOML file.", show_default=False),
    ] = None,
    idea: Annotated[
        list[str] | None,
        typer.Option("--idea", help="Instead of a brief; repeat for more.", show_default=False),
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="How it is called.", show_default="the brief's")
    ] = None,
    images: Images = None,
    sheet: Annotated[
        Path | None,
        typer.Option("--sheet", metavar="FILE", help="Then a contact sheet, .pdf or .png."),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Write and draw a campaign from a brief; run again, it goes on where it was left."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import campaign_json

    asked = _brief(brief, idea or [], name, images)
    with progress_bar() as show, Assistant.open(home, actor=actor, progress=show) as a:
        drawn = pictures_shown(show, a.campaigns.pictures(asked))
        found = a.campaigns.run(asked, on_event=drawn)
        files = a.campaigns.contact_sheet(found.name, sheet) if sheet else ()
    if format is FormatChoice.json:
        write_json(campaign_json(found) | {"sheet": [str(file) for file in files]})
    else:
        _print(found)
        for file in files:
            note(f"the contact sheet: {file}")
        tell_failures(found.images, found.jobs)
        if any(image.state == "ok" for image in found.images):
            note(f"look at them and choose: bozzetto campaign review {_quoted(found.name)}")
    end_by_jobs(found.jobs)


def _brief(path: Path | None, ideas: list[str], name: str | None, images: str | None) -> Brief:
    from dataclasses import replace

    from bozzetto.review.brief import brief_from, read_brief

    if (path is None) == (not ideas):
        raise typer.BadParameter("give a brief, a TOML file, or --idea TEXT; one of the two")
    if path is not None:
        found = read_brief(path)
    else:
        found = brief_from({"name": name or ideas[0][:60], "ideas": ideas}, place="--idea")
    if name:
        found = replace(found, name=name)
    return replace(found, images=images) if images else found


@app.command("list")
def list_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """List campaigns, the newest first."""
    from rich.text import Text

    from bozzetto.app import Assistant
    from bozzetto.app.wire import summary_json
    from bozzetto.text.normalise import visible

    with Assistant.open(home) as a:
        rows, _ = a.campaigns.page(limit=MOST_LISTED)
    if format is FormatChoice.json:
        write_json({"campaigns": [summary_json(row) for row in rows]})
    else:
        for row in rows:
            counts = f"{row.pictures} of {row.total} pictures, {row.kept} kept"
            console().print(Text(f"{visible(row.name)}  {row.at}  {counts}"))
    if not rows:
        raise typer.Exit(NOTHING_FOUND)


@app.command("show")
def show_command(name: Name, home: Home = None, format: Format = FormatChoice.human) -> None:
    """Show a campaign: its brief, its pictures, what was said, how far reviewers agree."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import campaign_json

    with Assistant.open(home) as a:
        found = a.campaigns.show(name)
    if format is FormatChoice.json:
        write_json(campaign_json(found))
    else:
        _print_brief(found.brief)
        print_images(found.images, {one.image: one for one in found.standings})
        _print(found)


@app.command("judge")
def judge_command(
    name: Name,
    image: Annotated[
        str | None, typer.Argument(metavar="[IMAGE]", help="Its id.", show_default=False)
    ] = None,
    keep: Annotated[bool | None, typer.Option("--keep/--reject", show_default=False)] = None,
    rating: Annotated[
        int | None, typer.Option("--rating", min=0, max=5, help="0: none.", show_default=False)
    ] = None,
    text: Annotated[str | None, typer.Option("--note", show_default=False)] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last verdict back.")] = False,
    reviewer: Reviewer = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Say something of a picture: keep or reject it, rate it, note something."""
    from bozzetto.app import Assistant
    from bozzetto.app.campaigns import UNSET
    from bozzetto.app.wire import verdict_json

    if undo == (image is not None):
        raise typer.BadParameter("name a picture, or take the last verdict back with --undo")
    if not undo and keep is None and rating is None and text is None:
        raise typer.BadParameter("say --keep, --reject, --rating or --note")
    with Assistant.open(home, actor=actor) as a:
        if undo:
            verdict = a.campaigns.undo(name, reviewer=reviewer)
        else:
            verdict = a.campaigns.judge(
                name,
                image or "",
                reviewer=reviewer,
                keep=UNSET if keep is None else keep,
                rating=UNSET if rating is None else rating or None,
                note=UNSET if text is None else text,
            )
    if format is FormatChoice.json:
        write_json({"verdict": verdict_json(verdict) if verdict else None})
    elif verdict is None:
        note(
            f"{reviewer or 'this reviewer'} has said nothing to take back; --as names somebody else"
        )
    if verdict is None:
        raise typer.Exit(NOTHING_FOUND)


app.command("review")(review_command)
app.command("sheet")(sheet_command)
app.command("export")(export_command)
app.command("tune")(tune_command)
app.command("score")(score_command)
app.command("keep")(keep_command)
app.command("take-back")(take_back_command)
app.command("delete")(delete_command)


def _print_brief(brief: Brief) -> None:
    """What a campaign is for, a line each."""
    from rich.text import Text

    from bozzetto.text.normalise import visible

    said = {
        "ideas": " | ".join(brief.ideas), "for": brief.audience,
        "must have": ", ".join(brief.must), "never": ", ".join(brief.never),
    }  # fmt: skip
    for name, text in said.items():
        if text:
            console().print(Text(f"{name}: {visible(text)}"))


def _print(found: Campaign) -> None:
    """How a campaign stands, in a few lines."""
    from rich.text import Text

    from bozzetto.text.normalise import visible

    kept = sum(one.keep is True for one in found.standings)
    rejected = sum(one.keep is False for one in found.standings)
    ok = sum(image.state == "ok" for image in found.images)
    total = sum(job.total for job in found.jobs)
    out = console()
    out.print(Text(visible(found.name), style="bold"))
    out.print(Text(f"  {ok} of {total} pictures, {kept} kept, {rejected} rejected"))
    said = found.agreement
    if len(said.reviewers) > 1 and said.same is not None:
        alpha = "" if said.keep is None else f", alpha {said.keep:.2f}"
        out.print(
            Text(
                f"  {len(said.reviewers)} reviewers, the same said of {said.same:.0%} of"
                f" {said.pairs} pairs{alpha}"
            )
        )


def _quoted(name: str) -> str:
    import shlex

    return ("-- " if name.startswith("-") else "") + shlex.quote(name)
