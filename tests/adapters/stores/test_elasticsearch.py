"""Elasticsearch: what is asked badly, refused and lost, and what its searches look like."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.ports import VectorStore
from bozzetto.testing.failures import unmapped
from bozzetto.testing.opensearch_server import (
    ELASTICSEARCH,
    GONE,
    HALF,
    OPENSEARCH,
    SHORT,
    Answer,
    Busy,
    SearchServer,
    Slow,
)
from bozzetto.testing.search_login import ApiKey, Basic
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

elasticsearch: Any = None

ROWS = rows_of(60)
DIM = ROWS.vectors.shape[1]
NAME = "bozzetto_one"
KEY = "aWQ6c2VjcmV0LWtleQ=="


@pytest.fixture(autouse=True)
def backends(require: Callable[[str], object]) -> None:
    """The adapter is imported once its client is there."""
    require("backends")
    global elasticsearch
    from bozzetto.adapters.stores import elasticsearch


def opened(server: SearchServer, environ: Mapping[str, str] = MappingProxyType({})) -> VectorStore:
    store: VectorStore = elasticsearch.open_store(server.address, environ=environ, timeout=10)
    return store


@pytest.fixture
def server() -> Iterator[SearchServer]:
    with SearchServer(ELASTICSEARCH) as server:
        yield server


@pytest.fixture
def store(server: SearchServer) -> Iterator[VectorStore]:
    store = opened(server)
    yield store
    store.close()


def bulks(server: SearchServer) -> list[int]:
    """How many rows each bulk request had."""
    return [call.body.count(b'{"index"') for call in server.calls if call.path.endswith("_bulk")]


def test_every_exception_has_a_row() -> None:
    import elastic_transport
    import elasticsearch.exceptions

    assert unmapped(elasticsearch.exceptions, globals()["elasticsearch"].FAILURES) == []
    assert unmapped(elastic_transport, globals()["elasticsearch"].FAILURES) == []


@pytest.mark.parametrize(
    ("rest", "says"),
    [
        ("https://elastic:topsecret@host:9200", "ELASTIC_USERNAME and ELASTIC_PASSWORD"),
        ("//host:9200", "such as elasticsearch:http://127.0.0.1:9200"),
        ("https://host:9200/?api_key=topsecret", "ELASTIC_API_KEY"),
    ],
)
def test_a_bad_address_says_what_to_write(rest: str, says: str) -> None:
    with pytest.raises(SetupError) as caught:
        elasticsearch.open_store(rest, environ={}, timeout=5)
    assert says in (caught.value.hint or "")
    assert "topsecret" not in str(caught.value) + str(caught.value.hint)


def test_a_file_of_certificates_has_to_be_there() -> None:
    with pytest.raises(SetupError, match=r"ELASTIC_CA_CERTS: /no/such.pem is not a file"):
        elasticsearch.open_store(
            "https://host", environ={"ELASTIC_CA_CERTS": "/no/such.pem"}, timeout=5
        )


def test_a_key_that_is_none_is_told_without_it() -> None:
    with pytest.raises(SetupError, match="ELASTIC_API_KEY holds characters") as caught:
        elasticsearch.open_store("https://h", environ={"ELASTIC_API_KEY": "kéy"}, timeout=5)
    assert "kéy" not in caught.value.message


@pytest.mark.parametrize(
    ("login", "environ"),
    [
        (ApiKey(KEY), {"ELASTIC_API_KEY": KEY}),
        (
            Basic("elastic", "pässword"),
            {"ELASTIC_USERNAME": "elastic", "ELASTIC_PASSWORD": "pässword"},
        ),
    ],
)
def test_keys_and_passwords_come_from_the_variables(
    login: ApiKey | Basic, environ: dict[str, str]
) -> None:
    with SearchServer(ELASTICSEARCH, login=login) as server:
        store = opened(server, environ)
        assert store.count(NAME) is None
        assert KEY not in f"{store!r} {store.features}"
        store.close()
        for wrong in ({}, {"ELASTIC_API_KEY": "bm90LXRoaXM="}):
            stranger = opened(server, wrong)
            with pytest.raises(SetupError, match=r"credentials.* \(401\)") as caught:
                stranger.count(NAME)
            assert "ELASTIC_API_KEY" in (caught.value.hint or "")
            assert "bm90" not in caught.value.message
            stranger.close()


def test_another_product_is_told() -> None:
    with SearchServer(OPENSEARCH) as server:
        store = opened(server)
        with pytest.raises(SetupError, match="is not Elasticsearch") as caught:
            store.collections("bozzetto")
        assert "opensearch+https" in (caught.value.hint or "")
        store.close()


def test_an_older_server_is_told(server: SearchServer, store: VectorStore) -> None:
    reason = "A compatible version is required on both Content-Type and Accept headers"
    error = {"type": "media_type_header_exception", "reason": reason}
    server.plan(Answer(400, {"error": error, "status": 400}))
    with pytest.raises(SetupError, match="is older than the client"):
        store.collections("bozzetto")


def test_the_port_without_tls_is_told(server: SearchServer) -> None:
    address = server.address.replace("http:", "https:")
    store = elasticsearch.open_store(address, environ={}, timeout=5)
    with pytest.raises(SetupError, match="fails at TLS"):
        store.count(NAME)


def test_a_load_and_what_is_searched(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    index = server.indexes[NAME]
    loading = {"refresh_interval": "-1", "number_of_replicas": "0"}
    assert index.settings == {"number_of_shards": "1", **loading}
    store.put(NAME, ROWS)
    store.finish(NAME)
    assert index.settings == {"number_of_shards": "1"}
    assert index.merged == 1
    where = Where(rating=2)
    walked = store.search(NAME, ROWS.vectors[3], 10, where)
    exact = store.search(NAME, ROWS.vectors[3], 10, where, thorough=True)
    assert exact[0].tolist() == walked[0].tolist()
    assert exact[1] == pytest.approx(walked[1])
    first, second = (
        json.loads(call.body) for call in server.calls if call.path.endswith("_search")
    )
    del first["knn"]["query_vector"]
    assert first == {
        "_source": False,
        "size": 10,
        "knn": {
            "field": "vector",
            "k": 10,
            "num_candidates": 100,
            "rescore_vector": {"oversample": 2.0},
            "filter": {"bool": {"filter": [{"range": {"rating": {"gte": 2}}}]}},
        },
    }
    assert list(second["query"]) == ["script_score"]


def test_no_more_than_ten_thousand_are_asked_for(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    store.finish(NAME)
    assert len(store.search(NAME, ROWS.vectors[0], 10**9)[0]) == 60
    asked = json.loads(server.calls[-1].body)
    assert (asked["size"], asked["knn"]["num_candidates"]) == (10_000, 10_000)


def test_scores_are_inner_products_on_both_sides_of_nothing(store: VectorStore) -> None:
    store.create(NAME, 2, 3)
    vectors = np.array([[1, 0], [0, 1], [-1, 0]], np.float32)
    store.put(NAME, StoreRows(np.array([1, 2, 3]), vectors, [Facts()] * 3))
    store.finish(NAME)
    for thorough in (False, True):
        keys, scores = store.search(NAME, vectors[0], 3, thorough=thorough)
        assert keys.tolist() == [1, 2, 3]
        assert scores == pytest.approx([1.0, 0.0, -1.0], abs=1e-6)


def test_elastics_serverless_keeps_its_settings(server: SearchServer, store: VectorStore) -> None:
    reason = (
        "Settings [index.number_of_replicas,index.number_of_shards] are not available when "
        "running in serverless mode"
    )
    error = {"type": "illegal_argument_exception", "reason": reason}
    server.plan(Answer(400, {"error": error, "status": 400}), on=f"PUT /{NAME}")
    store.create(NAME, DIM, 60)
    assert server.indexes[NAME].settings == {"refresh_interval": "-1"}
    server.plan(Answer(400, {"error": error, "status": 400}), on=f"PUT /{NAME}/_settings")
    store.finish(NAME)
    assert server.indexes[NAME].settings == {}


def test_only_rows_that_were_turned_away_are_sent_again(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    server.plan(Busy(3), on="_bulk")
    store.put(NAME, ROWS)
    assert bulks(server) == [60, 3]
    assert store.count(NAME) == 60


def test_vectors_that_are_not_of_unit_length_are_told(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    vectors = ROWS.vectors.copy()
    vectors[1] *= 2
    with pytest.raises(BackendError, match="unit-length vectors"):
        store.put(NAME, StoreRows(ROWS.keys, vectors, ROWS.facts))
    assert store.count(NAME) == 59


def test_a_wrong_dimension_is_told(store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    with pytest.raises(SetupError, match=f"holds vectors of {DIM} dimensions, not {DIM + 8}"):
        store.put(NAME, rows_of(5, dim=DIM + 8))
    with pytest.raises(BackendError, match=f"{DIM + 8}.*{DIM}"):
        store.search(NAME, rows_of(1, dim=DIM + 8).vectors[0], 5)


@pytest.mark.parametrize("step", [HALF, SHORT, Answer(503), Answer(429)], ids=str)
def test_what_passes_is_tried_again(
    server: SearchServer, store: VectorStore, step: Answer | str
) -> None:
    store.create(NAME, DIM, 60)
    server.plan(step, on="_bulk")
    store.put(NAME, ROWS)
    server.plan(step, on="_count")
    assert store.count(NAME) == 60


def test_the_last_refresh_may_take_its_time(server: SearchServer) -> None:
    store = elasticsearch.open_store(server.address, environ={}, timeout=0.2)
    store.create(NAME, DIM, 60)
    store.put(NAME, ROWS)
    server.plan(Slow(0.5), on="_refresh")
    store.finish(NAME)
    assert store.count(NAME) == 60
    server.plan(*[Slow(0.5)] * 3, on="_count")
    with pytest.raises(BackendError, match="did not answer in time"):
        store.count(NAME)
    store.close()


def test_a_store_that_vanishes_is_told(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    server.plan(GONE, on="_bulk")
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        store.put(NAME, ROWS)
    assert caught.value.retryable


def test_a_full_disk_is_told_at_once(server: SearchServer, store: VectorStore) -> None:
    store.create(NAME, DIM, 60)
    server.full = True
    with pytest.raises(BackendError, match="takes no writes"):
        store.put(NAME, ROWS)
    assert bulks(server) == [60]


def test_a_collection_that_is_dropped_meanwhile_is_not_made_anew(
    server: SearchServer, store: VectorStore
) -> None:
    store.create(NAME, DIM, 60)
    opened(server).drop(NAME)
    with pytest.raises(NotFoundError):
        store.put(NAME, ROWS)
    assert server.indexes == {}
