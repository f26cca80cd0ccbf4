"""`bozzetto explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import console, write_json

if TYPE_CHECKING:
    from bozzetto.types import OptimizeResult

__all__ = ["explain_command", "print_explanations"]


def print_explanations(result: OptimizeResult) -> None:
    """Say why each candidate of a result reads as it does."""
    from bozzetto.app.explaining import explain_result
    from bozzetto.cli.explained import explanation_view

    for found in explain_result(result):
        console().print(explanation_view(found))


def explain_command(
    id: Annotated[str, typer.Argument(help="The id of a prompt that optimize wrote.")],
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Say why a kept prompt reads as it does.

    What became of the idea's words, where each phrase came from, which checks it passed.
    """
    from bozzetto.app import Assistant
    from bozzetto.app.explaining import explanation_json

    with Assistant.open(home) as a:
        found = a.explain(id)
    if format is FormatChoice.json:
        write_json(explanation_json(found))
        return
    from bozzetto.cli.explained import explanation_view

    console().print(explanation_view(found))
