"""Elasticsearch 9 and later, one's own or Elastic's cloud, with Elastic's own client.

    elasticsearch+https://host:9200                     ELASTIC_USERNAME, ELASTIC_PASSWORD
    elasticsearch+https://name.es.eu-central-1.aws.elastic.cloud             ELASTIC_API_KEY

ELASTIC_CA_CERTS is a file of certificates to trust, such as config/certs/http_ca.crt.

Vectors are `dense_vector` with the similarity "dot_product", in graphs of bytes ("int8_hnsw", a
quarter of the memory); the best are scored anew by the vectors as they are ("rescore_vector"),
so that scores are exact. `thorough` is a script over every row that fits ("Exact kNN").
"""

from __future__ import annotations

import threading
import warnings
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from elasticsearch.exceptions import ApiError, ConnectionError, ElasticsearchWarning

from bozzetto.adapters.failures import Failure, Failures, told
from bozzetto.adapters.stores.address import (
    Address,
    address_of,
    certificates,
    encrypted,
    key_of,
)
from bozzetto.adapters.stores.elastic_errors import Place, refusal, unreached
from bozzetto.adapters.stores.elastic_link import Asking
from bozzetto.adapters.stores.elastic_queries import DEEPEST, FACTS
from bozzetto.adapters.stores.elastic_store import Dialect, ElasticStore, NamedRows
from bozzetto.ports import VectorStore
from bozzetto.types import Vectors

__all__ = ["FAILURES", "open_store"]

FAILURES: Failures = {
    "TlsError": Failure(
        "setup",
        "fails at TLS",
        "name the file of a certificate of your own in ELASTIC_CA_CERTS; where the port speaks "
        "no TLS, write elasticsearch+http://",
    ),
    "UnsupportedProductError": Failure(
        "setup", "is not Elasticsearch", "for OpenSearch write opensearch+https://..."
    ),
    "ConnectionTimeout": Failure("passing", "did not answer in time"),
    "ConnectionError": Failure("passing", "cannot be reached", "is it running at that port?"),
    "AuthenticationException": Failure("setup", "does not accept the credentials"),
    "AuthorizationException": Failure("setup", "refuses the credentials or lacks a permission"),
    "NotFoundError": Failure("absent", "has nothing under that name"),
    "SerializationError": Failure("passing", "answers what is not whole"),
    "TransportError": Failure("passing", "cannot be asked"),
    "ApiError": Failure("backend", "failed"),
}

_HEADERS = {"accept": "application/json"}
_CONNECTIONS = 16  # kept open, for as many threads
_OVERSAMPLE = 2.0  # times k, scored anew by the vectors as they are
_SCRIPT = "Math.max(0.0, (1.0 + dotProduct(params.query_vector, 'vector')) / 2.0)"
_LOGIN = "set ELASTIC_API_KEY, or ELASTIC_USERNAME and ELASTIC_PASSWORD, to whom the index allows"
_SECRETS = ("ELASTIC_API_KEY", "ELASTIC_PASSWORD")


def _properties(dim: int) -> dict[str, Any]:
    vector = {
        "type": "dense_vector",
        "dims": dim,
        "index": True,
        "similarity": "dot_product",
        "index_options": {"type": "int8_hnsw"},
    }
    return {"vector": vector, **FACTS}


def _nearest(query: list[float], k: int, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    """Candidates are kept beyond k, at most 10,000 of a shard; k may not be more than they."""
    knn: dict[str, Any] = {
        "field": "vector",
        "query_vector": query,
        "k": k,
        "num_candidates": min(max(100, 3 * k), DEEPEST),
        "rescore_vector": {"oversample": _OVERSAMPLE},
    }
    if clauses:
        knn["filter"] = {"bool": {"filter": clauses}}
    return {"size": k, "knn": knn}


def _exact(query: list[float], k: int, clauses: list[dict[str, Any]]) -> dict[str, Any]:
    among = {"bool": {"filter": clauses}} if clauses else {"match_all": {}}
    script = {"source": _SCRIPT, "params": {"query_vector": query}}
    return {"size": k, "query": {"script_score": {"query": among, "script": script}}}


def _products(scores: Vectors) -> Vectors:
    """A score of the similarity "dot_product" is (1 + p) / 2 of a product p."""
    found: Vectors = np.clip(2 * scores - 1, -1.0, 1.0)
    return found


_DIALECT = Dialect(
    name="elasticsearch",
    batch=1_000,
    properties=_properties,
    dimension="dims",
    nearest=_nearest,
    thorough=_exact,
    products=_products,
    settings={},
)


class _Client:
    """Elastic's client: made at the first call, and anew after `close`."""

    def __init__(self, url: Address, environ: Mapping[str, str], timeout: float) -> None:
        self._url, self._timeout = url, timeout
        self._lock = threading.Lock()
        self._client: Elasticsearch | None = None
        self._login = _login(environ, url)
        self._ca = certificates(environ, "ELASTIC_CA_CERTS")
        self.place = Place(
            words=f"Elasticsearch at {url.whole}",
            login=_LOGIN,
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
            client = self._opened()
            if patience > self._timeout:
                client = client.options(request_timeout=patience)
            kind = "x-ndjson" if isinstance(body, str) else "json"
            headers = {**_HEADERS, **({"content-type": f"application/{kind}"} if body else {})}
            sent = [body] if isinstance(body, str) else body
            try:
                return client.perform_request(method, path, headers=headers, body=sent).body
            except ApiError as error:
                if 200 <= error.meta.status < 300:
                    raise  # who answers well, but not as Elasticsearch
                raise refusal(error.meta.status, error.body, self.place) from None
            except ConnectionError as error:
                raise unreached(error, error.__cause__, FAILURES, self.place) from None

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _opened(self) -> Elasticsearch:
        with self._lock:
            if self._client is None:
                # Of security that is off, and of what a later version drops: not for a user.
                warnings.simplefilter("ignore", ElasticsearchWarning)
                trust = {"ca_certs": self._ca} if self._ca and self._url.secure else {}
                self._client = Elasticsearch(
                    self._url.whole,
                    request_timeout=self._timeout,
                    max_retries=0,  # we try again, and know what may be repeated
                    connections_per_node=_CONNECTIONS,
                    **trust,
                    **self._login,
                )
            return self._client


def _login(environ: Mapping[str, str], url: Address) -> dict[str, Any]:
    key = key_of(environ, "ELASTIC_API_KEY", url)
    user = environ.get("ELASTIC_USERNAME", "").strip()
    if key:
        return {"api_key": key}
    if user:
        encrypted("ELASTIC_PASSWORD", url)
    # The client takes a pair in ASCII alone, and one that is encoded as it is.
    pair = b64encode(f"{user}:{environ.get('ELASTIC_PASSWORD', '')}".encode()).decode()
    return {"basic_auth": pair} if user else {}


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> VectorStore:
    """A store at "https://host[:port][/path]".

    Raises:
        SetupError: it is no address, or carries a password; the key is none; a file of
            certificates is missing.
    """
    instead = "put them into ELASTIC_API_KEY, or ELASTIC_USERNAME and ELASTIC_PASSWORD"
    url = address_of("elasticsearch", rest, port=9200, instead=instead)
    asking = Asking(_Client(url, environ, timeout))
    return ElasticStore(_DIALECT, asking, NamedRows(asking))
