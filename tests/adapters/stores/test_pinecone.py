from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import BackendError, BozzettoError, NotFoundError, SetupError
from bozzetto.ports import VectorStore
from bozzetto.testing.failures import unmapped
from bozzetto.testing.pinecone_server import CUT, KEY, VANISH, Fault, PineconeServer
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows, Where

NAME = "bozzetto_test"
SOON = {"Retry-After": "0"}


@pytest.fixture(autouse=True)
def _vendor(require: Callable[[str], object]) -> None:
    require("backends")


@pytest.fixture
def server() -> Iterator[PineconeServer]:
    with PineconeServer() as server:
        yield server


@pytest.fixture
def store(server: PineconeServer) -> Iterator[VectorStore]:
    store = opened("", server.environ)
    yield store
    store.close()


def opened(rest: str, environ: dict[str, str]) -> VectorStore:
    from bozzetto.adapters.stores.pinecone import open_store

    return open_store(rest, environ=environ, timeout=5)


def filled(store: VectorStore, count: int = 30) -> StoreRows:
    rows = rows_of(count)
    store.create(NAME, rows.vectors.shape[1], count)
    store.put(NAME, rows)
    store.finish(NAME)
    return rows


def refused(rest: str, environ: dict[str, str]) -> tuple[str, str | None]:
    with pytest.raises(SetupError) as caught:
        opened(rest, environ)
    return caught.value.message, caught.value.hint


def told(error: pytest.ExceptionInfo[BozzettoError]) -> str:
    return f"{error.value.message} {error.value.hint} {error.value!r}"


@pytest.mark.parametrize(
    ("rest", "place"),
    [
        ("", "Pinecone at https://api.pinecone.io (aws us-east-1)"),
        ("?cloud=gcp&region=us-central1", "Pinecone at https://api.pinecone.io (gcp us-central1)"),
        ("http://127.0.0.1:5080", "Pinecone at http://127.0.0.1:5080 (aws us-east-1)"),
        ("http://localhost?region=x", "Pinecone at http://localhost:5080 (aws x)"),
    ],
)
def test_where_it_is(rest: str, place: str) -> None:
    features = opened(rest, {"PINECONE_API_KEY": KEY}).features
    assert (features.name, features.place, features.lag) == ("pinecone", place, 15.0)
    assert (features.exact, features.filters, features.deletes, features.lists) == (
        False,
        True,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("rest", "environ", "message", "hint"),
    [
        (
            "",
            {},
            "pinecone: the key is missing: PINECONE_API_KEY is not set",
            "make one at https://app.pinecone.io and set PINECONE_API_KEY",
        ),
        (
            "",
            {"PINECONE_API_KEY": '"secret key"'},
            "PINECONE_API_KEY holds characters that no key has",
            "it may have been pasted with a line break or quotes",
        ),
        (
            "pcsk_secret",
            {"PINECONE_API_KEY": KEY},
            "pinecone: what follows is no address",
            "such as pinecone:?cloud=aws&region=us-east-1",
        ),
        (
            "?api_key=pcsk_secret",
            {},
            "pinecone: a key does not stand here",
            "put the key into PINECONE_API_KEY",
        ),
        (
            "?pcsk_secret",
            {},
            "pinecone: there is no such setting",
            "such as pinecone:?cloud=aws&region=us-east-1",
        ),
        (
            "https://:secret@host",
            {},
            "pinecone: the address carries a user name or a password",
            "put the key into PINECONE_API_KEY",
        ),
    ],
)
def test_what_is_no_place(rest: str, environ: dict[str, str], message: str, hint: str) -> None:
    assert refused(rest, environ) == (message, hint)


def test_every_exception_has_a_row() -> None:
    from pinecone.errors import exceptions

    from bozzetto.adapters.stores.pinecone_failures import FAILURES

    assert unmapped(exceptions, FAILURES) == []


def test_a_wrong_key_is_told_and_not_shown(server: PineconeServer) -> None:
    store = opened("", {**server.environ, "PINECONE_API_KEY": "pcsk_wrong_secret"})
    with pytest.raises(SetupError) as caught:
        store.create(NAME, 24, 1)
    assert caught.value.hint == "check PINECONE_API_KEY"
    assert "refuses the key in PINECONE_API_KEY: [401] Invalid API Key" in caught.value.message
    assert "pcsk_wrong_secret" not in told(caught) + repr(store) + store.features.place
    store.close()


