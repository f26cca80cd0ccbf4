"""The options of `optimize` about a chat model and about candidates that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.types import OptimizeResult, WriteEvent

__all__ = ["Again", "Cache", "Refine", "alone", "rewrite"]

Refine = Annotated[
    str | None,
    typer.Option(
        "--refine",
        metavar="ID",
        help="Change this candidate by --prefer; all else in it stays.",
        show_default=False,
    ),
]
Again = Annotated[
    str | None,
    typer.Option(
        "--again",
        metavar="ID",
        help="Write another in this candidate's place, with a new seed.",
        show_default=False,
    ),
]
Cache = Annotated[
    bool,
    typer.Option("--cache/--no-cache", help="Use answers a language model gave before."),
]


def alone(
    given: Mapping[str, object], refine: str | None, again: str | None, wish: str | None
) -> None:
    """Refuse what --refine and --again do not take; a candidate brings the rest with it.

    `given` are the values of a new prompt by their option.
    """
    if refine and again:
        raise typer.BadParameter("--refine and --again change a candidate in two ways: give one")
    wrong = [name for name, value in given.items() if value not in (None, False, [], ())]
    if wrong:
        option = "--refine" if refine else "--again"
        raise typer.BadParameter(
            f"{', '.join(wrong)} cannot go with {option}:"
            " the candidate brings all it was written from"
        )
    if refine and wish is None:
        raise typer.BadParameter('say what to change: --refine ID --prefer "warmer, less crowded"')
    if again and wish is not None:
        raise typer.BadParameter("--prefer goes with --refine; --again changes only the seed")


def rewrite(
    a: Assistant,
    candidate: str,
    wish: str | None,
    *,
    chat: str | None,
    seed: int | None,
    save: bool,
    cache: bool,
    on_event: Callable[[WriteEvent], None] | None,
) -> OptimizeResult:
    """Change a candidate by a wish, or write it again without one."""
    if wish is None:
        return a.regenerate(
            candidate, chat=chat, seed=seed, save=save, on_event=on_event, cache=cache
        )
    return a.refine(
        candidate, wish, chat=chat, seed=seed, save=save, on_event=on_event, cache=cache
    )
