"""Milvus through the stores' suite: Milvus Lite, in a file."""

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
