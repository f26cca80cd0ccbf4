"""What Pinecone's exceptions mean."""

from __future__ import annotations

from bozzetto.adapters.failures import Failure, Failures
from bozzetto.adapters.stores.rows import REFILL

__all__ = ["FAILURES", "KEY"]

KEY = "PINECONE_API_KEY"

_PLAN = "raise the plan's limits, or drop indexes that are not needed"

FAILURES: Failures = {
    "PineconeError": Failure("backend", "failed"),
    "ApiError": Failure("backend", "refuses the request"),
    "UnauthorizedError": Failure("setup", f"refuses the key in {KEY}", f"check {KEY}"),
    "ForbiddenError": Failure(
        "setup",
        "forbids it",
        f"give the key in {KEY} the right to make indexes and to write, or {_PLAN}",
    ),
    "PaymentRequiredError": Failure("setup", "wants to be paid first", "look at its console"),
    "pinecone.errors.exceptions.NotFoundError": Failure(
        "absent", "has nothing of that name", REFILL
    ),
    "ConflictError": Failure("backend", "has something of that name already"),
    "FailedPreconditionError": Failure("backend", "is in no state to do it"),
    "PayloadTooLargeError": Failure("backend", "finds the request too large"),
    "RateLimitError": Failure("passing", "is asked too often", f"wait a little, or {_PLAN}"),
    "ServiceError": Failure("passing", "fails inside", "see https://status.pinecone.io"),
    "IndexInitFailedError": Failure("backend", "could not make the index", "try another region"),
    "IndexTerminatedError": Failure("backend", "is deleting the index"),
    "PineconeTimeoutError": Failure("passing", "does not answer in time"),
    "PineconeConnectionError": Failure("passing", "cannot be reached", "is there a network?"),
    "ResponseParsingError": Failure("passing", "answers what nobody can read"),
    "PineconeValueError": Failure("backend", "takes no such value"),
    "PineconeTypeError": Failure("backend", "takes no such value"),
}
