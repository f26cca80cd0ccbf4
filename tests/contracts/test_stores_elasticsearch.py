"""Elasticsearch's store through its port's suite, by the official client over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract


class TestElasticsearch(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Callable[[str], object]) -> Iterator[VectorStore]:
        require("backends")
        from bozzetto.adapters.stores.elasticsearch import open_store
        from bozzetto.testing.opensearch_server import ELASTICSEARCH, SearchServer
        from bozzetto.testing.search_login import ApiKey

        with SearchServer(ELASTICSEARCH, login=ApiKey("aWQ6a2V5")) as server:
            environ = {"ELASTIC_API_KEY": "aWQ6a2V5"}
            store = open_store(server.address, environ=environ, timeout=10)
            yield store
            store.close()
