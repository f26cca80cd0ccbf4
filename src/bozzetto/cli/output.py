"""What goes where: data to stdout, everything else to stderr; terminals get safe text only."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from bozzetto.errors import BozzettoError
from bozzetto.text.normalise import visible
from bozzetto.types import Progress

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "complain",
    "console",
    "note",
    "progress_bar",
    "terminal",
    "write_json",
    "write_json_line",
]


def console() -> Console:
    """The console for data meant for people."""
    from rich.console import Console

    return Console(highlight=False, emoji=False, markup=False)


@cache
def terminal() -> Console:
    """The console for what is shown beside the data while it is being made."""
    from rich.console import Console

    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def write_json(value: object) -> None:
    """Write one JSON document to stdout."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n")


def write_json_line(value: Mapping[str, Any]) -> None:
    """Write one line of JSON Lines to stdout, at once."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, allow_nan=False) + "\n")
    sys.stdout.flush()


def note(text: str) -> None:
    """Say something beside the data."""
    sys.stderr.write(visible(text) + "\n")


def complain(error: BozzettoError) -> None:
    """Say what went wrong and the way out."""
    note(f"bozzetto: {error.message}")
    if error.hint:
        note(f"  {error.hint}")


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A function that shows `Progress`: bars on a terminal, messages only elsewhere."""
    if not sys.stderr.isatty():
        yield lambda step: note(step.message) if step.message else None
        return
    from rich.progress import BarColumn, TaskID, TextColumn
    from rich.progress import Progress as Bars

    stderr = terminal()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[amount]}", markup=False),
        TextColumn("{task.fields[left]}", markup=False),
    )
    with Bars(*columns, console=stderr, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def show(step: Progress) -> None:
            if step.message:
                stderr.print(visible(step.message))
            if not step.done and step.total is None:
                return
            if step.stage not in tasks:
                tasks[step.stage] = bars.add_task(step.stage, total=step.total, left="", amount="")
            task = tasks[step.stage]
            bars.update(task, completed=step.done, total=step.total, amount=_amount(step))
            guess = next(bar for bar in bars.tasks if bar.id == task).time_remaining
            bars.update(task, left=_left(guess if step.seconds_left is None else step.seconds_left))

        yield show


def _amount(step: Progress) -> str:
    """How much of how much is done."""
    if step.unit == "bytes":
        total = "?" if step.total is None else f"{step.total / 1e6:,.1f}"
        return f"{step.done / 1e6:,.1f}/{total} MB"
    return f"{step.done:,}/{'?' if step.total is None else f'{step.total:,}'}"


def _left(seconds: float | None) -> str:
    """The time that a job still takes, roughly; the job's own estimate goes before the bar's."""
    if seconds is None or seconds < 1:
        return ""
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"about {seconds / size:.0f} {unit} left"
    return f"about {seconds:.0f} s left"
