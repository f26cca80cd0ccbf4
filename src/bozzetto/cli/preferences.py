"""The options of `optimize` that say what one would like to see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from bozzetto.cli.grouped import PREFERENCES
from bozzetto.errors import InputError

__all__ = [
    "Aspect",
    "Avoid",
    "Camera",
    "Keep",
    "Light",
    "Medium",
    "Mood",
    "Palette",
    "Prefer",
    "Set",
    "StrengthChoice",
    "StrengthOption",
    "TemplateOption",
    "read_values",
]


class StrengthChoice(StrEnum):
    """How far a candidate may go from the idea."""

    touch_up = "touch-up"
    enrich = "enrich"
    reimagine = "reimagine"


Prefer = Annotated[
    str | None,
    typer.Option(
        "--prefer",
        metavar="TEXT",
        help="In your words: 'warmer, less crowded, no people'.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Mood = Annotated[
    list[str] | None,
    typer.Option(
        "--mood",
        metavar="TEXT",
        help="Such as calm, ominous; may be repeated, as the next.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Medium = Annotated[
    list[str] | None,
    typer.Option(
        "--medium",
        metavar="TEXT",
        help="Such as watercolor, photograph.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Light = Annotated[
    list[str] | None,
    typer.Option(
        "--light",
        metavar="TEXT",
        help="Such as soft, golden hour.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Palette = Annotated[
    list[str] | None,
    typer.Option(
        "--palette",
        metavar="TEXT",
        help="Such as muted, teal and orange.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Camera = Annotated[
    list[str] | None,
    typer.Option(
        "--camera",
        metavar="TEXT",
        help="Such as close-up, low angle, 85mm.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Aspect = Annotated[
    str | None,
    typer.Option(
        "--aspect",
        metavar="W:H",
        help="Also portrait, landscape, square; sets the size.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Avoid = Annotated[
    list[str] | None,
    typer.Option(
        "--avoid",
        metavar="TEXT",
        help="What should not be seen.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Keep = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="TEXT",
        help="Words of the idea that stand to the letter.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
StrengthOption = Annotated[
    StrengthChoice,
    typer.Option(
        "--strength",
        metavar="HOW",
        help="How far to go: touch-up, enrich, reimagine.",
        rich_help_panel=PREFERENCES,
    ),
]
TemplateOption = Annotated[
    str | None,
    typer.Option(
        "--template",
        metavar="FILE",
        help="Also a name, or a text: '{subject}, {light=dim}'.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="SLOT=TEXT",
        help="What fills a slot; repeat for more.",
        show_default=False,
        rich_help_panel=PREFERENCES,
    ),
]


def read_values(pairs: Sequence[str]) -> Mapping[str, str]:
    """What fills the slots, by slot.

    Raises:
        InputError: a pair has no "=", or a slot comes twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(
                f"--set: {pair[:60]!r} is no SLOT=TEXT", hint="--set light='soft light'"
            )
        if name in found:
            raise InputError(f"--set: {name} is given twice", hint="give it once")
        found[name] = value
    return found
