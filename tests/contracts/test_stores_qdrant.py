"""Qdrant's local mode through its port's suite: the official client, in a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.qdrant_server import QdrantServer
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where that can be had: the local mode waits for the disk after each row."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as name:
        yield Path(name)


class TestQdrant(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Require, folder: Path) -> Iterator[VectorStore]:
        require("backends")
        from bozzetto.adapters.stores.qdrant import open_store

        store = open_store(str(folder / "qdrant"), environ={}, timeout=10)
        yield store
        store.close()


@pytest.fixture(scope="module")
def server(require: Require) -> Iterator[QdrantServer]:
    require("backends")
    with QdrantServer(key="k") as server:
        yield server


class TestQdrantServer(VectorStoreContract):
    """The client's HTTP side, against a loopback server that its local mode answers for."""

    @pytest.fixture
    def store(self, server: QdrantServer) -> Iterator[VectorStore]:
        from bozzetto.adapters.stores.qdrant import open_store

        store = open_store(server.address, environ={"QDRANT_API_KEY": "k"}, timeout=10)
        yield store
        store.close()
