"""`bozzetto jobs`: pictures that wait, are drawn, are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.drawn import end_by, pictures_shown, print_images
from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import console, note, progress_bar, write_json

if TYPE_CHECKING:
    from bozzetto.types import JobInfo

__all__ = ["app"]

NOTHING_FOUND = 3

app = typer.Typer(
    help="List, show, resume, retry and cancel jobs of pictures.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Job = Annotated[str, typer.Argument(metavar="ID", show_default=False)]


@app.command("list")
def list_command(
    limit: Annotated[int, typer.Option("-k", "--limit", min=1, help="How many.")] = 20,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """List jobs, the newest first."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import job_json

    with Assistant.open(home) as a:
        jobs = a.jobs.list(limit=limit)
    if format is FormatChoice.json:
        write_json({"jobs": [job_json(job) for job in jobs]})
    else:
        for job in jobs:
            _print(job)
    if not jobs:
        raise typer.Exit(NOTHING_FOUND)


@app.command("show")
def show_command(job: Job, home: Home = None, format: Format = FormatChoice.human) -> None:
    """Show a job and the pictures there are of it."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import image_json, job_json

    with Assistant.open(home) as a:
        info, images = a.jobs.show(job)
    if format is FormatChoice.json:
        write_json(job_json(info) | {"images": [image_json(image) for image in images]})
    else:
        _print(info)
        print_images(images)


@app.command("resume")
def resume_command(
    job: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="One; else all.", show_default=False)
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Draw what is still open, after an interruption or a retry."""
    from bozzetto.app import Assistant
    from bozzetto.app.wire import generate_json
    from bozzetto.types import GenerateResult

    with progress_bar() as show, Assistant.open(home, actor=actor, progress=show) as a:
        jobs = [a.jobs.show(job)[0]] if job else a.jobs.list(limit=10_000)
        left = [one for one in jobs if one.waiting + one.running]
        total = sum(one.waiting + one.running for one in left)
        if total:
            a.jobs.resume(job, on_event=pictures_shown(show, total))
        shown = [a.jobs.show(one.id) for one in left]
    results = [GenerateResult(info.id, tuple(images), info.total) for info, images in shown]
    images = [image for result in results for image in result.images]
    if format is FormatChoice.json:
        write_json({"jobs": [generate_json(result) for result in results]})
    elif not total:
        note("nothing is left to draw")
    else:
        print_images(images)
    end_by(images, sum(result.total for result in results))


@app.command("retry")
def retry_command(
    job: Job, home: Home = None, format: Format = FormatChoice.human, actor: Actor = None
) -> None:
    """Let what failed or was cancelled wait again; resume draws it."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        count = a.jobs.retry(job)
    if format is FormatChoice.json:
        write_json({"waiting": count})
    else:
        note(f"{count} wait again; draw them: bozzetto jobs resume {job}")


@app.command("cancel")
def cancel_command(
    job: Job, home: Home = None, format: Format = FormatChoice.human, actor: Actor = None
) -> None:
    """Make no more of a job; what is made stays."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        count = a.jobs.cancel(job)
    if format is FormatChoice.json:
        write_json({"cancelled": count})
    else:
        note(f"{count} will not be made")


def _print(job: JobInfo) -> None:
    """One job on two lines: id, state, title, and how many of its pictures are where."""
    from rich.text import Text

    from bozzetto.text.normalise import visible

    counts = {
        "made": job.ok, "filtered": job.filtered, "failed": job.failed,
        "running": job.running, "waiting": job.waiting, "cancelled": job.cancelled,
    }  # fmt: skip
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    line = Text(job.id, style="bold")
    far = f" {job.done:.0%}" if job.state == "running" else ""
    line.append(f"  {job.state}{far}  {said} of {job.total}", style="not bold")
    console().print(line)
    console().print(Text(f"  {visible(job.title)}"))
