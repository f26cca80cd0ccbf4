"""`bozzetto serve`: the pages and the API, on this machine or for those who have accounts."""

from __future__ import annotations

import os
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bozzetto.cli.board import has_screen
from bozzetto.cli.options import Actor, Home
from bozzetto.cli.output import note
from bozzetto.errors import InputError

if TYPE_CHECKING:
    from bozzetto.app import Assistant
    from bozzetto.web.server import Server

__all__ = ["serve_command"]


def serve_command(
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="0 takes any that is free.", show_default="8642"
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", metavar="ADDRESS",
            help="Listen here; beyond this machine only where there are accounts.",
        ),
    ] = "127.0.0.1",
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME[:PORT]", show_default=False,
            help="A name under which the server is reached, itself or through a proxy.",
        ),
    ] = None,
    tls_cert: Annotated[
        Path | None,
        typer.Option(
            "--tls-cert", metavar="FILE", show_default=False,
            help="Serve https with this certificate (PEM).",
        ),
    ] = None,
    tls_key: Annotated[
        Path | None,
        typer.Option(
            "--tls-key", metavar="FILE", show_default=False,
            help="Its key, where that is not in the same file.",
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            "--log", metavar="FILE|-", show_default=False,
            help="Log requests as JSON lines, without prompts; - is stderr.",
        ),
    ] = None,
    new_token: Annotated[
        bool,
        typer.Option("--new-token", help="Make another token; the last lets nobody in any more."),
    ] = False,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    home: Home = None,
    actor: Actor = None,
) -> None:  # fmt: skip
    """Serve the pages and the API under /api/v1; Ctrl-C ends it.

    What the server draws at the end goes back to the queue: bozzetto jobs resume.
    """
    # Before NumPy is loaded: requests share the processors, not the parts of one product.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from bozzetto.app import Assistant
    from bozzetto.app.accounts import any_account
    from bozzetto.config import load_settings
    from bozzetto.web.log import logged
    from bozzetto.web.server import Server, Tls, check_host

    if tls_key and not tls_cert:
        raise InputError("--tls-key comes with --tls-cert")
    check_host(host, accounts=any_account(load_settings(home).home))
    tls = Tls(tls_cert, tls_key) if tls_cert else None
    with Assistant.open(home, actor=actor) as a, logged(log):
        if new_token:
            a.accounts.new_token()
        server = Server(a, port=port, host=host, names=tuple(allow_host or ()), tls=tls)
        typer.echo(server.address("/"))
        _say(a, server)
        if not no_browser and has_screen():
            webbrowser.open(server.address("/"))
        server.run()


def _say(a: Assistant, server: Server) -> None:
    """What whoever started the server should know."""
    from bozzetto.app.secret import TOKEN_FILE, shared

    note("served until Ctrl-C; programs send a token or key as Authorization: Bearer")
    if shared(a.settings.home / TOKEN_FILE):
        path = a.settings.home / TOKEN_FILE
        note(f"others of this machine can read {path}: chmod 600 it, then serve --new-token")
    if server.access.names and not a.accounts.any():
        note("by the names of --allow-host nobody gets in yet: bozzetto account add NAME")
    if not server.local and not server.access.secure:
        note(
            "passwords and keys cross the network in the clear: whoever listens has them;"
            " --tls-cert, or a proxy with https in front, keeps them"
        )
