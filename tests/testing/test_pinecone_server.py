from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from bozzetto.testing.pinecone_index import Refused, fits
from bozzetto.testing.pinecone_server import KEY, VERSION, PineconeServer

HEADERS = {"Api-Key": KEY, "X-Pinecone-Api-Version": VERSION, "Content-Type": "application/json"}
INDEX = {
    "name": "films",
    "schema": {
        "fields": {"_values": {"type": "dense_vector", "dimension": 2, "metric": "dotproduct"}}
    },
    "deployment": {"deployment_type": "managed", "cloud": "aws", "region": "us-east-1"},
}


@pytest.fixture
def server() -> Iterator[PineconeServer]:
    with PineconeServer() as server:
        yield server


def ask(
    address: str, method: str, path: str, body: object = None, headers: dict[str, str] = HEADERS
) -> tuple[int, Any]:
    line = http.client.HTTPConnection(urlsplit(address).netloc, timeout=5)
    line.request(method, path, None if body is None else json.dumps(body), headers)
    answer = line.getresponse()
    data = answer.read()
    line.close()
    kind = answer.headers["Content-Type"]
    return answer.status, json.loads(data) if data and kind == "application/json" else data.decode()


def made(server: PineconeServer) -> str:
    ask(server.address, "POST", "/indexes", INDEX)
    return f"http://{ask(server.address, 'GET', '/indexes/films')[1]['host']}"


def test_the_vendor_s_client_is_answered(
    server: PineconeServer, require: Callable[[str], object]
) -> None:
    require("backends")
    from pinecone import Pinecone, ServerlessSpec

    with Pinecone(KEY, host=server.address) as client:
        client.create_index(
            "films", ServerlessSpec(cloud="aws", region="us-east-1"), 2, "dotproduct", timeout=-1
        )
        model = client.describe_index("films")
        assert (model.status.ready, model.dimension, model.metric) == (True, 2, "dotproduct")
        with client.index(host=model.host.replace("https", "http")) as index:
            for n in range(150):
                index.create_namespace(name=f"space-{n:03}")
            names = [one.name for page in index.list_namespaces() for one in page]
            assert names == [f"space-{n:03}" for n in range(150)]
            films = [("a", [1.0, 0.0], {"year": 1950}), ("b", [0.6, 0.8], {"year": 1999})]
            assert index.upsert(vectors=films, namespace="space-001").upserted_count == 2
            found = index.query(
                vector=[0.0, 1.0], top_k=2, namespace="space-001", filter={"year": {"$gte": 1950}}
            )
            assert [(one.id, one.score) for one in found.matches] == [
                ("b", pytest.approx(0.8)),
                ("a", 0.0),
            ]
            assert index.describe_namespace(name="space-001").record_count == 2
            assert index.describe_index_stats().total_vector_count == 2
            index.delete(ids=["a", "nobody"], namespace="space-001")
            index.delete_namespace(name="space-000")
            assert index.describe_index_stats().namespaces["space-001"].vector_count == 1
        client.delete_index("films", timeout=-1)
        assert not client.has_index("nobody")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Api-Key": "no"}, 401),
        ({"X-Pinecone-Api-Version": "1999-01"}, 400),
        ({"Content-Type": "text/plain"}, 415),
    ],
)
def test_headers_are_looked_at(server: PineconeServer, change: dict[str, str], status: int) -> None:
    assert ask(server.address, "POST", "/indexes", INDEX, {**HEADERS, **change})[0] == status


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": "Films!"}, 400),
        ({"name": 7}, 400),
        ({"colour": "red"}, 400),
        ({"deployment": {"deployment_type": "managed", "cloud": "aws", "region": "moon"}}, 404),
        ({"schema": {"fields": {}}}, 400),
    ],
)
def test_an_index_that_nobody_documents(
    server: PineconeServer, change: dict[str, object], status: int
) -> None:
    found, answer = ask(server.address, "POST", "/indexes", {**INDEX, **change})
    assert (found, answer["status"]) == (status, status)
    assert server.indexes == ()


def test_names_are_given_once(server: PineconeServer) -> None:
    index = made(server)
    assert ask(server.address, "POST", "/indexes", INDEX)[0] == 409
    assert ask(index, "POST", "/namespaces", {"name": "one"})[0] == 200
    assert ask(index, "POST", "/namespaces", {"name": "one"})[0] == 409


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("/vectors/upsert", {}, "vectors: wanted is list"),
        ("/vectors/upsert", {"vectors": []}, "Found 0 vectors, allowed are 1 to 1000"),
        (
            "/vectors/upsert",
            {"vectors": [{"id": "ä", "values": [1, 0]}]},
            "Vector ID must be ASCII",
        ),
        ("/vectors/upsert", {"vectors": [{"id": "a", "values": [0, 0]}]}, "at least one non-zero"),
        (
            "/vectors/upsert",
            {"vectors": [{"id": "a", "values": [1, 0, 0]}]},
            "Vector dimension 3 does not match the dimension of the index 2",
        ),
        (
            "/vectors/upsert",
            {"vectors": [{"id": "a", "values": [1, 0], "metadata": {"x": None}}]},
            "Metadata value must be a string, number, boolean or list of strings, got 'null'",
        ),
        (
            "/vectors/upsert",
            {"vectors": [{"id": "a", "values": [1, 0], "metadata": {"x": "y" * 50_000}}]},
            "Metadata size exceeds",
        ),
        ("/query", {"topK": 10_001, "vector": [1, 0]}, "Invalid value for topK"),
        ("/query", {"topK": 1, "vector": [1, 0], "top_k": 1}, "top_k: Cannot find field."),
        ("/query", {"topK": 1, "vector": [1, 0], "filter": {"a": {"$like": "b"}}}, "$like"),
        ("/query", {"topK": 1, "vector": [1, 0], "filter": {"a": {"$gte": "b"}}}, "a number"),
        ("/query", {"topK": 1, "vector": [1, 0], "filter": {"a": {"$in": "b"}}}, "list"),
        ("/vectors/delete", {"ids": ["a"] * 1_001}, "Found 1001 ids"),
        ("/namespaces", {"name": "ä"}, "Invalid namespace name"),
    ],
)
def test_a_request_that_nobody_documents(
    server: PineconeServer, path: str, body: object, says: str
) -> None:
    index = made(server)
    ask(index, "POST", "/vectors/upsert", {"vectors": [{"id": "z", "values": [1, 0]}]})
    status, answer = ask(index, "POST", path, body)
    assert (status, answer["code"]) == (400, 3)
    assert says in answer["message"]


def test_what_is_not_there(server: PineconeServer) -> None:
    index = made(server)
    for method, path in (("GET", "/namespaces/no"), ("DELETE", "/namespaces/no"), ("GET", "/no")):
        assert ask(index, method, path)[0] == 404
    assert ask(server.address, "GET", "/indexes/no")[0] == 404


def test_a_body_that_is_too_large(server: PineconeServer) -> None:
    row = {"id": "a", "values": [1, 0], "metadata": {"x": "y" * 30_000}}
    assert ask(made(server), "POST", "/vectors/upsert", {"vectors": [row] * 80})[0] == 413


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"tags": {"$in": ["b", "c"]}}, True),
        ({"tags": {"$nin": ["b"]}}, False),
        ({"tags": "a"}, True),
        ({"tags": {"$ne": "a"}}, False),
        ({"year": {"$gt": 1999}}, False),
        ({"year": {"$lt": 2000, "$gte": 1999}}, True),
        ({"year": {"$lte": 1998}}, False),
        ({"no": {"$exists": False}}, True),
        ({"no": {"$in": ["a"]}}, False),
        ({"$or": [{"year": 1}, {"use": {"$eq": "x"}}]}, True),
        ({"$and": [{"year": 1}, {"use": {"$eq": "x"}}]}, False),
        ({"use": {"$gte": 3}}, False),
    ],
)
def test_filters_are_as_documented(wanted: dict[str, Any], *, found: bool) -> None:
    assert fits({"tags": ["a", "b"], "year": 1999, "use": "x"}, wanted) is found


def test_an_operator_that_is_none() -> None:
    with pytest.raises(Refused, match=r"\$where is not a valid operator"):
        fits({}, {"$where": "1"})
