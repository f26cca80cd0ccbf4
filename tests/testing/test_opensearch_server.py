"""The contract server, asked by the vendors' own clients as their documentation shows.

So that what the adapters are tried against is known by others than the adapters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bozzetto.testing.opensearch_server import (
    AOSS,
    ELASTICSEARCH,
    OPENSEARCH,
    Busy,
    SearchServer,
)
from bozzetto.testing.search_login import Signed

HOTELS = {
    "settings": {"index": {"knn": True, "number_of_replicas": 0}},
    "mappings": {
        "properties": {
            "location": {
                "type": "knn_vector",
                "dimension": 2,
                "method": {"name": "hnsw", "engine": "faiss", "space_type": "innerproduct"},
            },
            "parking": {"type": "boolean"},
            "rating": {"type": "integer"},
        }
    },
}
ROOMS = [
    {"location": [1.0, 0.0], "parking": True, "rating": 5},
    {"location": [0.6, 0.8], "parking": False, "rating": 8},
    {"location": [-1.0, 0.0], "parking": True, "rating": 9},
]


@pytest.fixture(autouse=True)
def backends(require: Callable[[str], object]) -> None:
    require("backends")
    require("aws")


@pytest.fixture
def server() -> Iterator[SearchServer]:
    with SearchServer(OPENSEARCH) as server:
        yield server


@pytest.fixture
def client(server: SearchServer) -> Iterator[Any]:
    import opensearchpy

    client = opensearchpy.OpenSearch(server.address, max_retries=0)
    client.indices.create(index="hotels", body=HOTELS)
    yield client
    client.close()


def fill(client: Any, **more: Any) -> Any:  # noqa: ANN401
    lines: list[Any] = []
    for n, room in enumerate(ROOMS):
        lines += [{"index": {"_id": str(n)}}, room]
    found = client.bulk(index="hotels", body=lines, **more)
    client.indices.refresh(index="hotels")
    return found


def ids(answer: Any) -> list[str]:  # noqa: ANN401
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def test_documented_searches_of_opensearch(client: Any) -> None:  # noqa: ANN401
    assert fill(client)["errors"] is False
    near = {"location": {"vector": [1, 0], "k": 2}}
    found = client.search(index="hotels", body={"size": 3, "query": {"knn": near}})
    assert ids(found) == ["0", "1"]
    assert [hit["_score"] for hit in found["hits"]["hits"]] == pytest.approx([2.0, 1.6])
    near["location"]["filter"] = {
        "bool": {
            "must": [{"range": {"rating": {"gte": 6, "lte": 10}}}, {"term": {"parking": True}}]
        }
    }
    assert ids(client.search(index="hotels", body={"query": {"knn": near}})) == ["2"]
    script = {
        "source": "knn_score",
        "lang": "knn",
        "params": {"field": "location", "query_value": [1, 0], "space_type": "innerproduct"},
    }
    exact = {"script_score": {"query": {"match_all": {}}, "script": script}}
    found = client.search(index="hotels", body={"size": 3, "query": exact})
    assert [hit["_score"] for hit in found["hits"]["hits"]] == pytest.approx([2.0, 1.6, 0.5])
    assert client.count(index="hotels")["count"] == 3


@pytest.mark.parametrize(
    ("clause", "found"),
    [
        ({"term": {"parking": {"value": True}}}, ["0", "2"]),
        ({"terms": {"rating": [5, 8]}}, ["0", "1"]),
        ({"range": {"rating": {"gt": 5, "lt": 9}}}, ["1"]),
        ({"exists": {"field": "rating"}}, ["0", "1", "2"]),
        ({"bool": {"must_not": {"term": {"parking": True}}}}, ["1"]),
        ({"bool": {"should": [{"term": {"rating": 5}}, {"term": {"rating": 9}}]}}, ["0", "2"]),
    ],
)
def test_documented_filters(client: Any, clause: dict[str, Any], found: list[str]) -> None:  # noqa: ANN401
    fill(client)
    body = {"query": {"bool": {"filter": clause}}}
    assert sorted(ids(client.search(index="hotels", body=body))) == found


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"query": {"fuzzy": {"a": "b"}}}, r"unknown query \[fuzzy\]"),
        ({"query": {"match_all": {}}, "knn": {}}, r"Unknown key .* \[knn\]"),
        ({"size": 10_001}, "Result window is too large"),
        ({"query": {"knn": {"location": {"vector": [1, 0], "k": 10_001}}}}, "k to be in the range"),
        ({"query": {"knn": {"location": {"vector": [1], "k": 5}}}}, "all shards failed"),
        ({"query": {"knn": {"location": {"vector": [1, 0], "k": 5, "x": 1}}}}, "unknown field"),
        ({"query": {"range": {"rating": {"from": 1}}}}, "does not support"),
        ({"query": {"terms": {"rating": 5}}}, "requires an array"),
    ],
)
def test_what_is_not_documented_is_refused(client: Any, body: dict[str, Any], reason: str) -> None:  # noqa: ANN401
    import opensearchpy

    fill(client)
    with pytest.raises(opensearchpy.exceptions.RequestError, match=reason):
        client.search(index="hotels", body=body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"settings": {"index": {"shards": 3}}}, r"unknown setting \[index.shards\]"),
        (
            {"mappings": {"properties": {"a": {"type": "vector"}}}},
            r"No handler for type \[vector\]",
        ),
        ({"mappings": {"properties": {"a": {"type": "long", "b": 1}}}}, "unknown parameter"),
        ({"mappings": {"properties": {"v": {"type": "dense_vector", "dims": 2}}}}, "No handler"),
        ({"mappings": {"properties": {"v": {"type": "knn_vector", "dimension": 0}}}}, "Dimension"),
        ({"mappings": {"prop": {}}}, "unsupported parameters"),
        ({"aliases": {}}, "unknown key"),
    ],
)
def test_indexes_that_cannot_be_made(client: Any, body: dict[str, Any], reason: str) -> None:  # noqa: ANN401
    import opensearchpy

    with pytest.raises(opensearchpy.exceptions.RequestError, match=reason):
        client.indices.create(index="another", body=body)


def test_what_the_server_lacks(client: Any) -> None:  # noqa: ANN401
    import opensearchpy

    with pytest.raises(opensearchpy.exceptions.RequestError, match="no handler found for uri"):
        client.cluster.health()
    with pytest.raises(opensearchpy.exceptions.RequestError, match="unrecognized parameter"):
        client.count(index="hotels", params={"q": "x"})
    with pytest.raises(opensearchpy.exceptions.NotFoundError, match="index_not_found_exception"):
        client.count(index="nothing")


def test_searches_see_what_was_refreshed(server: SearchServer, client: Any) -> None:  # noqa: ANN401
    client.indices.put_settings(index="hotels", body={"index": {"refresh_interval": "-1"}})
    client.bulk(index="hotels", body=[{"index": {"_id": "1"}}, ROOMS[0]])
    assert client.count(index="hotels")["count"] == 0
    client.indices.refresh(index="hotels")
    assert client.count(index="hotels")["count"] == 1
    assert client.indices.resolve_index(name="hot*")["indices"] == [
        {"name": "hotels", "attributes": ["open"]}
    ]


def test_the_clients_own_loading(client: Any) -> None:  # noqa: ANN401
    from opensearchpy import helpers

    rows = [{"_index": "hotels", "_id": str(n), **room} for n, room in enumerate(ROOMS)]
    assert helpers.bulk(client, rows) == (3, [])
    gone = {"_op_type": "delete", "_index": "hotels", "_id": "1"}
    assert helpers.bulk(client, [gone]) == (1, [])
    client.indices.refresh(index="hotels")
    assert client.count(index="hotels")["count"] == 2


def test_rows_that_are_turned_away(server: SearchServer, client: Any) -> None:  # noqa: ANN401
    server.plan(Busy(2), on="_bulk")
    statuses = [item["index"]["status"] for item in fill(client)["items"]]
    assert statuses == [429, 429, 201]


def test_a_vector_of_another_dimension_is_refused_for_itself(client: Any) -> None:  # noqa: ANN401
    rooms = [{"index": {"_id": "1"}}, {"location": [1.0]}, {"index": {"_id": "2"}}, ROOMS[0]]
    first, second = client.bulk(index="hotels", body=rooms)["items"]
    assert first["index"]["error"]["caused_by"]["reason"] == (
        "Vector dimension mismatch. Expected: 2, Given: 1"
    )
    assert second["index"]["status"] == 201


# Amazon's doors


@pytest.mark.parametrize(
    ("login", "changes", "words"),
    [
        (Signed("es"), {}, None),
        (Signed("es", token="t"), {}, None),
        (Signed("es"), {"region": "us-east-1"}, "scoped to a valid region"),
        (Signed("es"), {"service": "aoss"}, "correct service"),
        (Signed("es"), {"secret": "another"}, "request signature we calculated"),
        (Signed("es"), {"key": "AKIDOTHER"}, "security token .* is invalid"),
        (Signed("es"), {"token": "t"}, "security token .* is invalid"),
        (Signed("es", allowed=False), {}, "not authorized to perform"),
        (Signed("aoss"), {}, None),
        (Signed("aoss"), {"region": "us-east-1"}, "does not have permissions"),
    ],
)
def test_signatures_are_computed_anew(
    login: Signed, changes: dict[str, str], words: str | None
) -> None:
    import opensearchpy
    from botocore.credentials import Credentials

    shown = {name: getattr(login, name) for name in ("key", "secret", "token", "region", "service")}
    shown |= changes
    credentials = Credentials(shown["key"], shown["secret"], shown["token"] or None)
    signer = opensearchpy.Urllib3AWSV4SignerAuth(credentials, shown["region"], shown["service"])
    with SearchServer(OPENSEARCH, login=login) as server:
        client = opensearchpy.OpenSearch(server.address, http_auth=signer, max_retries=0)
        if words is None:
            client.indices.create(index="hotels", body=HOTELS)
            assert fill(client)["errors"] is False
            assert client.indices.get_settings(index="hotels", flat_settings="true")
        else:
            with pytest.raises(opensearchpy.exceptions.AuthorizationException) as caught:
                client.indices.create(index="hotels", body=HOTELS)
            info = caught.value.info
            said = info.get("message") or info.get("Message") or info["error"]["reason"]
            assert pytest.RaisesExc(ValueError, match=words).matches(ValueError(said))
        client.close()


def test_a_body_that_was_changed_on_the_way_is_found() -> None:
    import urllib3
    from botocore.credentials import Credentials
    from opensearchpy.helpers.signer import AWSV4Signer

    login = Signed("aoss")
    signer = AWSV4Signer(Credentials(login.key, login.secret), login.region, login.service)
    with SearchServer(AOSS, login=login) as server:
        url = f"{server.address}/hotels"
        headers = signer.sign("PUT", url, b'{"mappings": {}}', {})
        with urllib3.PoolManager() as pool:
            changed = pool.request("PUT", url, body=b'{"mappings":  {}}', headers=headers)
            right = pool.request("PUT", url, body=b'{"mappings": {}}', headers=headers)
    assert (changed.status, right.status) == (403, 200)


def test_what_serverless_refuses() -> None:
    import opensearchpy

    with SearchServer(AOSS) as server:
        client = opensearchpy.OpenSearch(server.address, max_retries=0)
        with pytest.raises(opensearchpy.exceptions.RequestError, match="number_of_replicas"):
            client.indices.create(index="hotels", body=HOTELS)
        client.indices.create(index="hotels", body={"mappings": HOTELS["mappings"]})
        asked = client.bulk(index="hotels", body=[{"index": {"_id": "1"}}, ROOMS[0]])
        assert asked["items"][0]["index"]["error"] == {
            "type": "illegal_argument_exception",
            "reason": "Document ID is not supported in create/index operation request",
        }
        made = client.bulk(index="hotels", body=[{"index": {}}, ROOMS[0]])["items"][0]["index"]
        gone = client.bulk(index="hotels", body=[{"delete": {"_id": made["_id"]}}])
        assert gone["items"][0]["delete"]["result"] == "deleted"
        for call in (client.info, lambda: client.indices.refresh(index="hotels")):
            with pytest.raises(opensearchpy.exceptions.NotFoundError) as caught:
                call()
            assert caught.value.error == ""
        script = {"source": "knn_score", "lang": "knn", "params": {}}
        exact = {"script_score": {"query": {"match_all": {}}, "script": script}}
        with pytest.raises(opensearchpy.exceptions.RequestError, match="inline"):
            client.search(index="hotels", body={"query": exact})
        client.close()


# Elasticsearch


def test_documented_searches_of_elasticsearch() -> None:
    from elasticsearch import BadRequestError, Elasticsearch

    vector = {"type": "dense_vector", "dims": 2, "similarity": "dot_product"}
    with SearchServer(ELASTICSEARCH) as server, Elasticsearch(server.address) as client:
        properties = {"location": vector, "rating": {"type": "integer"}}
        client.indices.create(index="hotels", mappings={"properties": properties})
        operations: list[dict[str, Any]] = []
        for n, room in enumerate(ROOMS):
            kept = {name: room[name] for name in properties}
            operations += [{"index": {"_id": str(n)}}, kept]
        assert client.bulk(index="hotels", operations=operations)["errors"] is False
        client.indices.refresh(index="hotels")
        knn: dict[str, Any] = {
            "field": "location", "query_vector": [1, 0], "k": 2, "num_candidates": 10,
        }  # fmt: skip
        found = client.search(index="hotels", knn=knn)
        assert [hit["_score"] for hit in found["hits"]["hits"]] == pytest.approx([1.0, 0.8])
        filtered = client.search(index="hotels", knn={**knn, "filter": {"term": {"rating": 9}}})
        assert ids(filtered) == ["2"]
        for wrong, words in (
            ({"k": 11}, "cannot be less than"),
            ({"num_candidates": 10_001}, "cannot exceed"),
            ({"query_vector": [1]}, "all shards failed"),
            ({"rescore_vector": {"oversample": 11}}, "oversample"),
            ({"x": 1}, "unknown field"),
        ):
            with pytest.raises(BadRequestError) as caught:
                client.search(index="hotels", knn={**knn, **wrong})
            assert words in caught.value.body["error"]["reason"]
        long = client.bulk(index="hotels", operations=[{"index": {}}, {"location": [1, 1]}])
        assert "unit-length" in long["items"][0]["index"]["error"]["reason"]


@pytest.mark.parametrize("elastic", [False, True])
def test_the_clients_ask_for_what_the_adapters_ask_for(elastic: bool) -> None:
    """Methods, paths and parameters are the vendors', by their clients' own functions."""
    from elasticsearch import Elasticsearch
    from opensearchpy import OpenSearch

    yes = True if elastic else "true"
    vector = {"type": "dense_vector", "dims": 2, "similarity": "dot_product"}
    made: dict[str, Any] = (
        {"mappings": {"properties": {"v": vector}}} if elastic else {"body": HOTELS}
    )
    more: dict[str, Any] = {"settings": {"index": {"refresh_interval": None}}}
    kind: Any = Elasticsearch if elastic else OpenSearch
    with SearchServer(ELASTICSEARCH if elastic else OPENSEARCH) as server:
        client = kind(server.address)
        client.indices.create(index="hotels", **made)
        client.indices.get_mapping(index="hotels")
        client.indices.get_settings(index="hotels", flat_settings=yes)
        client.indices.put_settings(
            index="hotels", **(more if elastic else {"body": more["settings"]})
        )
        client.indices.refresh(index="hotels")
        client.indices.forcemerge(index="hotels", max_num_segments=1, wait_for_completion=False)
        client.indices.resolve_index(name="hot*")
        client.count(index="hotels")
        client.indices.delete(index="hotels")
        client.close()
        asked = [(call.method, call.path.rstrip("/"), dict(call.query)) for call in server.calls]
    assert asked == [
        ("PUT", "/hotels", {}),
        ("GET", "/hotels/_mapping", {}),
        ("GET", "/hotels/_settings", {"flat_settings": "true"}),
        ("PUT", "/hotels/_settings", {}),
        ("POST", "/hotels/_refresh", {}),
        (
            "POST",
            "/hotels/_forcemerge",
            {"max_num_segments": "1", "wait_for_completion": "false"},
        ),
        ("POST" if elastic else "GET", "/_resolve/index/hot*", {}),
        ("POST", "/hotels/_count", {}),
        ("DELETE", "/hotels", {}),
    ]
