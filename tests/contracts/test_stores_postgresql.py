"""PostgreSQL with pgvector through its port's suite: a real server, with what it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.postgres import PostgresServer, running
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], Path]


@pytest.fixture(scope="module")
def server(require: Require) -> Iterator[PostgresServer]:
    require("backends")
    with running() as server:
        yield server


class TestPostgreSQL(VectorStoreContract):
    @pytest.fixture
    def store(self, server: PostgresServer) -> Iterator[VectorStore]:
        from bozzetto.adapters.stores.postgresql import open_store

        address = f"//postgres@127.0.0.1:{server.port}/postgres"
        store = open_store(address, environ={}, timeout=10)
        yield store
        store.close()
