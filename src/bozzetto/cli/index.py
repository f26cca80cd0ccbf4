"""`bozzetto index`: what searches read, built and looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import console, progress_bar, write_json

if TYPE_CHECKING:
    from bozzetto.app.index import Index
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
    embedder: Annotated[
        str | None,
        typer.Option(
            metavar="SCHEME:MODEL",
            help="Embed the library anew by another embedder; builtin: the program's own.",
            show_default=False,
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            metavar="STORE",
            help="Search its vectors in a store, postgresql://me@host/db; here: on this machine.",
            show_default=False,
        ),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Bring every index up to date with the library.

    Goes on where it was stopped; searches use what there is meanwhile.
    """
    from bozzetto.app import Assistant

    with progress_bar() as progress, Assistant.open(home, progress=progress) as a:
        a.index.build(embed=embed, embedder=embedder, vectors=vectors)
        _show(a.index, a.index.status(), format)


@app.command("drop")
def drop_command(
    store: Annotated[
        str | None,
        typer.Argument(metavar="[STORE]", help="The store's address; else the one that serves."),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
) -> None:
    """Delete exactly what was made for this home in a vector store.

    The library and its vectors stay here, and are searched here then.
    """
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        names = a.index.drop(store)
    if format is FormatChoice.json:
        write_json({"dropped": list(names)})
    else:
        for name in names:
            typer.echo(name)
        console().print(f"{len(names)} collections dropped")


@app.command("status")
def status_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Say how each index stands, and how much of the truth it finds."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        _show(a.index, a.index.status(), format)


@app.command("verify")
def verify_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Read every byte of the indexes; fail where one cannot be used as it is."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        found = a.index.verify()
        _show(a.index, found, format)
    if any(state.state not in USED for state in found):
        raise typer.Exit(FAILED)


def _show(index: Index, found: tuple[IndexState, ...], format: FormatChoice) -> None:
    if format is FormatChoice.json:
        from bozzetto.app.wire import index_json

        write_json(index_json(index, found))
        return
    from bozzetto.app.doctor import Check
    from bozzetto.app.findings import told
    from bozzetto.app.serving import named
    from bozzetto.cli.render import checks_view

    checks = [
        Check(state.name, "ok" if state.state in USED else "warn", _line(state, told(state)))
        for state in found
    ]
    heads = [Check("tier", "ok", index.tier), Check("by", "ok", named(index.serving))]
    if index.waits:
        heads.append(Check("wished", "warn", index.waits))
    console().print(checks_view([*heads, *checks]))


def _line(state: IndexState, said: str) -> str:
    return f"{said}; {state.size / 2**20:,.1f} MiB" if state.size else said
