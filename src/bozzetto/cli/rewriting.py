"""The options of `optimize` about a chat model and about candidates that are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.types import OptimizeResult, WriteEvent

__all__ = [
    "Again",
    "Cache",
    "Negative",
    "Refine",
    "Revise",
    "RevisedText",
    "alone",
    "revise",
    "rewrite",
]

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
Revise = Annotated[
    str | None,
    typer.Option(
        "--revise",
        metavar="ID",
        help="Keep this candidate as you edited it: with --text.",
        show_default=False,
    ),
]
RevisedText = Annotated[
    str | None,
    typer.Option("--text", help="The prompt as you want it; see --revise.", show_default=False),
]
Negative = Annotated[
    str | None,
    typer.Option(
        "--negative",
        help="With --revise: what is not to be there; '' for nothing.",
        show_default="as it was",
    ),
]
Cache = Annotated[
    bool,
    typer.Option("--cache/--no-cache", help="Use answers a language model gave before."),
]


def alone(
    given: Mapping[str, object],
    ways: Mapping[str, str | None],
    wish: str | None,
    text: str | None,
    negative: str | None,
) -> None:
    """Refuse what --refine, --again and --revise do not take; a candidate brings the rest.

    `given` are the values of a new prompt by their option, `ways` the candidate that each of
    the three names.
    """
    named = [name for name, candidate in ways.items() if candidate]
    if len(named) > 1:
        raise typer.BadParameter(f"{' and '.join(named)} change a candidate in two ways: give one")
    option = named[0] if named else ""
    wrong = [name for name, value in given.items() if value not in (None, False, [], ())]
    if named and wrong:
        raise typer.BadParameter(
            f"{', '.join(wrong)} cannot go with {option}:"
            " the candidate brings all it was written from"
        )
    if option == "--refine" and wish is None:
        raise typer.BadParameter('say what to change: --refine ID --prefer "warmer, less crowded"')
    if option in ("--again", "--revise") and wish is not None:
        raise typer.BadParameter(f"--prefer goes with --refine, not with {option}")
    if option == "--revise" and text is None:
        raise typer.BadParameter('give the prompt as you want it: --revise ID --text "..."')
    if option != "--revise" and (text is not None or negative is not None):
        raise typer.BadParameter("--text and --negative go with --revise")


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


def revise(a: Assistant, candidate: str, text: str, negative: str | None) -> OptimizeResult:
    """Keep a candidate as its user edited it."""
    from bozzetto.text.language import detect
    from bozzetto.types import OptimizeResult

    found = a.revise(candidate, text, negative)
    idea = a.explain(found.id).idea
    return OptimizeResult(idea, detect(idea), (), (found,))
