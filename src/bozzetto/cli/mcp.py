"""`bozzetto mcp`."""

from __future__ import annotations

import signal
import sys

from bozzetto.cli.options import Actor, Home
from bozzetto.cli.output import note

__all__ = ["mcp_command"]


def mcp_command(home: Home = None, actor: Actor = None) -> None:
    """Serve MCP on stdin and stdout, for programs that work with a language model.

    Such a program starts this command itself; see docs/integrations.md.
    """
    from bozzetto.app import Assistant
    from bozzetto.integrations.mcp import serve

    if sys.stdin.isatty():
        note("this speaks MCP, on stdin and stdout: a program that knows it starts the command")
    # A thread that waits for stdin hears no KeyboardInterrupt; what is drawn is kept anyway.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with Assistant.open(home, actor=actor) as a:
        serve(a)
