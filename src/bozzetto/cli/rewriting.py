"""The options of `optimize` about a chat model and about candidates that are kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.types import OptimizeResult, WriteEvent

__all__ = ["Again", "Cache", "Refine", "rewrite"]

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


def rewrite(
    a: Assistant,
    refine: str | None,
    again: str | None,
    *,
    given: bool,
    prefer: str | None,
    chat: str | None,
    seed: int | None,
    save: bool,
    cache: bool,
    on_event: Callable[[WriteEvent], None] | None,
) -> OptimizeResult:
    """Refine a candidate, or write it again; `given` says that an idea or a batch is there too."""
    if given or (refine and again):
        raise typer.BadParameter("an idea, --batch, --refine and --again do not go together")
    if refine is None:
        if prefer is not None:
            raise typer.BadParameter("--prefer goes with --refine; --again changes only the seed")
        return a.regenerate(
            again or "", chat=chat, seed=seed, save=save, on_event=on_event, cache=cache
        )
    if prefer is None:
        raise typer.BadParameter('say what to change: --refine ID --prefer "warmer, less crowded"')
    return a.refine(refine, prefer, chat=chat, seed=seed, save=save, on_event=on_event, cache=cache)
