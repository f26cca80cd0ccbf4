"""Pictures on a terminal: how far they are, what came, and how a run that made them ends."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bozzetto.cli.output import console
from bozzetto.errors import BackendError, BozzettoError

if TYPE_CHECKING:
    from bozzetto.app.drawing import OnDraw
    from bozzetto.types import Image, JobInfo, Progress

__all__ = ["copied", "end_by", "end_by_jobs", "pictures_shown", "print_images"]

PARTLY = 6


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


def print_images(images: Sequence[Image]) -> None:
    """Each picture on a line or two: where it lies, or why there is none."""
    from rich.text import Text

    from bozzetto.text.normalise import visible

    out = console()
    for image in images:
        seed = image.effective.seed if image.effective else image.request.seed
        line = Text()
        line.append(image.id, style="bold")
        line.append(f"  seed {seed}" if seed is not None else "")
        for axis, value in image.labels.items():
            if axis != "seed":
                line.append(f"  {axis} {visible(value)[:40]}")
        out.print(line)
        if image.path:
            out.print(Text("  " + image.path, overflow="fold"))
        else:
            out.print(Text(f"  {image.state}: {visible(image.reason or '')}"))
        for note in image.effective.notes if image.effective else ():
            out.print(Text(f"  {visible(note)}", style="dim"))


def copied(images: Sequence[Image], folder: Path) -> tuple[Image, ...]:
    """Pictures copied into a folder under their ids, and their paths there."""
    return tuple(_copy(image, folder / f"{image.id}.png") for image in images)


def _copy(image: Image, target: Path) -> Image:
    if image.path is None:
        return image
    shutil.copyfile(image.path, target)
    return replace(image, path=str(target.absolute()))


def end_by(images: Sequence[Image], expected: int) -> None:
    """End the run: quietly where all is there, else with the exit code that says how much is."""
    ok = sum(image.state == "ok" for image in images)
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
