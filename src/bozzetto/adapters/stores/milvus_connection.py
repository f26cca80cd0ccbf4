"""Where a Milvus is, how it is reached, and what its errors mean."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from pymilvus import MilvusClient
from pymilvus.exceptions import MilvusException

from bozzetto.adapters.failures import Failure, failure_of, row_of, spoken
from bozzetto.adapters.stores.address import Address, address_of, encrypted, is_address
from bozzetto.adapters.stores.folder import expect_writable
from bozzetto.adapters.stores.rows import REFILL
from bozzetto.errors import BackendError, MissingExtraError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["FAILURES", "NotLoadedError", "Place", "connected", "let_go", "place_of", "told"]

_KEYS = "put the key into MILVUS_TOKEN, or MILVUS_USER and MILVUS_PASSWORD"
_ASK = "is it running, and is that its gRPC port (usually 19530)?"

# Its errors are told by us: what it writes to the terminal repeats filters and addresses.
for _name in ("pymilvus", "milvus_lite"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

_DOWN = Failure("passing", "cannot be reached", _ASK)
_REFUSED = Failure("setup", "refuses the credentials", _KEYS)
_BUSY = Failure("passing", "takes no more at present")
_WRONG = Failure("backend", "refuses what it was asked")

FAILURES: Mapping[str, Failure] = {
    "MilvusException": Failure("backend", "failed"),
    "ConnectError": _DOWN,
    "MilvusUnavailableException": _DOWN,
    "ConnectionNotExistException": _DOWN,
    "ConnectionConfigException": Failure(
        "setup", "cannot be opened", "another program may hold it: Lite serves one at a time"
    ),
    "SchemaMismatchRetryableException": Failure("passing", "has changed meanwhile"),
    "ServerVersionIncompatibleException": Failure(
        "setup", "is of a version that its client cannot talk to", "update one of the two"
    ),
    "RpcError": Failure("backend", "broke off"),
    "FutureTimeoutError": _DOWN,
    "FutureCancelledError": Failure("backend", "broke off"),
}

_CODES: Mapping[str, Failure] = {
    "UNAUTHENTICATED": _REFUSED,
    "PERMISSION_DENIED": Failure("setup", "does not let us do that", _KEYS),
    "UNAVAILABLE": _DOWN,
    "DEADLINE_EXCEEDED": Failure("passing", "does not answer in time", _ASK),
    "RESOURCE_EXHAUSTED": _BUSY,
    "UNIMPLEMENTED": Failure("backend", "does not know the call", _ASK),
    "2": _DOWN,
    "3": _BUSY,
    "5": _BUSY,
    "8": _BUSY,
    "9": _BUSY,
    "100": Failure("absent", "does not have it", REFILL),
    "1100": _WRONG,
}
"""What says more than the class: a status of gRPC, or a code of Milvus."""


_NOT_LOADED = 101
_VENDORS = (MilvusException, grpc.RpcError, grpc.FutureTimeoutError, grpc.FutureCancelledError)


class NotLoadedError(BackendError):
    """A collection that has to be loaded before it is searched."""


@dataclass(frozen=True, slots=True)
class Place:
    """A server's address, or a file of Lite's; how long one call may take, seconds."""

    uri: str
    database: str
    timeout: float
    lite: bool
    token: str = field(default="", repr=False)

    @property
    def words(self) -> str:
        """The place for messages."""
        kind = "Milvus Lite in" if self.lite else "Milvus at"
        return f"{kind} {visible(self.uri)}{'/' + self.database if self.database else ''}"


def place_of(rest: str, *, environ: Mapping[str, str], timeout: float) -> Place:
    """What "/folder/file.db" or "http://host:19530[/database]" means.

    Raises:
        SetupError: it is neither, or carries a key.
    """
    if not is_address(rest):
        return Place(_file(rest), "", timeout, lite=True)
    address = address_of("milvus", rest, port=19_530, instead=_KEYS)
    token = _token(environ, address)
    return Place(address.url, address.path, timeout, lite=False, token=token)


def _token(environ: Mapping[str, str], address: Address) -> str:
    token = environ.get("MILVUS_TOKEN", "").strip()
    user, password = environ.get("MILVUS_USER", "").strip(), environ.get("MILVUS_PASSWORD", "")
    if not token and user and password:
        token = f"{user}:{password}"
    if token:
        encrypted("MILVUS_TOKEN or MILVUS_PASSWORD", address)
    return token


def _file(rest: str) -> str:
    """The file of Lite's, whose folder has to be there."""
    path = Path(rest).expanduser()
    if path.suffix != ".db" or "://" in rest:
        raise SetupError(
            f"milvus: {visible(rest.rpartition('@')[2])!r} is neither a file nor an address",
            hint="such as milvus:/folder/file.db, ending in .db, or milvus:http://127.0.0.1:19530",
        )
    return str(path.absolute())


_open: Counter[str] = Counter()
_opening = threading.Lock()


def connected(place: Place) -> MilvusClient:
    """A client of one's own; Lite starts its server in this process."""
    with told(place), _opening:
        if place.lite:
            _look(place)
        client = MilvusClient(
            uri=place.uri,
            token=place.token,
            db_name=place.database,
            timeout=place.timeout,
            dedicated=True,
        )
        _open[place.uri] += 1
    return client


def _look(place: Place) -> None:
    """Say what Lite would only log."""
    try:
        import milvus_lite  # noqa: F401
    except ImportError:
        raise MissingExtraError(
            "a Milvus in a file needs the package milvus_lite",
            hint="pip install 'bozzetto[milvus]'",
        ) from None
    path = Path(place.uri)
    if not path.parent.is_dir():
        raise SetupError(
            f"{place.words}: there is no folder {visible(str(path.parent))}",
            hint="make it first, or name another",
        )
    if path.exists() and not path.is_dir():
        raise SetupError(
            f"{place.words} is a file, and Milvus Lite 3 keeps a folder",
            hint="name another file: what an older version wrote cannot be read",
        )
    expect_writable(path if path.exists() else path.parent)


def let_go(place: Place, client: MilvusClient) -> None:
    """Close a client; the last one of a file ends Lite's server, and others may open it."""
    with _opening:
        client.close()
        _open[place.uri] -= 1
        if place.lite and _open[place.uri] <= 0:
            from milvus_lite.server_manager import server_manager_instance

            server_manager_instance.release_server(place.uri)


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Within a `with`: what the client raises comes out as ours."""
    try:
        yield
    except _VENDORS as error:
        row, words = _row(error), _words(error)
        if getattr(error, "code", None) == _NOT_LOADED:
            raise NotLoadedError(f"{place.words} has not loaded it: {words}") from None
        ours = failure_of(Exception(words), {"Exception": row}, place.words, [place.token])
        raise (ours or error) from None


def _row(error: Exception) -> Failure:
    """The row of what lies behind an error, or of its code, or of its class."""
    for one in (error.__cause__, error):
        code = one.code() if isinstance(one, grpc.RpcError) else getattr(one, "code", None)
        row = _CODES.get(getattr(code, "name", str(code)))
        if row is not None:
            return row
    found = row_of(type(error), FAILURES) or Failure("backend", "failed")
    passing = isinstance(error, MilvusException) and error.retriable
    return Failure("passing", found.says, found.hint) if passing else found


def _words(error: Exception) -> str:
    said = error.details() if isinstance(error, grpc.RpcError) else getattr(error, "message", "")
    return spoken(said or "")
