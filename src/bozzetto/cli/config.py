"""`bozzetto config`."""

from __future__ import annotations

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import write_json
from bozzetto.config import config_path, load_settings

__all__ = ["app"]

app = typer.Typer(
    help="Where settings come from and what they are.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("path")
def path_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Print where the settings file lies, whether it exists or not."""
    path = config_path(load_settings(home).home)
    if format is FormatChoice.json:
        write_json({"path": str(path), "exists": path.exists()})
    else:
        typer.echo(str(path))


@app.command("show")
def show_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Print every setting in force and where its value came from."""
    items = load_settings(home).items()
    if format is FormatChoice.json:
        write_json(
            {
                name: {"value": str(value) if name == "home" else value, "origin": origin}
                for name, value, origin in items
            }
        )
        return
    width = max(len(name) for name, _, _ in items)
    for name, value, origin in items:
        typer.echo(f"{name:<{width}}  {value}  ({origin})")
