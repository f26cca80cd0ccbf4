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
    settings = load_settings(home)
    if format is FormatChoice.json:
        from bozzetto.app.wire import config_json

        write_json(config_json(settings))
        return
    items = settings.items()
    width = max(len(name) for name, _, _ in items)
    for name, value, origin in items:
        typer.echo(f"{name:<{width}}  {value}  ({origin})")
