"""What Qdrant and its client say went wrong, in our terms: by class, and by HTTP status."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bozzetto.adapters.failures import Failure, Failures, failure_of, spoken
from bozzetto.adapters.stores.rows import REFILL

__all__ = ["FAILURES", "told"]

_RUNNING = "is it running, and are host and port right?"
_AGAIN = "the same command goes on where this one broke off"

FAILURES: Failures = {
    "ResponseHandlingException": Failure("passing", "cannot be reached", _RUNNING),
    "UnexpectedResponse": Failure("backend", "refuses"),
    "ApiException": Failure("backend", "fails"),
    "ResourceExhaustedResponse": Failure("passing", "is asked too much at once", _AGAIN),
    "QdrantException": Failure("backend", "fails"),
    "OSError": Failure("setup", "cannot be read or written", "name a folder of your own"),
}
"""By the class of an exception of the client."""

_STATUS: dict[int, Failure] = {
    401: Failure("setup", "refuses the key", "set QDRANT_API_KEY"),
    403: Failure("setup", "does not allow it with this key", "set QDRANT_API_KEY to another"),
    404: Failure("absent", "has no such collection", REFILL),
    408: Failure("passing", "took too long", _AGAIN),
    413: Failure("backend", "takes no request of that size", "raise max_request_size_mb there"),
    429: Failure("passing", "is asked too much at once", _AGAIN),
    507: Failure("backend", "has no room left on its disk", f"make room there; {_AGAIN}"),
}

_LOCAL: tuple[tuple[str, Failure], ...] = (
    (
        "already accessed",
        Failure("setup", "is open in another program", "close that one, or run a Qdrant server"),
    ),
    ("not found", Failure("absent", "has no such collection", REFILL)),
    ("", Failure("backend", "does not take it")),
)
"""What the local mode says in ValueError and RuntimeError."""


def _row(error: Exception, words: str) -> Failure | None:
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        return _STATUS.get(status) or (
            Failure("passing", "has trouble of its own", _AGAIN) if status >= 500 else None
        )
    if type(error) in (ValueError, RuntimeError):
        return next(row for said, row in _LOCAL if said in words)
    return None


@contextmanager
def told(place: str, secrets: tuple[str, ...]) -> Iterator[None]:
    """Within a `with`: the client's exceptions come out as ours."""
    try:
        yield
    except Exception as error:
        row = _row(error, spoken(error))
        table = FAILURES if row is None else {"Exception": row}
        ours = failure_of(error, table, place, secrets)
        if ours is None:
            raise
        raise ours from None
