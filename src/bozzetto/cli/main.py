"""The command line's front: the commands, and how errors end a run."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from bozzetto import __version__
from bozzetto.cli import (
    account,
    campaign,
    compare,
    config,
    doctor,
    explain,
    generate,
    imports,
    index,
    jobs,
    library,
    mcp,
    optimize,
    profile,
    safety,
    search,
    serve,
)
from bozzetto.cli.grouped import Grouped
from bozzetto.cli.output import complain, note
from bozzetto.errors import BozzettoError

__all__ = ["app", "run"]

INTERRUPTED = 130

app = typer.Typer(
    name="bozzetto",
    help="From a rough idea, in any language, to the prompt and the picture you meant.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: drawing it takes longer than everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("import")(imports.import_command)
app.command("search")(search.search_command)
app.command("optimize", cls=Grouped)(optimize.optimize_command)
app.command("explain")(explain.explain_command)
app.command("generate")(generate.generate_command)
app.command("compare")(compare.compare_command)
app.add_typer(jobs.app, name="jobs")
app.add_typer(campaign.app, name="campaign")
app.command("serve")(serve.serve_command)
app.add_typer(account.app, name="account")
app.add_typer(library.app, name="library")
app.add_typer(profile.app, name="profile")
app.add_typer(index.app, name="index")
app.add_typer(config.app, name="config")
app.command("mcp")(mcp.mcp_command)
app.command("doctor")(doctor.doctor_command)
app.command("backup")(safety.backup_command)
app.command("restore")(safety.restore_command)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def front(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
) -> None:
    """From a rough idea, in any language, to the prompt and the picture you meant."""


def run() -> None:
    """Run the command line; an error of ours, or of a file, is a message and an exit code."""
    # Before NumPy is there: its threads wait for each other longer than our matrices take.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    try:
        app()
    except BozzettoError as error:
        complain(error)
        sys.exit(error.exit_code)
    except OSError as error:
        where = error.filename2 or error.filename
        reason = error.strerror or str(error)
        note(f"bozzetto: {where}: {reason}" if where else f"bozzetto: {reason}")
        sys.exit(BozzettoError.exit_code)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            sys.stderr.write("interrupted; what was finished is kept\n")
        elif isinstance(end.__context__, BrokenPipeError) or not _flushed():
            _leave_quietly()
        raise


def _flushed() -> bool:
    """Whether somebody took the last of the output."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return False
    return True


def _leave_quietly() -> None:
    """The reader went away (head, less): no error, as for any filter.

    The interpreter flushes stdout once more at exit, so it is pointed at nothing first.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)
