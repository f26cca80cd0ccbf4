"""From "//user@host:5432/database?sslmode=verify-full" to what libpq is given.

libpq reads the address, so that everything its own programs take is taken here. Its variables
(PGHOST, PGPASSWORD, PGSERVICE, PGSSLROOTCERT, ...) are read from the mapping that is given and
passed as parameters; ~/.pgpass and the service file it finds itself. Ours is `auth=iam` alone: a
token of Amazon's in the place of a password.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import psycopg
from psycopg.conninfo import conninfo_to_dict

from bozzetto.adapters.failures import spoken
from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["Address", "iam_token", "parameters", "parsed"]

_EXAMPLE = "write postgresql://user@host:5432/database"
_PASSWORD = (
    "set PGPASSWORD, or write a line into ~/.pgpass; or use ?auth=iam on Amazon RDS and Aurora"
)
_HERE = "PostgreSQL on this machine"
_CONNECT = 10  # seconds to reach the server, where `timeout` allows that long
_WEAK = ("disable", "allow", "prefer")


@dataclass(frozen=True, slots=True)
class Address:
    """`options` are libpq's, without a password; `place` is where, in words."""

    options: Mapping[str, str]
    iam: bool
    place: str


def parsed(rest: str, environ: Mapping[str, str]) -> Address:
    """Read an address, with the variables for what it leaves out.

    Raises:
        SetupError: it is none, or holds a password.
    """
    if not rest.startswith("//"):
        raise SetupError(f"postgresql:{visible(_bare(rest))} is no address", hint=_EXAMPLE)
    head, _, query = rest.partition("?")
    pairs = [pair for pair in query.split("&") if pair]
    _no_secrets(head, pairs)
    kinds = [pair.partition("=")[2] for pair in pairs if pair.partition("=")[0] == "auth"]
    if any(kind != "iam" for kind in kinds):
        raise SetupError("the only auth of a PostgreSQL address is auth=iam", hint=_PASSWORD)
    left = "&".join(pair for pair in pairs if pair.partition("=")[0] != "auth")
    try:
        given = conninfo_to_dict(f"postgresql:{head}?{left}" if left else f"postgresql:{head}")
    except psycopg.ProgrammingError as error:
        raise SetupError(f"not a PostgreSQL address: {spoken(error)}", hint=_EXAMPLE) from None
    options = _with_variables({name: str(value) for name, value in given.items()}, environ)
    address = Address(options, bool(kinds), _place(options))
    return _for_iam(address) if address.iam else address


def _bare(rest: str) -> str:
    """Without what stands before an "@": it may hold a password."""
    return rest.rpartition("@")[2]


def _secret_names() -> frozenset[str]:
    """The options that libpq itself would show as stars."""
    known = psycopg.pq.Conninfo.get_defaults()
    return frozenset(one.keyword.decode() for one in known if one.dispchar == b"*")


def _no_secrets(head: str, pairs: list[str]) -> None:
    user = head.removeprefix("//").partition("/")[0].rpartition("@")[0]
    # An unquoted "/" of a password would end the host; all that stands before an "@" counts.
    user = user or head.removeprefix("//").rpartition("@")[0]
    names = {unquote(pair.partition("=")[0]) for pair in pairs}
    # A "?" of one would begin the options: then what stands before the "@" is none of them.
    user = user or (head if any("@" in pair for pair in pairs) else "").removeprefix("//")
    if ":" in user or not names.isdisjoint(_secret_names()):
        raise SetupError("an address with a password in it is not taken", hint=_PASSWORD)


def _with_variables(given: dict[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """What the variables say of the rest; a service's file comes before them, as in libpq."""
    secret = _secret_names()
    known = [
        (one.keyword.decode(), one.envvar.decode())
        for one in psycopg.pq.Conninfo.get_defaults()
        if one.envvar and one.keyword.decode() not in secret
    ]
    found = {name: environ[variable] for name, variable in known if environ.get(variable)}
    service = given.get("service") or found.get("service")
    return {**({"service": service} if service else found), **given}


def _place(options: Mapping[str, str]) -> str:
    service, host = options.get("service"), options.get("host") or options.get("hostaddr")
    if not host:
        return f"PostgreSQL (service {visible(service)})" if service else _HERE
    name = f"/{options['dbname']}" if options.get("dbname") else ""
    return f"PostgreSQL at {visible(host)}:{visible(options.get('port', '5432') + name)}"


def _for_iam(address: Address) -> Address:
    """A token is signed for one host, port and user, and travels encrypted only."""
    options = dict(address.options)
    if any(not options.get(name) for name in ("host", "user")) or "," in options["host"]:
        raise SetupError(
            "auth=iam needs a user and one host, as Amazon names it",
            hint="write postgresql://user@name.id.region.rds.amazonaws.com/database?auth=iam",
        )
    if options.setdefault("sslmode", "require") in _WEAK:
        raise SetupError(
            f"auth=iam goes over TLS only, not with sslmode={options['sslmode']}",
            hint="use sslmode=verify-full with sslrootcert=global-bundle.pem, or leave it out",
        )
    options["gssencmode"] = "disable"
    return Address(options, True, address.place)


def iam_token(client: Any, address: Address) -> str:  # noqa: ANN401 - botocore's client
    """A password for the next quarter of an hour, signed here; nothing is asked of Amazon."""
    token: str = client.generate_db_auth_token(
        DBHostname=address.options["host"],
        Port=int(address.options.get("port", "5432")),
        DBUsername=address.options["user"],
    )
    return token


def parameters(address: Address, password: str, timeout: float) -> dict[str, str]:
    """All that libpq is given for one connection. `timeout` is in seconds.

    Without a password libpq looks into ~/.pgpass or the service's file. A dead network is
    noticed after `timeout`.
    """
    patience = str(max(2, round(min(timeout, _CONNECT))))
    ours = {
        "application_name": "bozzetto",
        "connect_timeout": patience,
        "keepalives_idle": patience,
        "keepalives_interval": "2",
        "keepalives_count": "3",
        "tcp_user_timeout": str(round(timeout * 1000)),
    }
    # An empty password keeps libpq from the process's own PGPASSWORD, which is not ours to read.
    known = {} if not password and "service" in address.options else {"password": password}
    return {**ours, **address.options, **known, "client_encoding": "utf8"}
