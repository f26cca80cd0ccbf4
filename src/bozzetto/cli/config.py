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


@app.command("backends")
def backends_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """List every back end: whether it is installed and reached, and how it was tested."""
    from dataclasses import asdict

    from bozzetto.app.backends import KINDS, looked_at

    found = looked_at(load_settings(home))
    if format is FormatChoice.json:
        write_json({"backends": [asdict(one) for one in found]})
        return
    for kind in KINDS:
        typer.echo(f"\n{kind}" if kind != KINDS[0] else kind)
        for one in (row for row in found if row.kind == kind):
            state = f"{one.state}: {one.hint}" if one.missing and one.hint else str(one.state)
            typer.echo(f"  {one.scheme:<21}  {one.tested or 'a plug-in':<9} {state}")
    typer.echo(
        "\nreal: the thing itself runs in our tests; contract: a server that checks the vendor's\n"
        "published model stands in for it. docs/how-to has a page for each."
    )