def test_the_key_goes_to_pinecone_alone(server: PineconeServer) -> None:
    store = opened(server.address, {"PINECONE_API_KEY": KEY})
    with pytest.raises(SetupError):
        store.count(NAME)
    assert {call.headers["api-key"] for call in server.calls} == {"pclocal"}
    store.close()


def test_another_server_is_there(server: PineconeServer, store: VectorStore) -> None:
    server.plan("/indexes", Fault(404))
    with pytest.raises(SetupError, match="is no Pinecone: it has no /indexes"):
        store.count(NAME)
    assert store.count(NAME) is None


def test_a_region_that_is_none(server: PineconeServer) -> None:
    store = opened("?cloud=aws&region=moon-1", server.environ)
    with pytest.raises(SetupError) as caught:
        store.create(NAME, 24, 1)
    assert "Resource cloud: aws region: moon-1 not found" in caught.value.message
    assert caught.value.hint is not None
    assert "?cloud=aws&region=us-east-1" in caught.value.hint
    store.close()


def test_a_project_that_is_full() -> None:
    with PineconeServer(most=0) as server:
        store = opened("", server.environ)
        with pytest.raises(SetupError, match=r"forbids it: .* max serverless indexes"):
            store.create(NAME, 24, 1)
        store.close()


def test_an_index_of_another_kind(server: PineconeServer, store: VectorStore) -> None:
    import pinecone

    client = pinecone.Pinecone(KEY, host=server.address)
    spec = pinecone.ServerlessSpec(cloud="aws", region="us-east-1")
    client.create_index(name="bozzetto-24", dimension=24, metric="cosine", spec=spec, timeout=-1)
    with pytest.raises(SetupError, match="24 dimensions by cosine, not of 24 by dotproduct"):
        store.create(NAME, 24, 1)
    client.close()


def test_an_index_is_waited_for() -> None:
    with PineconeServer(slow=3) as server:
        store = opened("?cloud=aws&region=eu-west-1", server.environ)
        store.create(NAME, 24, 1)
        assert store.count(NAME) == 0
        asked = server.asked("/indexes")[1].body
        assert asked["deployment"] == {
            "deployment_type": "managed",
            "cloud": "aws",
            "region": "eu-west-1",
        }
        assert len(server.asked("/indexes/bozzetto-24")) > 3
        store.close()


def test_one_index_a_dimension_goes_with_its_last_collection(
    server: PineconeServer, store: VectorStore
) -> None:
    store.create("first", 24, 1)
    store.create("second", 24, 1)
    store.create("third", 8, 1)
    assert list(server.indexes) == ["bozzetto-24", "bozzetto-8"]
    assert store.collections("") == ("first", "second", "third")
    store.drop("first")
    assert list(server.indexes) == ["bozzetto-24", "bozzetto-8"]
    store.drop("second")
    assert list(server.indexes) == ["bozzetto-8"]
    assert store.collections("") == ("third",)
    store.create("second", 24, 1)  # and it can be made again
    assert store.count("second") == 0


def test_an_index_that_another_made_stays(server: PineconeServer, store: VectorStore) -> None:
    import pinecone

    client = pinecone.Pinecone(KEY, host=server.address)
    spec = pinecone.ServerlessSpec(cloud="aws", region="us-east-1")
    named: dict[str, Any] = {"name": "bozzetto-24", "dimension": 24, "metric": "dotproduct"}
    client.create_index(**named, spec=spec, timeout=-1)
    store.create(NAME, 24, 1)
    store.drop(NAME)
    assert server.indexes == ("bozzetto-24",)
    client.close()


def test_a_large_load_goes_in_parts(server: PineconeServer, store: VectorStore) -> None:
    rows = rows_of(2_300)
    store.create(NAME, 24, len(rows))
    store.put(NAME, rows)
    sizes = [len(call.body["vectors"]) for call in server.asked("/vectors/upsert")]
    assert sum(sizes) == 2_300
    assert max(sizes) <= 1_000
    store.delete(NAME, rows.keys)
    deleted = [len(call.body["ids"]) for call in server.asked("/vectors/delete")]
    assert deleted == [1_000, 1_000, 300]
    assert store.count(NAME) == 0


