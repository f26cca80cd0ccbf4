from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any
from uuid import RFC_4122

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import BackendError, BozzettoError, NotFoundError, SetupError
from bozzetto.ports import VectorStore
from bozzetto.testing.failures import unmapped
from bozzetto.testing.stores import rows_of
from bozzetto.types import StoreRows, Where

if TYPE_CHECKING:
    from bozzetto.testing.weaviate_server import WeaviateServer

NAME = "bozzetto_test"
CLASS = "Bozzetto_test"
SECRET = "wv-wrong-secret"


@pytest.fixture(autouse=True)
def _vendor(require: Callable[[str], object]) -> None:
    require("backends")


@pytest.fixture
def server(_vendor: None) -> Iterator[WeaviateServer]:
    from bozzetto.testing.weaviate_server import WeaviateServer

    with WeaviateServer() as server:
        yield server


@pytest.fixture
def store(server: WeaviateServer) -> Iterator[VectorStore]:
    store = opened(server.rest, server.environ)
    yield store
    store.close()


def opened(rest: str, environ: dict[str, str]) -> VectorStore:
    from bozzetto.adapters.stores.weaviate import open_store

    return open_store(rest, environ=environ, timeout=5)


def filled(store: VectorStore, count: int = 30) -> StoreRows:
    rows = rows_of(count)
    store.create(NAME, rows.vectors.shape[1], count)
    store.put(NAME, rows)
    store.finish(NAME)
    return rows


def told(error: pytest.ExceptionInfo[BozzettoError]) -> str:
    return f"{error.value.message} {error.value.hint} {error.value!r}"


@pytest.mark.parametrize(
    ("rest", "place", "grpc"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080 (gRPC 50051)", "127.0.0.1"),
        ("http://host", "http://host:8080 (gRPC 50051)", "host"),
        ("http://host:9?grpc=8", "http://host:9 (gRPC 8)", "host"),
        ("https://host?grpc=other:8", "https://host:443 (gRPC 8)", "other"),
        (
            "https://xyz.c0.europe.gcp.weaviate.cloud",
            "https://xyz.c0.europe.gcp.weaviate.cloud:443 (gRPC 443)",
            "grpc-xyz.c0.europe.gcp.weaviate.cloud",
        ),
        (
            "https://xyz.weaviate.network",
            "https://xyz.weaviate.network:443 (gRPC 443)",
            "xyz.grpc.weaviate.network",
        ),
    ],
)
def test_where_it_is(rest: str, place: str, grpc: str) -> None:
    from bozzetto.adapters.stores.weaviate_place import place_of

    features = opened(rest, {}).features
    assert (features.name, features.place) == ("weaviate", f"Weaviate at {place}")
    assert place_of(rest, environ={}, timeout=1).grpc_host == grpc


@pytest.mark.parametrize(
    ("rest", "message", "hint"),
    [
        ("", "weaviate: what follows is no address", "such as weaviate:http://127.0.0.1:8080"),
        (SECRET, "weaviate: what follows is no address", "such as weaviate:http://127.0.0.1:8080"),
        (
            f"http://:{SECRET}@host",
            "weaviate: the address carries a user name or a password",
            "put the key into WEAVIATE_API_KEY",
        ),
        (
            f"http://host?api_key={SECRET}",
            "weaviate: a key does not stand here",
            "put the key into WEAVIATE_API_KEY",
        ),
        (
            f"http://host?{SECRET}",
            "weaviate: there is no such setting",
            "only ?grpc=host:50051",
        ),
        (f"http://host/{SECRET}", "weaviate: the address has a path", "such as weaviate:http"),
        (
            "http://host?grpc=nowhere",
            "weaviate: what grpc= says is no address",
            "such as ?grpc=127.0.0.1:50051",
        ),
    ],
)
def test_what_is_no_place(rest: str, message: str, hint: str) -> None:
    with pytest.raises(SetupError) as caught:
        opened(rest, {})
    assert caught.value.message == message
    assert (caught.value.hint or "").startswith(hint)


def test_two_ports_are_needed() -> None:
    with pytest.raises(SetupError, match="REST and gRPC are both said to be at host:8080"):
        opened("http://host?grpc=8080", {})


def test_a_key_that_was_pasted_badly() -> None:
    with pytest.raises(SetupError, match="WEAVIATE_API_KEY holds characters that no key has"):
        opened("http://host", {"WEAVIATE_API_KEY": '"a b"'})


def test_the_package_that_is_missing_is_named() -> None:
    lacking = (
        "import sys; sys.modules['weaviate'] = None\n"
        "from bozzetto.errors import MissingExtraError\n"
        "from bozzetto.plugins import load\n"
        "try:\n    load('stores', 'weaviate')\n"
        "except MissingExtraError as error:\n    print(error.hint)"
    )
    done = subprocess.run([sys.executable, "-c", lacking], capture_output=True, check=True)
    assert done.stdout.decode() == "pip install 'bozzetto[weaviate]'\n"


