"""Pinecone's official client, against the contract server, through its port's suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.pinecone_server import PineconeServer
from bozzetto.testing.stores import VectorStoreContract


@pytest.fixture(scope="module")
def opened(require: Callable[[str], object]) -> Iterator[VectorStore]:
    require("backends")
    from bozzetto.adapters.stores.pinecone import open_store

    with PineconeServer(lag=0.05) as server:
        store = open_store("", environ=server.environ, timeout=10)
        store.create("kept", 24, 0)  # so that the index stays from test to test
        yield store
        store.close()


class TestPinecone(VectorStoreContract):
    @pytest.fixture
    def store(self, opened: VectorStore) -> VectorStore:
        return opened
