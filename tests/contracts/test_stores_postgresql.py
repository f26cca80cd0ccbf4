"""PostgreSQL with pgvector through its port's suite: a real server, with what it carries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.postgres import PLACES, PostgresServer, binaries, running
from bozzetto.testing.stores import VectorStoreContract, rows_of

Require = Callable[[str], Path]


@pytest.fixture(scope="module", params=PLACES)
def server(request: pytest.FixtureRequest, require: Require) -> Iterator[PostgresServer]:
    require("backends")
    with running(bin_folder=binaries(request.param)) as server:
        yield server


class TestPostgreSQL(VectorStoreContract):
    @pytest.fixture
    def store(self, server: PostgresServer) -> Iterator[VectorStore]:
        from bozzetto.adapters.stores.postgresql import open_store

        address = f"//postgres@127.0.0.1:{server.port}/postgres"
        store = open_store(address, environ={}, timeout=10)
        yield store
        store.close()


def test_long_vectors_have_an_index_where_the_server_has_halves(require: Require) -> None:
    """Beyond 2,000 numbers pgvector indexes halves alone, which pgserver's does not have."""
    require("backends")
    from bozzetto.adapters.stores.postgresql import open_store
    from bozzetto.adapters.stores.postgresql_schema import INDEXED_ROWS

    rows = rows_of(INDEXED_ROWS, 2_004)
    indexes = "SELECT indexdef FROM pg_indexes WHERE indexdef LIKE '%hnsw%'"
    for version, halves in (("16", 0), ("18", 1)):
        with running(bin_folder=binaries(version)) as server:
            store = open_store(
                f"//postgres@127.0.0.1:{server.port}/postgres", environ={}, timeout=10
            )
            store.create("bozzetto_long", 2_004, len(rows))
            store.put("bozzetto_long", rows)
            store.finish("bozzetto_long")
            keys, scores = store.search("bozzetto_long", rows.vectors[7], 3)
            assert keys[0] == rows.keys[7]
            assert scores[0] == pytest.approx(1, abs=0.01)
            assert len(server.sql(indexes)) == halves
            store.close()
