"""`bozzetto campaign review`: the board on which a campaign's pictures are judged, as a page."""

from __future__ import annotations

import os
import sys
import webbrowser
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote, urlencode

import typer

from bozzetto.cli.options import Home
from bozzetto.cli.output import note

if TYPE_CHECKING:
    from bozzetto.app import Assistant

__all__ = ["has_screen", "review_command"]


def review_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.", show_default=False)],
    reviewer: Annotated[
        str | None,
        typer.Option(
            "--as", metavar="REVIEWER", help="Who judges; else the page asks.", show_default=False
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option("--blind", help="Hide where pictures came from and what others said."),
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            "--port", min=0, max=65535, help="0 takes any that is free.", show_default="8642"
        ),
    ] = None,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help="Only print the address.")
    ] = False,
    home: Home = None,
) -> None:
    """Judge a campaign's pictures by keyboard, in a browser on this machine; Ctrl-C ends it."""
    from bozzetto.app import Assistant
    from bozzetto.web.log import logged
    from bozzetto.web.server import Server

    with Assistant.open(home) as a, logged(None):
        path = _page(a, name, reviewer, blind)
        server = Server(a, port=port)
        address = server.address(path)
        typer.echo(address)
        note("the board is served until Ctrl-C; ? in the page shows the keys")
        if not no_browser and has_screen():
            webbrowser.open(address)
        server.run()


def _page(a: Assistant, name: str, reviewer: str | None, blind: bool) -> str:
    """The path of a campaign's page.

    Raises:
        NotFoundError: there is no such campaign.
        InputError: the reviewer's name is none.
    """
    board = a.campaigns.board(name, reviewer=reviewer)
    # A browser takes these two for steps up its path.
    found = a.campaigns.show(name).id if board.name in (".", "..") else board.name
    asked = ({"as": reviewer} if reviewer else {}) | ({"blind": "1"} if blind else {})
    return f"/campaigns/{quote(found, safe='')}" + (f"?{urlencode(asked)}" if asked else "")


def has_screen() -> bool:
    """Whether a browser has a screen; without one some would take over the terminal."""
    return sys.platform in ("win32", "darwin") or any(
        os.environ.get(one) for one in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )
