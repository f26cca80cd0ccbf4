from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

if TYPE_CHECKING:
    from bozzetto.testing.weaviate_server import WeaviateServer

FILM = {
    "class": "Film",
    "properties": [
        {"name": "title", "dataType": ["text"], "tokenization": "field"},
        {"name": "words", "dataType": ["text[]"]},
        {"name": "year", "dataType": ["int"], "indexFilterable": False},
        {"name": "score", "dataType": ["number"]},
    ],
    "vectorConfig": {
        "default": {
            "vectorizer": {"none": {}},
            "vectorIndexType": "hnsw",
            "vectorIndexConfig": {"distance": "dot"},
        }
    },
}
ONE, TWO = UUID(int=1), UUID(int=2)


@pytest.fixture(autouse=True)
def _vendor(require: Callable[[str], object]) -> None:
    require("backends")


@pytest.fixture
def server(_vendor: None) -> Iterator[WeaviateServer]:
    from bozzetto.testing.weaviate_server import WeaviateServer

    with WeaviateServer() as server:
        yield server


@pytest.fixture
def client(server: WeaviateServer) -> Iterator[Any]:
    from weaviate import WeaviateClient
    from weaviate.classes.init import Auth
    from weaviate.connect import ConnectionParams

    url, _, grpc = server.rest.partition("?grpc=127.0.0.1:")
    params = ConnectionParams.from_url(url, int(grpc))
    key = Auth.api_key(server.environ["WEAVIATE_API_KEY"])
    with WeaviateClient(params, auth_client_secret=key, skip_init_checks=True) as client:
        yield client


def ask(
    server: WeaviateServer, method: str, path: str, body: object = None, key: str | None = None
) -> tuple[int, Any]:
    token = server.environ["WEAVIATE_API_KEY"] if key is None else key
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    line = http.client.HTTPConnection(urlsplit(server.rest).netloc, timeout=5)
    line.request(method, path, None if body is None else json.dumps(body), headers)
    answer = line.getresponse()
    data = answer.read()
    line.close()
    return answer.status, json.loads(data) if data else None


def films(client: Any) -> Any:  # noqa: ANN401
    from weaviate.classes.data import DataObject

    data = client.collections.create_from_dict(FILM)
    told = {"title": "The Dog", "words": ["A dog", "runs"], "year": 1999, "score": 0.5}
    other = {"title": "the dog", "words": ["cat"], "year": 2001, "score": 0.9}
    sent = data.data.insert_many(
        [
            DataObject(uuid=ONE, properties=told, vector={"default": [1.0, 0.0]}),
            DataObject(uuid=TWO, properties=other, vector={"default": [0.6, 0.8]}),
        ]
    )
    assert not sent.has_errors
    return data


def test_the_vendor_s_client_is_answered(client: Any) -> None:  # noqa: ANN401
    from weaviate.classes.query import Filter, MetadataQuery

    data = films(client)
    assert data.aggregate.over_all().total_count == 2
    asked = {"near_vector": [0.0, 1.0], "target_vector": "default"}
    found = data.query.near_vector(**asked, return_metadata=MetadataQuery(distance=True)).objects
    assert [(one.uuid, one.metadata.distance) for one in found] == [
        (TWO, pytest.approx(-0.8)),
        (ONE, 0.0),
    ]
    assert data.config.get().vector_config["default"].vector_index_config.distance_metric == "dot"
    assert [
        shard.object_count for shard in client.cluster.nodes("Film", output="verbose")[0].shards
    ] == [2]
    assert data.data.delete_many(Filter.by_id().equal(ONE)).successful == 1
    assert data.aggregate.over_all().total_count == 1
    client.collections.delete("Film")
    assert not client.collections.exists("Film")


