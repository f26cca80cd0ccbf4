"""`bozzetto account`: who may use this home over the network."""

from __future__ import annotations

import sys
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from bozzetto.cli.options import Actor, Format, FormatChoice, Home
from bozzetto.cli.output import note, write_json
from bozzetto.errors import InputError
from bozzetto.text.normalise import visible

__all__ = ["app"]

NOTHING_FOUND = 3

app = typer.Typer(
    help="Accounts for `serve`: who may look, who may change, who may do all.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
key_app = typer.Typer(
    help="Keys of an account, for programs.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(key_app, name="key")


class RoleChoice(StrEnum):
    """What somebody may do; each has what those before it have."""

    viewer = "viewer"
    editor = "editor"
    admin = "admin"


Name = Annotated[str, typer.Argument(metavar="NAME", help="The account.", show_default=False)]
Key = Annotated[str, typer.Argument(metavar="ID", help="The key's id.", show_default=False)]
SomeName = Annotated[
    str | None, typer.Argument(metavar="[NAME]", help="One; else all.", show_default=False)
]
RoleOption = Annotated[
    RoleChoice,
    typer.Option("--role", help="viewer looks, editor changes, admin deletes and lets in."),
]
ROLE = RoleChoice.viewer


@app.command("add")
def add_command(
    name: Name, role: RoleOption = ROLE, home: Home = None, actor: Actor = None
) -> None:
    """Make an account; its password is asked for, or the first line of stdin.

    The first account is an admin's. From then on `serve` asks everybody who they are.
    """
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        a.accounts.add(name, _password(), role.value)
    note(f"{name} is {role.value}")


@app.command("list")
def list_command(home: Home = None, format: Format = FormatChoice.human) -> None:
    """List accounts by name."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        found = a.accounts.list()
    if format is FormatChoice.json:
        write_json({"accounts": [asdict(one) for one in found]})
    else:
        for one in found:
            typer.echo(f"{visible(one.name)}  {one.role}  since {one.at} by {visible(one.actor)}")
    if not found:
        raise typer.Exit(NOTHING_FOUND)


@app.command("role")
def role_command(
    name: Name,
    role: Annotated[RoleChoice, typer.Argument(metavar="ROLE", show_default=False)],
    home: Home = None,
    actor: Actor = None,
) -> None:
    """Give an account another role: viewer, editor or admin. It holds at once."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        a.accounts.set_role(name, role.value)
    note(f"{name} is {role.value}")


@app.command("password")
def password_command(name: Name, home: Home = None, actor: Actor = None) -> None:
    """Change an account's password, and log it out everywhere; its keys stay."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        a.accounts.set_password(name, _password())
    note(f"{name} has another password, and is logged out")


@app.command("remove")
def remove_command(name: Name, home: Home = None, actor: Actor = None) -> None:
    """Remove an account with its keys; what it did keeps its name. One admin stays."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        a.accounts.remove(name)
    note(f"{name} has no account any more")


@app.command("sessions")
def sessions_command(
    name: SomeName = None, home: Home = None, format: Format = FormatChoice.human
) -> None:
    """List the browsers that are logged in."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        found = a.accounts.sessions(name)
    if format is FormatChoice.json:
        write_json({"sessions": [asdict(one) for one in found]})
    else:
        for one in found:
            typer.echo(f"{one.id}  {visible(one.account or OWNER)}  {one.at} to {one.until}")
    if not found:
        raise typer.Exit(NOTHING_FOUND)


OWNER = "(the owner of this home)"


@app.command("logout")
def logout_command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="One; else the owner.", show_default=False),
    ] = None,
    home: Home = None,
    actor: Actor = None,
) -> None:
    """Log an account out in every browser, or whoever came in by the printed address."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        ended = a.accounts.log_out(name)
    note(f"{ended} logged out")


@key_app.command("add")
def key_add_command(
    name: Name,
    role: RoleOption = ROLE,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "",
    until: Annotated[
        str | None,
        typer.Option(
            "--until",
            metavar="DATE",
            help="The day from which it lets in no more.",
            show_default=False,
        ),
    ] = None,
    home: Home = None,
    format: Format = FormatChoice.human,
    actor: Actor = None,
) -> None:
    """Make a key for a program, and print it: this once, for only its hash is kept.

    Programs send it as Authorization: Bearer. It may do what its role says, or what the
    account's says where that is less by then.
    """
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        key, secret = a.accounts.add_key(name, role.value, label=label, until=until)
    if format is FormatChoice.json:
        write_json({"key": asdict(key), "secret": secret})
    else:
        typer.echo(secret)
        note(f"key {key.id} of {key.account}: {key.role}; it is not shown again")


@key_app.command("list")
def key_list_command(
    name: SomeName = None, home: Home = None, format: Format = FormatChoice.human
) -> None:
    """List keys, the newest first; never their secrets."""
    from bozzetto.app import Assistant

    with Assistant.open(home) as a:
        found = a.accounts.keys(name)
    if format is FormatChoice.json:
        write_json({"keys": [asdict(one) for one in found]})
    else:
        for one in found:
            end = f"until {one.until}" if one.until else "without an end"
            said = f"{one.id}  {one.account}  {one.role}  {end}  {one.label}"
            typer.echo(visible(said.rstrip()))
    if not found:
        raise typer.Exit(NOTHING_FOUND)


@key_app.command("revoke")
def key_revoke_command(key: Key, home: Home = None, actor: Actor = None) -> None:
    """Take a key back; the next request with it is refused."""
    from bozzetto.app import Assistant

    with Assistant.open(home, actor=actor) as a:
        a.accounts.revoke_key(key)
    note(f"the key {key} lets nobody in any more")


def _password() -> str:
    """A password, asked for twice on a terminal, else the first line of stdin.

    Raises:
        InputError: the second is not the first, or stdin holds none.
    """
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            raise InputError("no password came on stdin", hint="run it on a terminal to be asked")
        return given
    from getpass import getpass

    given = getpass("password: ")
    if getpass("once more: ") != given:
        raise InputError("these are not the same; nothing was changed")
    return given
