"""`bozzetto profile`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import write_json
from bozzetto.config import load_settings
from bozzetto.profiles import Profile, load, profile_json, read_all
from bozzetto.text.normalise import visible

__all__ = ["app"]

app = typer.Typer(
    help="What each image model wants of a prompt.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("list")
def list_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Print the profiles there are, with their limits; yours lie in the home's profiles folder.

    A file of yours that cannot be read is listed with what is wrong with it.
    """
    folder = load_settings(home).home / "profiles"
    found = read_all(folder)
    if format is FormatChoice.json:
        write_json({"profiles": [profile_json(name, profile) for name, profile in found]})
        return
    width = max(len(name) for name, _ in found)
    for name, profile in found:
        about = (
            f"{profile.title}; {profile.style}, {limits(profile)}"
            if isinstance(profile, Profile)
            else f"! {profile}"
        )
        typer.echo(f"{visible(name):<{width}}  {visible(about)}")


@app.command("show")
def show_command(
    name: Annotated[str, typer.Argument(help="A profile's name, or the path of a .toml file.")],
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Print everything that a profile says: the keys that a file of yours may have."""
    profile = load(name, load_settings(home).home / "profiles")
    record = profile_json(profile.name, profile)
    if format is FormatChoice.json:
        write_json(record)
        return
    width = max(map(len, record))
    for key, value in record.items():
        typer.echo(f"{key:<{width}}  {visible(_said(value))}")


def limits(profile: Profile) -> str:
    """How long a prompt may be, in words: "75 clip", "511 t5, 80 words"."""
    parts = [f"{limit} {encoder}" for encoder, limit in profile.tokens.items()]
    parts += [f"{profile.chunks} chunks"] * (profile.chunks > 1)
    parts += [f"{profile.words} words"] * (profile.words > 0)
    return ", ".join(parts)


def _said(value: Any) -> str:  # noqa: ANN401 - a value of any field
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{limit} {name}" for name, limit in value.items())
    return "; ".join(value) if isinstance(value, tuple) else str(value)