@pytest.mark.parametrize(
    ("field", "operator", "value", "found"),
    [
        ("title", "equal", "The Dog", [ONE]),
        ("title", "equal", "Dog", []),
        ("title", "contains_any", ["the dog", "nothing"], [TWO]),
        ("words", "contains_any", ["DOG"], [ONE]),  # cut into words, as it was asked for
        ("score", "greater_or_equal", 0.6, [TWO]),
        ("score", "less_or_equal", 0.5, [ONE]),
    ],
)
def test_filters_look_at_the_index_that_is_there(
    client: Any,  # noqa: ANN401
    field: str,
    operator: str,
    value: object,
    found: list[UUID],
) -> None:
    from weaviate.classes.query import Filter

    data = films(client)
    where = getattr(Filter.by_property(field), operator)(value)
    asked = {"near_vector": [1.0, 0.0], "target_vector": "default"}
    assert [one.uuid for one in data.query.near_vector(**asked, filters=where).objects] == found


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"near_vector": [1.0]}, "vector lengths don't match"),
        ({"near_vector": [1.0, 0.0], "limit": 10_001}, "query maximum results exceeded"),
        ({"near_vector": [1.0, 0.0], "target_vector": "no"}, "does not have named vector no"),
    ],
)
def test_a_search_that_nobody_documents(client: Any, asked: dict[str, Any], says: str) -> None:  # noqa: ANN401
    from weaviate.exceptions import WeaviateQueryError

    data = films(client)
    with pytest.raises(WeaviateQueryError, match=says):
        data.query.near_vector(**asked)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("no", "x", "no such prop with name 'no'"),
        ("title", 7, "cannot use value_int on type text"),
        ("score", 7, "cannot use value_int on type number"),
        ("year", 7, "requires inverted index"),
    ],
)
def test_a_filter_that_nobody_documents(
    client: Any,  # noqa: ANN401
    field: str,
    value: object,
    says: str,
) -> None:
    from weaviate.classes.query import Filter
    from weaviate.exceptions import WeaviateQueryError

    data = films(client)
    with pytest.raises(WeaviateQueryError, match=says):
        data.query.near_vector([1.0, 0.0], filters=Filter.by_property(field).equal(value))


@pytest.mark.parametrize(
    ("properties", "vector", "says"),
    [
        ({"title": 7}, [1.0, 0.0], "invalid text property 'title'"),
        ({"colour": "red"}, [1.0, 0.0], "invalid unknown property 'colour'"),
        ({"year": 0.5}, [1.0, 0.0], "requires an int"),
        ({}, [1.0], "new node has a vector with length 1. Existing nodes have"),
    ],
)
def test_an_object_that_nobody_documents(
    client: Any,  # noqa: ANN401
    properties: dict[str, object],
    vector: list[float],
    says: str,
) -> None:
    from weaviate.classes.data import DataObject
    from weaviate.exceptions import WeaviateInsertManyAllFailedError

    data = films(client)
    one = DataObject(properties=properties, vector={"default": vector})
    with pytest.raises(WeaviateInsertManyAllFailedError, match=says):
        data.data.insert_many([one])


def changed(**change: object) -> dict[str, object]:
    return {**FILM, **change}


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (changed(**{"class": "film"}), "'film' is not a valid class name"),
        (changed(properties=[{"name": "id", "dataType": ["text"]}]), "not a valid property name"),
        (changed(properties=[{"name": "a", "dataType": ["string"]}]), "invalid dataType: string"),
        (
            changed(properties=[{"name": "a", "dataType": ["int"], "tokenization": "field"}]),
            "Tokenization is not allowed for data type 'int'",
        ),
        (
            changed(properties=[{"name": "a", "dataType": ["text"], "tokenization": "no"}]),
            "Tokenization 'no' is not allowed",
        ),
        (changed(vectorConfig={}), "one named vector"),
        (None, "is not a valid class name"),
    ],
)
def test_a_class_that_nobody_documents(server: WeaviateServer, body: object, says: str) -> None:
    status, answer = ask(server, "POST", "/v1/schema", body)
    assert status == 422
    assert says in answer["error"][0]["message"]
    assert server.classes == ()


def test_names_are_given_once(server: WeaviateServer) -> None:
    assert ask(server, "POST", "/v1/schema", FILM)[0] == 200
    assert ask(server, "POST", "/v1/schema", FILM)[0] == 422


def test_keys_are_looked_at(server: WeaviateServer) -> None:
    assert ask(server, "GET", "/v1/meta", key="no")[0] == 401
    assert ask(server, "GET", "/v1/meta")[0] == 200


def test_what_is_not_there(server: WeaviateServer) -> None:
    for method, path in (
        ("GET", "/v1/schema/No"),
        ("DELETE", "/v1/schema/No"),
        ("GET", "/v1/nodes/No"),
        ("GET", "/v1/objects"),
    ):
        assert ask(server, method, path)[0] == 404