def test_metadata_that_is_too_long_is_cut(store: VectorStore) -> None:
    tags = tuple(f"{n:04} 小さな犬 'x\"" for n in range(3_000))
    rows = rows_of(2)
    store.create(NAME, 24, 2)
    store.put(NAME, StoreRows(rows.keys, rows.vectors, [Facts(tags=tags, use="u"), Facts()]))

    def found(where: Where) -> list[int]:
        keys: list[int] = store.search(NAME, rows.vectors[0], 5, where)[0].tolist()
        return keys

    assert found(Where(tags=(tags[0],))) == [rows.keys[0]]
    assert found(Where(tags=(tags[-1],))) == []
    assert found(Where(use=("u",))) == [rows.keys[0]]


def test_who_asks_too_often_waits(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    server.plan("/query", Fault(429, {"Retry-After": "0.3"}))
    start = time.monotonic()
    assert store.search(NAME, rows.vectors[0], 1)[0].tolist() == [rows.keys[0]]
    assert time.monotonic() - start >= 0.3
    assert len(server.asked("/query")) == 2


@pytest.mark.parametrize(
    "steps", [[Fault(503, SOON)] * 3, [Fault(500, SOON)], [Fault(429, SOON)]], ids=str
)
def test_what_passes_is_tried_again(
    server: PineconeServer, store: VectorStore, steps: list[Fault]
) -> None:
    rows = rows_of(30)
    store.create(NAME, 24, 30)
    server.plan("/vectors/upsert", *steps)
    store.put(NAME, rows)
    assert store.count(NAME) == 30


def test_what_does_not_pass_is_told(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    server.plan("/query", *[Fault(503, SOON, "down for maintenance")] * 20)
    says = r"fails inside: \[503\] down for maintenance"
    with pytest.raises(BackendError, match=says) as caught:
        store.search(NAME, rows.vectors[0], 1)
    assert caught.value.retryable
    assert len(server.asked("/query")) == 4


def test_an_answer_that_breaks_off(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    server.plan("/query", CUT)
    with pytest.raises(BackendError, match=r"cannot be reached: .*complete message") as caught:
        store.search(NAME, rows.vectors[0], 1)
    assert caught.value.retryable
    assert store.search(NAME, rows.vectors[0], 1)[0].tolist() == [rows.keys[0]]


def test_forbidden_is_for_whoever_set_it_up(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    server.plan("/vectors/upsert", Fault(403, message="Forbidden for this role"))
    with pytest.raises(SetupError, match=r"forbids it: \[403\] Forbidden for this role"):
        store.put(NAME, rows)


def test_rows_of_a_wrong_dimension(store: VectorStore) -> None:
    filled(store)
    says = "dimension 8 does not match the dimension of the index 24"
    with pytest.raises(BackendError, match=says):
        store.put(NAME, rows_of(3, dim=8))
    assert store.count(NAME) == 30


def test_it_vanishes_in_the_middle_of_a_load(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    server.plan("/vectors/upsert", VANISH)
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        store.put(NAME, rows)
    assert caught.value.retryable
    assert caught.value.hint == "is there a network?"


def test_a_collection_that_another_dropped(server: PineconeServer, store: VectorStore) -> None:
    rows = filled(store)
    other = opened("", server.environ)
    other.create("kept", 24, 1)
    other.drop(NAME)
    with pytest.raises(NotFoundError, match=f"has no collection {NAME}"):
        store.search(NAME, rows.vectors[0], 1)
    with pytest.raises(NotFoundError):
        store.put(NAME, rows)
    store.create(NAME, 24, 1)
    assert store.count(NAME) == 0
    other.close()


def size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


texts = st.lists(st.text(max_size=2_000), max_size=20).map(tuple)


@given(texts, texts, st.integers(0, 64))
def test_nothing_is_larger_than_it_may_be(
    tags: tuple[str, ...], sources: tuple[str, ...], dim: int
) -> None:
    from bozzetto.adapters.stores import pinecone_rows as terms

    facts = Facts(tags=tuple(tag * 8 for tag in tags), sources=sources)
    vectors = np.full((3, dim), -0.123456789, np.float32)
    rows = StoreRows(np.arange(1, 4), vectors, [facts, Facts(), facts])
    records = list(terms.vectors_of(rows))
    assert max(size(one["metadata"]) for one in records) <= terms.MOST_METADATA
    assert terms.per_request(records) * max(map(size, records)) <= terms.MOST_REQUEST
    for kept, whole in (("tags", facts.tags), ("sources", facts.sources)):
        left = records[0]["metadata"].get(kept, [])
        assert tuple(left) == whole[: len(left)]
