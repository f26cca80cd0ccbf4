"""A vendor's exceptions in our terms: one table an adapter.

    FAILURES = {
        "AuthenticationException": Failure("setup", "refuses the credentials", "set ..."),
        "ConnectionError": Failure("passing", "cannot be reached", "is it running?"),
    }
    with told(FAILURES, "OpenSearch at https://host"):
        client.search(...)

A class stands in the table by its name, or by "module.Name" where two of a vendor's share one; an
error is told by the nearest of its classes that stands there. `bozzetto.testing.failures` finds
the exceptions of a package that no row covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)
from bozzetto.text.normalise import visible

__all__ = ["Failure", "Failures", "failure_of", "row_of", "spoken", "told"]

Kind = Literal["setup", "input", "absent", "backend", "passing", "data"]

_LONGEST = 300  # characters of a stranger's words that are shown


@dataclass(frozen=True, slots=True)
class Failure:
    """What an exception means: whose turn it is, what happened in words, and the way out.

    "setup" is for whoever set it up, "input" for who asked, "absent" says that nothing is there
    under that name; a "backend" fails for good, a "passing" failure may be tried again.
    """

    kind: Kind
    says: str
    hint: str | None = None


Failures = Mapping[str, Failure]
"""Rows by the name of the exception's class."""

_ERRORS: Mapping[Kind, type[BozzettoError]] = {
    "setup": SetupError,
    "input": InputError,
    "absent": NotFoundError,
    "data": DataError,
}


def row_of(kind: type[BaseException], failures: Failures) -> Failure | None:
    """The row that an exception's class has, or the nearest of those it is made from."""
    for one in kind.__mro__:
        row = failures.get(f"{one.__module__}.{one.__qualname__}") or failures.get(one.__name__)
        if row is not None:
            return row
    return None


def spoken(error: object, secrets: Sequence[str] = ()) -> str:
    """What a stranger said, as one safe line of bounded length without secrets."""
    text = " ".join(str(error)[: 8 * _LONGEST].split())
    for secret in secrets:
        text = text.replace(secret, "***") if len(secret) > 3 else text
    return visible(text)[:_LONGEST]


def failure_of(
    error: BaseException, failures: Failures, place: str, secrets: Sequence[str] = ()
) -> BozzettoError | None:
    """A vendor's exception as one of ours; None where it is not the vendor's."""
    row = row_of(type(error), failures)
    if row is None:
        return None
    words = spoken(error, secrets)
    message = f"{place} {row.says}" + (f": {words}" if words else "")
    if row.kind in ("backend", "passing"):
        return BackendError(message, hint=row.hint, retryable=row.kind == "passing")
    return _ERRORS[row.kind](message, hint=row.hint)


@contextmanager
def told(failures: Failures, place: str, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Within a `with`: a vendor's exceptions come out as ours, without the chain behind them.

    A chain may repeat a request with its key, and nobody reads it.
    """
    try:
        yield
    except BozzettoError:
        raise
    except Exception as error:
        ours = failure_of(error, failures, place, secrets)
        if ours is None:
            raise
        raise ours from None
