"""Qdrant beyond its port's suite: a server's refusals, requests of bounded size, folders."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bozzetto.errors import BackendError, NotFoundError, SetupError
from bozzetto.testing.failures import unmapped
from bozzetto.testing.qdrant_server import QdrantServer
from bozzetto.testing.stores import rows_of
from bozzetto.types import Facts, StoreRows

if TYPE_CHECKING:
    from bozzetto.adapters.stores.qdrant import QdrantStore

Require = Callable[[str], Path]
Open = Callable[..., "QdrantStore"]

SECRET = "qdrant-key-0123456789"


@pytest.fixture
def opened(require: Require) -> Iterator[Open]:
    require("backends")
    from bozzetto.adapters.stores.qdrant import open_store

    stores: list[QdrantStore] = []

    def open_one(rest: object, **environ: str) -> QdrantStore:
        stores.append(open_store(str(rest), environ=environ, timeout=5))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def server(require: Require) -> Iterator[QdrantServer]:
    require("backends")
    with QdrantServer(key=SECRET) as server:
        yield server


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("", "a server or a folder"),
        ("ftp://host/x", "a server or a folder"),
        (f"http://{SECRET}@host:6333", "carries a user name"),
        (f"https://host:6333?api_key={SECRET}", "carries a query"),
    ],
)
def test_what_is_no_place(opened: Open, rest: str, said: str) -> None:
    with pytest.raises(SetupError, match=said) as told:
        opened(rest)
    assert told.value.hint
    assert SECRET not in f"{told.value} {told.value.hint}"


def test_a_server_is_loaded_without_an_index(server: QdrantServer, opened: Open) -> None:
    """Its threshold is 0 while rows come, and its own afterwards; what filters ask is indexed."""
    store, rows = opened(server.address, QDRANT_API_KEY=SECRET), rows_of(20)
    assert server.calls == []
    store.create("one", 24, 20)
    store.put("one", rows)
    store.finish("one")
    assert server.thresholds == [0, 20_000]
    assert server.calls.count("PUT /collections/one/index") == len(Facts._fields)
    assert store.search("one", rows.vectors[3], 1)[0].tolist() == [rows.keys[3]]
    store.drop("one")
    assert server.calls[-1] == "DELETE /collections/one"


def test_requests_are_of_bounded_size(server: QdrantServer, opened: Open) -> None:
    store = opened(server.address, QDRANT_API_KEY=SECRET)
    vectors = np.zeros((50, 60_000), np.float32)
    vectors[:, 0] = 1
    store.create("one", 60_000, 50)
    store.put("one", StoreRows(np.arange(1, 51, dtype=np.int64), vectors, [Facts()] * 50))
    assert server.calls.count("PUT /collections/one/points") == 3
    assert store.count("one") == 50


@pytest.mark.parametrize("key", ["", f"{SECRET}-wrong"])
def test_a_wrong_key(server: QdrantServer, opened: Open, key: str) -> None:
    with pytest.raises(SetupError, match="refuses the key") as told:
        opened(server.address, QDRANT_API_KEY=key).count("one")
    assert "QDRANT_API_KEY" in str(told.value.hint)
    assert SECRET not in str(told.value)


def test_what_passes_is_tried_again(server: QdrantServer, opened: Open) -> None:
    store = opened(server.address, QDRANT_API_KEY=SECRET)
    server.broken = 2
    assert store.count("one") is None
    server.broken = 3
    with pytest.raises(BackendError, match="has trouble of its own") as told:
        store.count("one")
    assert told.value.retryable
    assert server.broken == 0


def test_a_server_that_is_not_there(opened: Open) -> None:
    with pytest.raises(BackendError, match="cannot be reached") as told:
        opened("http://127.0.0.1:1").count("one")
    assert told.value.retryable
    assert "\n" not in str(told.value)


def test_what_a_broken_try_left_out_is_made(server: QdrantServer, opened: Open) -> None:
    """The process ended when the collection was there and no index of its facts was."""
    store = opened(server.address, QDRANT_API_KEY=SECRET)
    store.create("one", 8, 10)
    made = set(server.fields)
    server.fields.clear()
    store.create("one", 8, 10)
    assert made == server.fields == set(Facts._fields)


def test_an_index_that_is_never_built(server: QdrantServer, require: Require) -> None:
    require("backends")
    from bozzetto.adapters.stores.qdrant import open_store

    store = open_store(server.address, environ={"QDRANT_API_KEY": SECRET}, timeout=0.01)
    store.create("one", 8, 10)
    server.building = True
    with pytest.raises(BackendError) as told:
        store.finish("one")
    assert told.value.message == (
        f"Qdrant at {server.address} has not got on with the index of one for 0 s: 0 rows are in it"
    )
    assert told.value.retryable
    store.close()


def test_another_dimension(server: QdrantServer, opened: Open) -> None:
    store = opened(server.address, QDRANT_API_KEY=SECRET)
    store.create("one", 8, 10)
    with pytest.raises(SetupError, match="8 dimensions, not 24"):
        store.create("one", 24, 10)
    with pytest.raises(NotFoundError):
        store.put("two", rows_of(2))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_folder_is_for_one_program(opened: Open, tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path)
    first.create("one", 2, 1)
    with pytest.raises(SetupError, match="is open in another program"):
        second.count("one")
    first.close()
    assert second.count("one") == 0
    gc.collect()  # the client that was refused left its file open


def test_a_file_is_no_folder(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match="is not a folder"):
        opened(tmp_path / "file")


def test_every_exception_has_a_row(require: Require) -> None:
    require("backends")
    import qdrant_client.common.client_exceptions
    import qdrant_client.http.exceptions

    from bozzetto.adapters.stores.qdrant_failures import FAILURES

    assert unmapped(qdrant_client.http.exceptions, FAILURES) == []
    assert unmapped(qdrant_client.common.client_exceptions, FAILURES) == []
