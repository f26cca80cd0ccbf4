"""`--batch`: a stream of ideas in, JSON Lines out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bozzetto.cli.output import write_json_line
from bozzetto.errors import InputError

if TYPE_CHECKING:
    from bozzetto.app.batch import BatchRequest

__all__ = ["answer_lines"]

PARTLY = 6


def answer_lines(
    idea: str | None, source: str, answer: Callable[[BatchRequest], Mapping[str, Any]]
) -> None:
    """Answer every line of a file, or of stdin for "-"; exit 6 when a line failed."""
    if idea is not None:
        raise typer.BadParameter("an idea and --batch do not go together")
    if source == "-":
        failed = _answer(sys.stdin.buffer, answer)
    else:
        try:
            stream = Path(source).open("rb")  # noqa: SIM115 - closed below; only opening may fail
        except OSError as error:
            raise InputError(f"{source}: {error.strerror}") from error
        with stream:
            failed = _answer(stream, answer)
    if failed:
        raise typer.Exit(PARTLY)


def _answer(stream: Any, answer: Callable[[BatchRequest], Mapping[str, Any]]) -> bool:  # noqa: ANN401 - any binary stream
    from bozzetto.app.batch import run_batch

    failed = False
    for line, good in run_batch(stream, answer):
        write_json_line(line)
        failed |= not good or bool(line.get("degraded"))
    return failed
