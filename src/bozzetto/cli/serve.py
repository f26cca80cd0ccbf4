"""`bozzetto serve`: the pages and the API, on this machine."""

from __future__ import annotations

import webbrowser
from typing import Annotated

import typer

from bozzetto.cli.board import has_screen
from bozzetto.cli.options import Actor, Home
from bozzetto.cli.output import note
from bozzetto.errors import SetupError

__all__ = ["serve_command"]

OURS = ("127.0.0.1", "localhost")


def serve_command(
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="0 takes any that is free.", show_default="8642"
        ),
    ] = None,
    host: Annotated[
        str, typer.Option("--host", help="An address of this machine alone: 127.0.0.1.")
    ] = OURS[0],
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    home: Home = None,
    actor: Actor = None,
) -> None:
    """Serve the pages and the API under /api/v1 on this machine; Ctrl-C ends it.

    What the server draws at the end goes back to the queue: bozzetto jobs resume.
    """
    from bozzetto.app import Assistant
    from bozzetto.web.server import Server

    if host not in OURS:
        raise SetupError(
            f"--host {host}: only this machine is served, as there are no accounts yet",
            hint="leave --host out; ssh -L 8642:127.0.0.1:8642 reaches it from another machine",
        )
    with Assistant.open(home, actor=actor) as a:
        server = Server(a, port=port)
        address = server.address("/")
        typer.echo(address)
        note("served until Ctrl-C; programs send the token as Authorization: Bearer")
        if not no_browser and has_screen():
            webbrowser.open(address)
        server.run()
