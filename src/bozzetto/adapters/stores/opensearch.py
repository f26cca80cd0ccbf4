"""OpenSearch: a cluster of one's own, Amazon OpenSearch Service, and its Serverless collections.

    opensearch+https://host:9200                         OPENSEARCH_USERNAME, OPENSEARCH_PASSWORD
    opensearch+https://search-x.eu-central-1.es.amazonaws.com       the usual AWS credentials
    opensearch+https://id.eu-central-1.aoss.amazonaws.com           the usual AWS credentials
    opensearch+https://host?service=es&region=eu-central-1          behind a name of one's own

Amazon's hosts are known by their names; requests to them are signed (SigV4, services "es" and
"aoss"), unless a domain is asked with OPENSEARCH_USERNAME. OPENSEARCH_CA_CERTS is a file of
certificates to trust.

Vectors are of the engine faiss, which every version since 2.0 and Serverless have, with the
space "innerproduct"; filters stand inside the query (2.9 and later) and are applied while the
graph is walked (docs.opensearch.org, "Efficient k-NN filtering").
"""

from __future__ import annotations

import re
import threading
import warnings
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from bozzetto.adapters.aws import ask, signing
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.failures import Failure, Failures, told
from bozzetto.adapters.stores.address import Address, address_of, certificates, encrypted
from bozzetto.adapters.stores.elastic_errors import Place, refusal, unreached
from bozzetto.adapters.stores.elastic_link import Asking
from bozzetto.adapters.stores.elastic_queries import DEEPEST, FACTS, inner_products
from bozzetto.adapters.stores.elastic_store import Dialect, ElasticStore, NamedRows
from bozzetto.adapters.stores.opensearch_serverless import LAG, KeyedRows
from bozzetto.errors import BozzettoError, MissingExtraError, SetupError
from bozzetto.ports import VectorStore

try:
    from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth
    from opensearchpy.exceptions import ConnectionError, OpenSearchWarning, TransportError
except ModuleNotFoundError as error:  # the package is called otherwise than what it brings
    raise MissingExtraError(
        f"'opensearch' needs the package opensearch-py: {error.name} is missing",
        hint="pip install 'bozzetto[opensearch]'",
    ) from error

__all__ = ["FAILURES", "SERVERLESS", "Amazon", "amazon_of", "open_store"]

FAILURES: Failures = {
    "SSLError": Failure(
        "setup",
        "fails at TLS",
        "name the file of a certificate of your own in OPENSEARCH_CA_CERTS; where the port "
        "speaks no TLS, write opensearch+http://",
    ),
    "ConnectionTimeout": Failure("passing", "did not answer in time"),
    "ConnectionError": Failure("passing", "cannot be reached", "is it running, is the port right?"),
    "AuthenticationException": Failure("setup", "does not accept the credentials"),
    "AuthorizationException": Failure("setup", "refuses the credentials or lacks a permission"),
    "NotFoundError": Failure("absent", "has nothing under that name"),
    "SerializationError": Failure("passing", "answers what is not whole"),
    "ImproperlyConfigured": Failure("setup", "cannot be asked with these settings"),
    "OpenSearchException": Failure("backend", "failed"),
    "OpenSearchDslException": Failure("backend", "failed"),
}

_AMAZON = (
    re.compile(r"\.(?P<region>[a-z0-9-]+)\.(?P<service>es|aoss)\.amazonaws\.com(\.cn)?\Z"),
    re.compile(r"\.(?P<service>aos|aoss)\.(?P<region>[a-z0-9-]+)\.on\.aws\Z"),
)
"""The ends of Amazon's host names, of both kinds of addresses."""

_SECRETS = (
    "OPENSEARCH_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
)  # fmt: skip
_CONNECTIONS = 16  # kept open, for as many threads
_SMALL_BATCH = 500  # Serverless seeks the old documents of as many keys at once

_LOGIN = "check OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD, and what that user may do"
_ACCESS = (
    "is it the collection's region? Allow the user or role in its data access policy and in IAM "
    "(aoss:APIAccessAll), and your network in its network policy"
)


@dataclass(frozen=True, slots=True)
class Amazon:
    """Whose signature a host wants: the service "es" or "aoss", "" for none; its region or ""."""

    service: str
    region: str


def amazon_of(url: Address) -> Amazon:
    """What the host's name, or the query behind it, says.

    Raises:
        SetupError: the query holds anything else.
    """
    asked = {name: values[-1] for name, values in parse_qs(url.query).items()}
    wrong = set(asked) - {"service", "region"}
    if wrong or asked.get("service", "es") not in ("es", "aoss"):
        raise SetupError(
            "opensearch: the address may end in ?service=es or ?service=aoss and &region=...",
            hint="no password or key belongs there",
        )
    ends = (pattern.search(url.host) for pattern in _AMAZON)
    named = next((end.groupdict() for end in ends if end), {"service": "", "region": ""})
    service = asked.get("service") or {"aos": "es"}.get(named["service"], named["service"])
    return Amazon(service, asked.get("region") or named["region"])


def _method() -> dict[str, Any]:
    return {"name": "hnsw", "engine": "faiss", "space_type": "innerproduct"}


