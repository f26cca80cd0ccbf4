"""Milvus through the stores' suite: Milvus Lite, in a file, and a server over gRPC."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract


@pytest.fixture(scope="module")
def lite(
    require: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VectorStore]:
    """One for all tests: it takes a while to open."""
    require("backends")
    path = tmp_path_factory.mktemp("milvus") / "contract.db"
    store: VectorStore = load("stores", "milvus")(str(path), environ={}, timeout=20.0)
    yield store
    store.close()


class TestLite(VectorStoreContract):
    @pytest.fixture
    def store(self, lite: VectorStore) -> VectorStore:
        return lite


@pytest.fixture(scope="module")
def server(
    require: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[VectorStore]:
    """A server that wants a key, knows templates, and is to be told to load."""
    require("backends")
    from bozzetto.testing.milvus_server import MilvusServer

    folder = tmp_path_factory.mktemp("milvus") / "server"
    with MilvusServer(folder, token="root:Milvus") as milvus:
        environ = {"MILVUS_USER": "root", "MILVUS_PASSWORD": "Milvus"}
        store: VectorStore = load("stores", "milvus")(milvus.address, environ=environ, timeout=20.0)
        yield store
        store.close()


class TestServer(VectorStoreContract):
    @pytest.fixture
    def store(self, server: VectorStore) -> VectorStore:
        return server
