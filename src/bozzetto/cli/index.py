"""`bozzetto index`: what searches read, built and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import console, progress_bar, write_json

if TYPE_CHECKING:
    from bozzetto.search.examine import IndexState

__all__ = ["app"]

FAILED = 1
USED = ("complete", "behind")

app = typer.Typer(
    help="Build, look at and verify what searches read.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("build")
def build_command(
    embed: Annotated[
        bool, typer.Option("--embed/--no-embed", help="Embed first what waits for it.")
    ] = True,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Bring every index up to date with the library.

    Goes on where it was stopped; searches use what there is meanwhile.
    """
    from bozzetto.app import Assistant

    with progress_bar() as progress, Assistant.open(home, progress=progress) as a:
        a.index.build(embed=embed)
        _show(a.index.tier, a.index.status(), format)


@app.command("status")
def status_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Say how each index stands, and how much of the truth it finds."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        _show(a.index.tier, a.index.status(), format)


@app.command("verify")
def verify_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Read every byte of the indexes; fail where one cannot be used as it is."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        found = a.index.verify()
        _show(a.index.tier, found, format)
    if any(state.state not in USED for state in found):
        raise typer.Exit(FAILED)


def _show(tier: str, found: tuple[IndexState, ...], format: FormatChoice) -> None:
    if format is FormatChoice.json:
        from bozzetto.app.wire import index_json

        write_json(index_json(tier, found))
        return
    from bozzetto.app.doctor import Check
    from bozzetto.app.indexing import told
    from bozzetto.cli.render import checks_view

    checks = [
        Check(state.name, "ok" if state.state in USED else "warn", _line(state, told(state)))
        for state in found
    ]
    console().print(checks_view([Check("tier", "ok", tier), *checks]))


def _line(state: IndexState, said: str) -> str:
    return f"{said}; {state.size / 2**20:,.1f} MiB" if state.size else said
