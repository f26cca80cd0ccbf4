"""Pictures on a terminal: how far they are, what came, and how a run that made them ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bozzetto.cli.output import console, note
from bozzetto.errors import BackendError, BozzettoError

if TYPE_CHECKING:
    from rich.text import Text

    from bozzetto.app.drawing import OnDraw
    from bozzetto.review.verdicts import Standing
    from bozzetto.types import Image, JobInfo, Progress

__all__ = ["copied", "end_by", "end_by_jobs", "pictures_shown", "print_images", "tell_failures"]

PARTLY = 6
MOST_REASONS = 5


def pictures_shown(show: Callable[[Progress], None], total: int) -> OnDraw:
    """What hears of pictures and shows how many are there."""
    from bozzetto.types import DrawDone, DrawEvent, DrawProgress, DrawRetry, Progress

    done = 0
    shares: dict[tuple[str, int], float] = {}

    def hear(event: DrawEvent) -> None:
        nonlocal done
        key = (event.job, event.position)
        if isinstance(event, DrawRetry):
            shares.pop(key, None)
            text = f"picture {event.position + 1}: {event.reason}; again in {event.wait:.0f} s"
            show(Progress("pictures", done, total, message=text))
        elif isinstance(event, DrawProgress):
            shares[key] = event.done
            show(Progress("pictures", done, total))
        elif isinstance(event, DrawDone):
            shares.pop(key, None)
            done += 1
            show(Progress("pictures", done, max(total, done)))

    return hear


def print_images(images: Sequence[Image], said: Mapping[str, Standing] | None = None) -> None:
    """Each picture on a line or two: where it lies, or why there is none.

    Where they are of several prompts, each prompt stands above its pictures; `said` adds what
    reviewers say of each.
    """
    from rich.text import Text

    from bozzetto.text.normalise import visible

    out = console()
    several = len({image.request.prompt for image in images}) > 1
    above = ""
    for image in images:
        if several and image.request.prompt != above:
            above = image.request.prompt
            out.print(Text(f"{image.lineage.kind}: {visible(' '.join(above.split()))}"))
        out.print(_line(image, said))
        if image.path:
            out.print(Text("  " + image.path), soft_wrap=True)  # to be copied whole
        else:
            out.print(Text(f"  {image.state}: {visible(image.reason or '')}"))
        for told in image.effective.notes if image.effective else ():
            out.print(Text(f"  {visible(told)}", style="dim"))


def _line(image: Image, said: Mapping[str, Standing] | None) -> Text:
    """A picture's id, seed, place in a grid, and what reviewers say of it."""
    from rich.text import Text

    from bozzetto.text.normalise import visible

    seed = image.effective.seed if image.effective else image.request.seed
    line = Text()
    line.append(image.id, style="bold")
    line.append(f"  seed {seed}" if seed is not None else "")
    for axis, value in image.labels.items():
        if axis not in ("seed", "prompt"):
            line.append(f"  {axis} {visible(value)[:40]}")
    for verdict in said[image.id].verdicts if said and image.id in said else ():
        keep = {True: " keeps it", False: " rejects it", None: ""}[verdict.keep]
        stars = f" {verdict.rating}/5" if verdict.rating else ""
        note = f" ({visible(' '.join(verdict.note.split()))})" if verdict.note else ""
        line.append(f"  {visible(verdict.reviewer)}{keep}{stars}{note};")
    return line


def tell_failures(images: Sequence[Image], jobs: Sequence[JobInfo]) -> None:
    """Why pictures were not made, each reason once, and how to ask for them again."""
    reasons = [f"{image.state}: {image.reason}" for image in images if image.state != "ok"]
    for reason in list(dict.fromkeys(reasons))[:MOST_REASONS]:
        note(f"{reasons.count(reason)} {reason}")
    for job in jobs:
        if job.failed:
            note(f"once more: bozzetto jobs retry {job.id}; bozzetto jobs resume {job.id}")


def copied(images: Sequence[Image], folder: Path) -> tuple[Image, ...]:
    """Pictures copied into a folder under their ids, and their paths there."""
    return tuple(_copy(image, folder / f"{image.id}.png") for image in images)


def _copy(image: Image, target: Path) -> Image:
    from bozzetto.app.writeout import write_whole

    if image.path is None:
        return image
    write_whole(target, Path(image.path).read_bytes())
    return replace(image, path=str(target.absolute()))


def end_by(images: Sequence[Image], expected: int) -> None:
    """End the run: quietly where all is there, else with the exit code that says how much is."""
    ok = sum(image.state == "ok" for image in images)
    if len(images) < expected:
        note(f"{expected - len(images)} of {expected} were cancelled, or wait for somebody else")
    _end(ok, expected, any(image.state == "failed" for image in images))


def end_by_jobs(jobs: Sequence[JobInfo]) -> None:
    """The same for jobs, of which two may have a picture together."""
    ok, total = sum(job.ok for job in jobs), sum(job.total for job in jobs)
    _end(ok, total, any(job.failed for job in jobs))


def _end(ok: int, expected: int, failed: bool) -> None:
    if ok == expected:
        return
    if ok:
        raise typer.Exit(PARTLY)
    raise typer.Exit(BackendError.exit_code if failed else BozzettoError.exit_code)
