"""`bozzetto doctor`."""

from __future__ import annotations

import typer

from bozzetto.cli.options import Format, FormatChoice, Home
from bozzetto.cli.output import console, write_json

__all__ = ["doctor_command"]

FAILED = 1


def doctor_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """Examine the installation and the library.

    Says what is wrong and how to mend it; changes nothing.
    """
    from bozzetto.app.doctor import examine

    checks = examine(home)
    if format is FormatChoice.json:
        from bozzetto.app.wire import doctor_json

        write_json(doctor_json(checks))
    else:
        from bozzetto.cli.render import checks_view

        console().print(checks_view(checks))
    if any(check.state == "fail" for check in checks):
        raise typer.Exit(FAILED)