def test_every_exception_has_a_row() -> None:
    from weaviate import exceptions

    from bozzetto.adapters.stores.weaviate_failures import FAILURES

    assert unmapped(exceptions, FAILURES) == []


@pytest.mark.parametrize("environ", [{"WEAVIATE_API_KEY": SECRET}, {}], ids=["wrong", "none"])
def test_a_key_that_is_refused(server: WeaviateServer, environ: dict[str, str]) -> None:
    store = opened(server.rest, environ)
    with pytest.raises(SetupError) as caught:
        store.create(NAME, 24, 1)
    assert "refuses the key in WEAVIATE_API_KEY, or wants one" in caught.value.message
    assert caught.value.hint == "set or check WEAVIATE_API_KEY"
    assert SECRET not in told(caught) + repr(store) + store.features.place
    store.close()


def test_a_server_of_one_s_own_may_want_no_key() -> None:
    from bozzetto.testing.weaviate_server import WeaviateServer

    with WeaviateServer(key="") as server:
        store = opened(server.rest, server.environ)
        store.create(NAME, 24, 1)
        assert store.count(NAME) == 0
        store.close()


def test_nobody_is_there(server: WeaviateServer) -> None:
    store = opened(server.rest, server.environ)
    server.vanish()
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        store.count(NAME)
    assert caught.value.retryable
    assert caught.value.hint == "is it running, and is that its address?"
    store.close()


def test_another_server_is_there(server: WeaviateServer, store: VectorStore) -> None:
    from bozzetto.testing.weaviate_server import Fault

    server.plan("GET /v1/meta", Fault(404))
    with pytest.raises(SetupError, match="is no Weaviate: it has no /v1/meta"):
        store.count(NAME)
    assert store.count(NAME) is None


def test_it_vanishes_in_the_middle_of_a_load(server: WeaviateServer, store: VectorStore) -> None:
    rows = filled(store)
    server.vanish()
    start = time.monotonic()
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        store.put(NAME, rows)
    assert caught.value.retryable
    assert time.monotonic() - start < 5  # the vendor's client alone would take 15


def test_grpc_is_asked_again_where_it_is_away_for_a_moment(
    server: WeaviateServer, store: VectorStore
) -> None:
    from bozzetto.testing.weaviate_server import Abort

    rows = filled(store)
    server.plan("Search", Abort("UNAVAILABLE"))
    assert store.search(NAME, rows.vectors[0], 1)[0].tolist() == [rows.keys[0]]
    assert len(server.asked("Search")) == 2


def test_what_grpc_says_is_told(server: WeaviateServer, store: VectorStore) -> None:
    from bozzetto.testing.weaviate_server import Abort

    rows = filled(store)
    server.plan("Search", Abort("INTERNAL", "shard is read-only"))
    with pytest.raises(BackendError, match="shard is read-only"):
        store.search(NAME, rows.vectors[0], 1)
    server.plan("BatchObjects", Abort("RESOURCE_EXHAUSTED", "message too large"))
    with pytest.raises(BackendError, match="message too large"):
        store.put(NAME, rows)
    server.plan("BatchDelete", Abort("PERMISSION_DENIED", "rbac: not allowed"))
    with pytest.raises(SetupError, match=r"forbids it: .*rbac: not allowed") as caught:
        store.delete(NAME, rows.keys)
    assert caught.value.hint == "give the key in WEAVIATE_API_KEY the right to it"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_by_rest_is_tried_again(
    server: WeaviateServer, store: VectorStore, status: int
) -> None:
    from bozzetto.testing.weaviate_server import Fault

    server.plan("POST /v1/schema", Fault(status))
    store.create(NAME, 24, 1)
    assert store.count(NAME) == 0
    assert len(server.asked("POST /v1/schema")) == 2


def test_what_does_not_pass_by_rest_is_told(server: WeaviateServer, store: VectorStore) -> None:
    from bozzetto.testing.weaviate_server import Fault

    server.plan("POST /v1/schema", *[Fault(503, message="leader not found")] * 5)
    with pytest.raises(
        BackendError, match=r"is busy or fails inside: .*leader not found"
    ) as caught:
        store.create(NAME, 24, 1)
    assert caught.value.retryable
    assert len(server.asked("POST /v1/schema")) == 3
    server.plan("GET /v1/schema", Fault(403, message="rbac"))
    with pytest.raises(SetupError, match=r"forbids it: .*rbac"):
        store.collections("")


def test_an_answer_that_breaks_off(server: WeaviateServer, store: VectorStore) -> None:
    from bozzetto.testing.weaviate_server import CUT

    server.plan("GET /v1/meta", CUT)
    store.create(NAME, 24, 1)
    server.plan("GET /v1/schema", CUT)
    assert store.collections("bozzetto") == (NAME,)
    server.plan("GET /v1/schema", CUT, CUT, CUT)
    with pytest.raises(BackendError, match="broke off: peer closed connection") as caught:
        store.collections("bozzetto")
    assert caught.value.retryable