def _properties(dim: int) -> dict[str, Any]:
    return {"vector": {"type": "knn_vector", "dimension": dim, "method": _method()}, **FACTS}


def _nearest(query: list[float], k: int, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    knn: dict[str, Any] = {"vector": query, "k": k}
    if clauses:
        knn["filter"] = {"bool": {"filter": clauses}}
    return {"size": k, "query": {"knn": {"vector": knn}}}


def _exact(query: list[float], k: int, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """Every row that fits, by the k-NN plug-in's script ("Exact k-NN with scoring script")."""
    among = {"bool": {"filter": clauses}} if clauses else {"match_all": {}}
    params = {"field": "vector", "query_value": query, "space_type": "innerproduct"}
    script = {"source": "knn_score", "lang": "knn", "params": params}
    return {"size": k, "query": {"script_score": {"query": among, "script": script}}}


def _wider(query: list[float], k: int, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """Serverless has no scripts: a walk that keeps more candidates than are asked for."""
    return {**_nearest(query, min(4 * k + 100, DEEPEST), clauses), "size": k}


_CLUSTER = Dialect(
    name="opensearch",
    batch=1_000,
    properties=_properties,
    dimension="dimension",
    nearest=_nearest,
    thorough=_exact,
    products=inner_products,
    settings={"knn": True},
)
SERVERLESS = replace(_CLUSTER, batch=_SMALL_BATCH, thorough=_wider, lag=LAG)


class _Client:
    """opensearch-py's client: made at the first call, and anew after `close`."""

    def __init__(
        self, url: Address, amazon: Amazon, environ: Mapping[str, str], timeout: float
    ) -> None:
        self._url, self._amazon, self._timeout = url, amazon, timeout
        self._environ = environ
        self._lock = threading.Lock()
        self._client: OpenSearch | None = None
        self._user = environ.get("OPENSEARCH_USERNAME", "").strip()
        self._password = environ.get("OPENSEARCH_PASSWORD", "")
        if amazon.service == "aoss":
            self._user = ""
        self._ca = certificates(environ, "OPENSEARCH_CA_CERTS")
        if self._user:
            encrypted("OPENSEARCH_PASSWORD", url)
        self.place = Place(
            words=f"OpenSearch at {url.whole}",
            login=_ACCESS if amazon.service == "aoss" else _LOGIN,
            secrets=tuple(filter(None, (environ.get(name, "").strip() for name in _SECRETS))),
        )

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | str | None = None,
        patience: float = 0.0,
    ) -> Any:  # noqa: ANN401
        """As `Link` says."""
        with told(FAILURES, self.place.words, self.place.secrets):
            client, wait = self._opened(), max(self._timeout, patience)
            try:
                return client.transport.perform_request(method, path, body=body, timeout=wait)
            except TransportError as error:
                if isinstance(error.info, BozzettoError):  # of what signs
                    raise error.info from None
                if isinstance(error, ConnectionError):
                    raise unreached(error, error.info, FAILURES, self.place) from None
                if not isinstance(error.status_code, int):
                    raise
                said = error.info if error.info is not None else error.error
                raise refusal(error.status_code, said, self.place) from None

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _opened(self) -> OpenSearch:
        with self._lock:
            if self._client is None:
                # Of security that is off, and of what a later version drops: not for a user.
                warnings.simplefilter("ignore", OpenSearchWarning)
                self._client = OpenSearch(
                    hosts=[self._url.whole],
                    timeout=self._timeout,
                    max_retries=0,  # we try again, and know what may be repeated
                    pool_maxsize=_CONNECTIONS,
                    **self._trust(),
                    **self._login(),
                )
            return self._client

    def _trust(self) -> dict[str, Any]:
        return {"ca_certs": self._ca} if self._ca and self._url.secure else {}

    def _login(self) -> dict[str, Any]:
        if self._user:
            pair = b64encode(f"{self._user}:{self._password}".encode()).decode()
            return {"headers": {"authorization": f"Basic {pair}"}}
        if not self._amazon.service:
            return {}
        title = "Amazon OpenSearch"
        credentials, region = signing(title, environ=self._environ, region=self._amazon.region)
        signer = Urllib3AWSV4SignerAuth(credentials, region, self._amazon.service)

        def sign(method: str, url: str, body: object) -> dict[str, str]:
            """Renews credentials that expire, which may fail."""
            return ask(lambda: signer(method, url, body), Asked(title, title))

        return {"http_auth": sign}


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> VectorStore:
    """A store at "https://host[:port][/path]".

    Raises:
        SetupError: it is no address, or carries a password; a file of certificates is missing.
    """
    instead = "put them into OPENSEARCH_USERNAME and OPENSEARCH_PASSWORD"
    url = address_of("opensearch", rest, port=9200, instead=instead, queried=True)
    amazon = amazon_of(url)
    asking = Asking(_Client(url, amazon, environ, timeout))
    if amazon.service == "aoss":
        return ElasticStore(SERVERLESS, asking, KeyedRows(asking))
    return ElasticStore(_CLUSTER, asking, NamedRows(asking))
