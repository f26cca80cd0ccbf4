"""What PostgreSQL and its client say went wrong, in our terms.

While connecting, libpq gives words and no code: those are a table of patterns. Afterwards every
failure has a class of its own in psycopg.errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from bozzetto.adapters import failures
from bozzetto.adapters.failures import Failure, Failures, spoken
from bozzetto.adapters.stores.rows import REFILL
from bozzetto.errors import BackendError, BozzettoError, SetupError

__all__ = ["FAILURES", "refused", "told"]

_ROLE = 'ask its owner for: GRANT CREATE, USAGE ON SCHEMA bozzetto TO "your user"'
_AGAIN = "the same command goes on where this one broke off"

FAILURES: Failures = {
    "Error": Failure("backend", "fails"),
    "InterfaceError": Failure("passing", "lost the connection", _AGAIN),
    "OperationalError": Failure("passing", "broke off", _AGAIN),
    "IntegrityError": Failure("passing", "was changed by somebody else meanwhile", _AGAIN),
    "InsufficientPrivilege": Failure("setup", "does not allow it", _ROLE),
    "InvalidAuthorizationSpecification": Failure("setup", "lets nobody in by that name"),
    "InvalidPassword": Failure("setup", "refuses the password", "set PGPASSWORD, or ~/.pgpass"),
    "InvalidCatalogName": Failure("setup", "has no such database", "create it, or name another"),
    "ReadOnlySqlTransaction": Failure(
        "setup", "is a read-only copy", "name the writer's address, not a replica's"
    ),
    "UndefinedTable": Failure("absent", "has no such collection", REFILL),
    "UntranslatableCharacter": Failure(
        "setup", "keeps text in an encoding without these letters", "use a database in UTF8"
    ),
    "QueryCanceled": Failure(
        "backend",
        "gave up on a statement that took too long",
        "raise the timeout, or statement_timeout on the server",
    ),
    "DiskFull": Failure(
        "backend", "has no room left on its disk", "make room there, then run the same command"
    ),
    "OutOfMemory": Failure("backend", "has too little memory", "lower its maintenance_work_mem"),
    "ConfigurationLimitExceeded": Failure("backend", "is at a limit of its configuration"),
    "ProgramLimitExceeded": Failure("backend", "is at a limit of its own"),
    "DataException": Failure(
        "backend", "does not take the values", "was the collection made for another embedder?"
    ),
}
"""By the class of an exception in psycopg.errors."""


_CONNECTING: tuple[tuple[str, Failure], ...] = (
    (
        "(password|pam|ident|peer|gssapi|scram|md5|cert\\w*|ldap) authentication failed"
        "|no password supplied|empty password|authentication method",
        Failure(
            "setup",
            "refuses the user or the password",
            "set PGPASSWORD, or write a line into ~/.pgpass; with auth=iam the user needs "
            "GRANT rds_iam TO it and you the permission rds-db:connect",
        ),
    ),
    (
        'role ".*" does not exist|not permitted to log in',
        Failure("setup", "knows no such user", "name another before the @ of the address"),
    ),
    (
        'database ".*" does not exist',
        Failure("setup", "has no such database", "create it, or name another in the address"),
    ),
    (
        "permission denied for database",
        Failure("setup", "does not let the user into the database"),
    ),
    (
        "no pg_hba.conf entry|pg_hba.conf rejects",
        Failure(
            "setup",
            "lets nobody in from here in this way",
            "add a line to its pg_hba.conf; most servers far away want sslmode=require",
        ),
    ),
    (
        "certificate|does not support ssl|ssl error|tlsv1|sslmode|sslrootcert|sslkey|private key",
        Failure(
            "setup",
            "and this machine do not agree on TLS",
            "look at sslmode and sslrootcert; sslrootcert=system trusts what browsers do",
        ),
    ),
    (
        "definition of service|service file|passfile|invalid .* value|invalid connection option",
        Failure("setup", "cannot be opened so"),
    ),
    (
        "temporary failure in name resolution",
        Failure("passing", "cannot be found just now", "is the network up?"),
    ),
    (
        "translate host name|resolve host|name or service not known|no address associated",
        Failure("setup", "cannot be found", "look at the host's name in the address"),
    ),
    (
        "too many clients|connection slots",
        Failure("passing", "has no connection to spare", "try again later"),
    ),
    (
        "starting up|shutting down|recovery mode",
        Failure("passing", "is starting or stopping", "try again in a moment"),
    ),
)


@contextmanager
def told(place: str) -> Iterator[None]:
    """Within a `with`: psycopg's exceptions come out as ours, with the server's first words.

    What follows those repeats the statement, or a row.
    """
    with failures.told(FAILURES, place):
        try:
            yield
        except psycopg.Error as error:
            words = error.diag.message_primary
            raise type(error)(words) if words else error from None


def refused(error: BaseException, place: str, secrets: tuple[str, ...]) -> BozzettoError:
    """A connection that was not made, as one of our errors."""
    words = spoken(error, secrets)
    found = (row for words_of, row in _CONNECTING if re.search(words_of, words, re.IGNORECASE))
    row = next(
        found,
        Failure("passing", "cannot be reached", "is it running, and are host and port right?"),
    )
    message = f"{place} {row.says}: {words}"
    if row.kind == "setup":
        return SetupError(message, hint=row.hint)
    return BackendError(message, hint=row.hint, retryable=True)