def test_rows_that_are_refused_are_told(server: WeaviateServer, store: VectorStore) -> None:
    from bozzetto.testing.weaviate_server import Spoiled

    rows = filled(store)
    server.plan("BatchObjects", Spoiled(3, "store is read-only"))
    with pytest.raises(BackendError, match="took 27 of 30 rows: store is read-only"):
        store.put(NAME, rows)
    server.plan("BatchObjects", Spoiled(30, "disk is full"))
    with pytest.raises(BackendError, match=r"took none of the rows: .*disk is full"):
        store.put(NAME, rows)


def test_rows_of_a_wrong_dimension(store: VectorStore) -> None:
    rows = filled(store)
    with pytest.raises(BackendError, match=r"vector with length 8.* with length 24"):
        store.put(NAME, rows_of(3, dim=8))
    with pytest.raises(BackendError, match="24 vs 8: vector lengths don't match"):
        store.search(NAME, rows.vectors[0][:8], 1)
    assert store.count(NAME) == 30


def test_a_class_that_another_made(server: WeaviateServer, store: VectorStore) -> None:
    from weaviate.classes.config import Configure

    store.create("other", 24, 1)
    client: Any = store._client  # type: ignore[attr-defined]
    client.collections.create(CLASS, vector_config=Configure.Vectors.self_provided())
    with pytest.raises(SetupError, match="is not ours"):
        store.create(NAME, 24, 1)
    client.collections.create("NotOurs", vector_config=Configure.Vectors.self_provided())
    assert store.collections("") == (NAME, "other")


def test_no_class_is_guessed(server: WeaviateServer, store: VectorStore) -> None:
    rows = filled(store)
    other = opened(server.rest, server.environ)
    other.drop(NAME)
    with pytest.raises(NotFoundError, match=f"has no collection {NAME}"):
        store.put(NAME, rows)
    with pytest.raises(NotFoundError, match=f"has no collection {NAME}"):
        store.search(NAME, rows.vectors[0], 1)
    assert server.classes == ()
    other.close()


def test_a_large_load_goes_in_parts(server: WeaviateServer, store: VectorStore) -> None:
    rows = filled(store, 2_300)
    batches = [len(call.body.objects) for call in server.asked("BatchObjects")]
    assert batches == [1_000, 1_000, 300]
    store.delete(NAME, rows.keys)
    assert len(server.asked("BatchDelete")) == 3
    assert store.count(NAME) == 0


def test_what_is_indexed_in_the_background_is_waited_for(
    server: WeaviateServer, store: VectorStore
) -> None:
    from bozzetto.testing.weaviate_server import Fault

    server.queued = 3
    filled(store)
    assert len(server.asked(f"GET /v1/nodes/{CLASS}")) == 4
    server.plan(f"GET /v1/nodes/{CLASS}", Fault(403))
    store.finish(NAME)  # a key that may not know does not keep us from going on


def test_a_thorough_search_asks_for_more_than_it_gives(
    server: WeaviateServer, store: VectorStore
) -> None:
    rows = filled(store)
    plain = store.search(NAME, rows.vectors[0], 5)[0].tolist()
    assert store.search(NAME, rows.vectors[0], 5, thorough=True)[0].tolist() == plain
    assert [call.body.limit for call in server.asked("Search")] == [5, 1_000]


def test_texts_are_compared_whole(store: VectorStore) -> None:
    rows = rows_of(2)
    facts = [rows.facts[0]._replace(use="The Poster"), rows.facts[1]._replace(use="poster")]
    store.create(NAME, 24, 2)
    store.put(NAME, StoreRows(rows.keys, rows.vectors, facts))
    for use, found in (("The Poster", [0]), ("poster", [1]), ("Poster", []), ("the", [])):
        keys = store.search(NAME, rows.vectors[0], 5, Where(use=(use,)))[0].tolist()
        assert keys == [rows.keys[n] for n in found]


@given(st.from_regex(r"[a-z][a-z0-9_]{0,59}", fullmatch=True))
def test_names_go_there_and_back(name: str) -> None:
    from bozzetto.adapters.stores import weaviate_rows as terms

    assert terms.class_of(name)[0].isupper()
    assert terms.collection_of(terms.class_of(name)) == name


@pytest.mark.parametrize("name", ["NotOurs", "lower", "With-dash", "", "A" + "b" * 60])
def test_names_of_others_are_none_of_ours(name: str) -> None:
    from bozzetto.adapters.stores import weaviate_rows as terms

    assert terms.collection_of(name) is None


@given(st.integers(1, 2**62 - 1))
def test_keys_go_there_and_back(key: int) -> None:
    from bozzetto.adapters.stores import weaviate_rows as terms

    uuid = terms.uuid_of(key)
    assert terms.key_of(uuid) == key
    assert (uuid.variant, uuid.version) == (RFC_4122, 8)
