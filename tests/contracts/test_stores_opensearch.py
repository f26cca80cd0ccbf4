"""OpenSearch's stores through their port's suite, by the official client over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], object]


class TestCluster(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Require) -> Iterator[VectorStore]:
        require("backends")
        from bozzetto.adapters.stores.opensearch import open_store
        from bozzetto.testing.opensearch_server import OPENSEARCH, SearchServer
        from bozzetto.testing.search_login import Basic

        login = Basic("admin", "pässword")
        environ = {"OPENSEARCH_USERNAME": login.user, "OPENSEARCH_PASSWORD": login.password}
        with SearchServer(OPENSEARCH, login=login) as server:
            store = open_store(server.address, environ=environ, timeout=10)
            yield store
            store.close()


class TestService(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Require) -> Iterator[VectorStore]:
        require("backends")
        require("aws")
        from bozzetto.adapters.stores.opensearch import open_store
        from bozzetto.testing.opensearch_server import OPENSEARCH, SearchServer
        from bozzetto.testing.search_login import Signed

        login = Signed("es", token="a-session")
        with SearchServer(OPENSEARCH, login=login, zones=3) as server:
            address = f"{server.address}?service=es&region={login.region}"
            store = open_store(address, environ=login.environ(), timeout=10)
            yield store
            store.close()


class TestServerless(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Require) -> Iterator[VectorStore]:
        require("backends")
        require("aws")
        from bozzetto.adapters.stores.opensearch import open_store
        from bozzetto.testing.opensearch_server import AOSS, SearchServer
        from bozzetto.testing.search_login import Signed

        login = Signed("aoss")
        with SearchServer(AOSS, login=login) as server:
            address = f"{server.address}?service=aoss&region={login.region}"
            store = open_store(address, environ=login.environ(), timeout=10)
            yield store
            store.close()
