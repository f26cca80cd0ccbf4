"""Weaviate's official client, against the contract server, through its port's suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract


@pytest.fixture(scope="module")
def opened(require: Callable[[str], object]) -> Iterator[VectorStore]:
    require("backends")
    from bozzetto.adapters.stores.weaviate import open_store
    from bozzetto.testing.weaviate_server import WeaviateServer

    with WeaviateServer() as server:
        store = open_store(server.rest, environ=server.environ, timeout=10)
        yield store
        store.close()


class TestWeaviate(VectorStoreContract):
    @pytest.fixture
    def store(self, opened: VectorStore) -> VectorStore:
        return opened
