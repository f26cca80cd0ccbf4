"""What OpenSearch, Elasticsearch and Amazon's doors before them answer, in our terms.

The bodies are `{"error": {"type", "reason", "root_cause", "caused_by"}, "status"}` of a cluster,
and `{"message"}` or `{"Message"}` of Amazon's request check, which knows no types.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.failures import Failure, Failures, failure_of, row_of, spoken
from bozzetto.adapters.stores.rows import REFILL
from bozzetto.errors import BackendError, BozzettoError, NotFoundError, SetupError

__all__ = ["Place", "passing", "refusal", "unreached"]

_SPACE = "free disk space or add nodes; the block goes when usage falls below the high watermark"
_BUSY = "the cluster has more to do than it can: wait, or give it more nodes"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store is, for messages: its words, the way out of refused credentials, secrets."""

    words: str
    login: str
    secrets: tuple[str, ...] = ()


_TYPES: Mapping[str, Failure] = {
    "index_not_found_exception": Failure("absent", "has no such collection", REFILL),
    "cluster_block_exception": Failure("backend", "takes no writes", _SPACE),
    "index_create_block_exception": Failure("backend", "makes no new collections", _SPACE),
    "security_exception": Failure("setup", "refuses the credentials or lacks a permission"),
    "media_type_header_exception": Failure(
        "setup", "is older than the client", "install the client of the server's major version"
    ),
    "circuit_breaking_exception": Failure("passing", "is short of memory", _BUSY),
    "es_rejected_execution_exception": Failure("passing", "is too busy", _BUSY),
    "rejected_execution_exception": Failure("passing", "is too busy", _BUSY),
    "process_cluster_event_timeout_exception": Failure("passing", "is too busy", _BUSY),
}
"""By the type of a cluster's error."""

_AWS: Sequence[tuple[re.Pattern[str], Failure]] = tuple(
    (re.compile(pattern, re.IGNORECASE), failure)
    for pattern, failure in (
        (
            "scoped to a valid region|scoped to correct service",
            Failure(
                "setup",
                "is of another region or service than the request is signed for",
                "name them: opensearch+https://host?service=es&region=eu-central-1 (or aoss)",
            ),
        ),
        (
            "request signature|security token|signature not yet current|signature expired",
            Failure(
                "setup",
                "does not accept the credentials",
                "sign in again (aws sso login), or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY "
                "and, for temporary ones, AWS_SESSION_TOKEN anew; the clock has to be right too",
            ),
        ),
        (
            "not authorized to perform",
            Failure(
                "setup",
                "refuses the user or role",
                "allow es:ESHttp* on the domain in the IAM or the domain's access policy",
            ),
        ),
    )
)
"""By the words of Amazon's request check."""

_STATUSES: Mapping[int, Failure] = {
    401: Failure("setup", "does not accept the credentials"),
    403: Failure("setup", "refuses the credentials or lacks a permission"),
    404: Failure("backend", "does not know what is asked of it", "is the address right?"),
    408: Failure("passing", "took too long"),
    409: Failure("passing", "was changed at the same moment"),
    413: Failure(
        "backend", "does not take a request of that size", "raise http.max_content_length there"
    ),
    429: Failure("passing", "is too busy", _BUSY),
    502: Failure("passing", "cannot be reached behind its door"),
    503: Failure("passing", "is not available"),
    504: Failure("passing", "took too long"),
}
_OTHER = Failure("backend", "refuses the call")
_BROKEN = Failure("passing", "failed")


def _error(body: Any) -> Mapping[str, Any]:  # noqa: ANN401 - a stranger's JSON
    found = body.get("error") if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _words(body: Any) -> str:  # noqa: ANN401
    """The reason that says most: of the innermost cause, else Amazon's message."""
    if not isinstance(body, Mapping):
        return "" if body is None or str(body).lstrip().startswith("<") else str(body)
    error = _error(body)
    if not error:
        return str(body.get("message") or body.get("Message") or body.get("error") or "")
    inner = error.get("caused_by")
    inner = inner if isinstance(inner, Mapping) else {}
    reasons = (str(one["reason"]) for one in (error, inner) if one.get("reason"))
    return ": ".join(dict.fromkeys(reasons)) or str(error.get("type") or "")


def _row(status: int, kind: str, words: str) -> Failure:
    found = _TYPES.get(kind)
    if found is None and status in (401, 403):
        found = next((row for pattern, row in _AWS if pattern.search(words)), None)
    return found or _STATUSES.get(status) or (_BROKEN if status >= 500 else _OTHER)


def refusal(status: int, body: Any, place: Place, rows: int = 1) -> BozzettoError:  # noqa: ANN401
    """An answer with a status that is none of the good ones, as one of our errors.

    `rows` is how many rows of a bulk request share it.
    """
    words = _words(body)
    row = _row(status, str(_error(body).get("type") or ""), words)
    # Amazon repeats the signed request, its session token among it, behind these words.
    words = spoken(words.partition("The Canonical String")[0], place.secrets)
    message = f"{place.words} {row.says} ({status})" + (f": {words}" if words else "")
    message += f" ({rows} rows)" if rows > 1 else ""
    if row.kind == "absent":
        return NotFoundError(message, hint=row.hint)
    if row.kind == "setup":
        return SetupError(message, hint=row.hint or place.login)
    return BackendError(message, hint=row.hint, retryable=row.kind == "passing", status=status)


_NAMELESS = (socket.EAI_NONAME, socket.EAI_NODATA)
_UNKNOWN = Failure("setup", "cannot be found", "look at the host's name in the address")


def unreached(error: Exception, reason: object, failures: Failures, place: Place) -> BozzettoError:
    """A connection that was not made, or broke, with the system's own words.

    A vendor's repeat urllib3's, which repeat the address and the object that failed.
    """
    system = _system(reason)
    row = row_of(type(error), failures) or _BROKEN
    if isinstance(system, socket.gaierror) and system.errno in _NAMELESS:
        row = _UNKNOWN
    words = system.strerror if system is not None else ""
    ours = failure_of(Exception(words or ""), {"Exception": row}, place.words, place.secrets)
    assert ours is not None
    return ours


def _system(error: object) -> OSError | None:
    """What the system said, behind what was made of it."""
    while isinstance(error, BaseException):
        if isinstance(error, OSError) and error.strerror:
            return error
        error = error.__cause__ or error.__context__
    return None


def passing(item: Mapping[str, Any]) -> bool:
    """Whether a row that a bulk request could not do may be sent again as it is."""
    row = _row(int(item.get("status") or 0), str(_error(item).get("type") or ""), "")
    return row.kind == "passing"
