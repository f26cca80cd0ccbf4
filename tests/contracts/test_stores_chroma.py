"""Chroma through the stores' suite: a real server, and a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import VectorStore
from bozzetto.testing.chroma_run import ChromaRun
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], Path]


@pytest.fixture(scope="module")
def server(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    """One for all tests: it takes a second to start."""
    require("backends")
    with ChromaRun(tmp_path_factory.mktemp("chroma")) as chroma:
        store: VectorStore = load("stores", "chroma")(chroma.address, environ={}, timeout=20.0)
        yield store
        store.close()


@pytest.fixture(scope="module")
def folder(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VectorStore]:
    """One for all tests."""
    require("backends")
    path = tmp_path_factory.mktemp("chroma") / "kept"
    store: VectorStore = load("stores", "chroma")(str(path), environ={}, timeout=20.0)
    yield store
    store.close()


class TestServer(VectorStoreContract):
    @pytest.fixture
    def store(self, server: VectorStore) -> VectorStore:
        return server


class TestFolder(VectorStoreContract):
    @pytest.fixture
    def store(self, folder: VectorStore) -> VectorStore:
        return folder
