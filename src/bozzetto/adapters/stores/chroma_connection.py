"""Where a Chroma is, how it is reached, and what its errors mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import chromadb
import httpx
from chromadb.config import DEFAULT_DATABASE, DEFAULT_TENANT, Settings

from bozzetto.adapters import failures
from bozzetto.adapters.failures import Failure, failure_of, spoken
from bozzetto.adapters.stores.address import Address, address_of, is_address, key_of
from bozzetto.adapters.stores.folder import expect_writable, folder_of, make_folder
from bozzetto.adapters.stores.rows import REFILL
from bozzetto.errors import BackendError, SetupError
from bozzetto.text.normalise import visible

__all__ = ["FAILURES", "Place", "connected", "let_go", "place_of", "told"]

_KEY = "put the key into CHROMA_TOKEN"
_ASK = "is it running? `chroma run --path FOLDER` starts one"

_DOWN = Failure("passing", "cannot be reached", _ASK)
_REFUSED = Failure("setup", "refuses the credentials", _KEY)
_WRONG = Failure("backend", "refuses what it was asked")

FAILURES: Mapping[str, Failure] = {
    "ChromaError": Failure("backend", "failed"),
    "AuthorizationError": _REFUSED,
    "ChromaAuthError": _REFUSED,
    "NotFoundError": Failure("absent", "does not have it", REFILL),
    "RateLimitError": Failure("passing", "takes no more at present"),
    "QuotaError": Failure("backend", "has reached a quota"),
    "InternalError": Failure("backend", "failed"),
    "InvalidDimensionException": _WRONG,
    "InvalidArgumentError": _WRONG,
    "VersionMismatchError": Failure("setup", "is of another version", "update one of the two"),
    "InvalidHTTPVersion": Failure("setup", "is of another version", "update one of the two"),
    "TimeoutException": Failure("passing", "does not answer in time", _ASK),
    "HTTPError": _DOWN,
    "StreamError": Failure("backend", "broke off"),
    "CookieConflict": _WRONG,
    "InvalidURL": Failure("setup", "has an address that is none"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A server's address, or a folder; how long one call may take, seconds."""

    server: Address | None
    folder: str
    timeout: float
    tenant: str = DEFAULT_TENANT
    database: str = DEFAULT_DATABASE
    token: str = field(default="", repr=False)

    @property
    def words(self) -> str:
        """The place for messages."""
        return (
            f"Chroma at {self.server.url}" if self.server else f"Chroma in {visible(self.folder)}"
        )


def place_of(rest: str, *, environ: Mapping[str, str], timeout: float) -> Place:
    """What "/folder" or "http://host:8000" means.

    Raises:
        SetupError: it is neither, or carries a key.
    """
    if is_address(rest):
        server = address_of("chroma", rest, port=8_000, instead=_KEY)
        return Place(
            server,
            "",
            timeout,
            tenant=environ.get("CHROMA_TENANT", "").strip() or DEFAULT_TENANT,
            database=environ.get("CHROMA_DATABASE", "").strip() or DEFAULT_DATABASE,
            token=key_of(environ, "CHROMA_TOKEN", server),
        )
    if not rest.strip() or "://" in rest:
        raise SetupError(
            f"chroma: {visible(rest.rpartition('@')[2])!r} is neither a folder nor an address",
            hint="such as chroma:/folder or chroma:http://127.0.0.1:8000",
        )
    return Place(None, str(folder_of(rest)), timeout)


def connected(place: Place) -> Any:  # noqa: ANN401 - the vendor's client
    """A client; nothing is sent but to the address, and nothing written but to the folder."""
    with told(place):
        settings = _settings()
        if place.server is None:
            make_folder(Path(place.folder))
            expect_writable(Path(place.folder))
            return chromadb.PersistentClient(place.folder, settings=settings)
        _look(place, place.server)
        return _remote(place, place.server, settings)


def _settings() -> Settings:
    """Nothing of the environment or of a file .env, which might send figures elsewhere."""
    return Settings(
        _env_file=None,
        anonymized_telemetry=False,
        chroma_otel_collection_endpoint="",
        chroma_otel_granularity=None,
        chroma_client_auth_provider=None,
        chroma_server_host=None,
        chroma_server_http_port=None,
    )


def _remote(place: Place, server: Address, settings: Settings) -> Any:  # noqa: ANN401
    client = chromadb.HttpClient(
        host=server.host,
        port=server.port,
        ssl=server.secure,
        headers=_headers(place),
        settings=settings,
        tenant=place.tenant,
        database=place.database,
    )
    client._server._session.timeout = place.timeout  # it would wait for ever, and takes no option
    return client


def let_go(client: Any) -> None:  # noqa: ANN401
    """Close a client, and the connections that it leaves open."""
    servers = (client._server, client._admin_client._server)
    client.close()
    for server in servers:
        if hasattr(server, "_session"):
            server._session.close()


def _headers(place: Place) -> dict[str, str]:
    """The key as Chroma's own servers and as gateways before them read it."""
    if not place.token:
        return {}
    return {"Authorization": f"Bearer {place.token}", "X-Chroma-Token": place.token}


def _look(place: Place, server: Address) -> None:
    """Ask once with a limit: the client's own first calls have none, and hide what they hear."""
    with httpx.Client(headers=_headers(place), timeout=place.timeout) as http:
        answer = http.get(f"{server.url}/api/v2/heartbeat")
    if answer.status_code in (401, 403):
        raise SetupError(f"{place.words} refuses the credentials ({answer.status_code})", hint=_KEY)
    if answer.status_code != 200 or "nanosecond heartbeat" not in answer.text:
        raise BackendError(
            f"{place.words} does not answer as Chroma does ({answer.status_code})",
            hint="is that its address? it has to be of version 1 or later",
            retryable=answer.status_code >= 500,
        )


@contextmanager
def told(place: Place) -> Iterator[None]:
    """Within a `with`: what the client raises comes out as ours."""
    try:
        with failures.told(FAILURES, place.words, [place.token]):
            yield
    except Exception as error:
        # What no class stands for: an answer that is not Chroma's, such as a gateway's. Opening
        # makes a ValueError of it, and JSON that is none is one.
        if type(error) is not Exception and not isinstance(error, ValueError):
            raise
        row = Failure("passing", "answers as Chroma does not")
        ours = failure_of(Exception(spoken(error)), {"Exception": row}, place.words, [place.token])
        raise (ours or error) from None
