"""What the exceptions of Weaviate's client mean."""

from __future__ import annotations

from bozzetto.adapters.failures import Failure, Failures
from bozzetto.adapters.stores.rows import REFILL
from bozzetto.adapters.stores.weaviate_place import KEY

__all__ = ["FAILURES", "failures_for"]

_GRPC = "is its gRPC port open? name it: weaviate:http://host:8080?grpc=host:50051"
_ANSWERS = Failure("passing", "answers what nobody can read")
_REFUSED = Failure("setup", f"refuses the key in {KEY}, or wants one", f"set or check {KEY}")
_UNREACHED = Failure("passing", "cannot be reached", "is it running, and is that its address?")
_BROKEN = Failure("backend", "refuses the request")

FAILURES: Failures = {
    "WeaviateBaseError": Failure("backend", "failed"),
    "UnexpectedStatusCodeError": _BROKEN,
    "InsufficientPermissionsError": Failure(
        "setup", "forbids it", f"give the key in {KEY} the right to it"
    ),
    "AuthenticationFailedError": _REFUSED,
    "MissingScopeError": _REFUSED,
    "WeaviateStartUpError": _UNREACHED,
    "WeaviateConnectionError": _UNREACHED,
    "WeaviateClosedClientError": _UNREACHED,
    "WeaviateTimeoutError": Failure("passing", "does not answer in time"),
    "WeaviateGRPCUnavailableError": Failure("backend", "does not answer by gRPC", _GRPC),
    "WeaviateRetryError": Failure("backend", "does not answer by gRPC", _GRPC),
    "WeaviateQueryError": Failure("backend", "failed"),
    "WeaviateUnsupportedFeatureError": Failure("setup", "is too old", "update the server"),
    "WeaviateInsertManyAllFailedError": Failure("backend", "took none of the rows"),
    "WeaviateProtobufIncompatibility": Failure(
        "setup", "cannot be spoken to", "pip install --upgrade weaviate-client grpcio protobuf"
    ),
    "ResponseCannotBeDecodedError": _ANSWERS,
    "EmptyResponseError": _ANSWERS,
    # What the client lets through: of gRPC, of httpx, and of answers that are not what they are
    # to be.
    "RpcError": Failure("passing", "fails by gRPC"),
    "TransportError": Failure("passing", "broke off"),
    "TimeoutException": Failure("passing", "does not answer in time"),
    "ValueError": _ANSWERS,
    "KeyError": _ANSWERS,
    "AssertionError": _ANSWERS,
}

_PASSING = Failure("passing", "is busy or fails inside", "try again in a little while")

_STATUSES = {
    401: _REFUSED,
    404: Failure("absent", "has nothing of that name", REFILL),
    429: _PASSING,
    500: _PASSING,
    502: _PASSING,
    503: _PASSING,
    504: _PASSING,
}


def failures_for(error: Exception) -> Failures:
    """The rows for an exception: what a status means stands in the exception, not its class."""
    found = _STATUSES.get(getattr(error, "status_code", 0))
    return {**FAILURES, "UnexpectedStatusCodeError": found} if found else FAILURES
