"""Stores of LangChain through their port's suite, for real: its own in memory, and Chroma."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], Path]

CHROMA = """
import chromadb
from langchain_chroma import Chroma

client = chromadb.EphemeralClient(chromadb.Settings(anonymized_telemetry=False))

def prompts(embedding, collection):
    return Chroma(collection, embedding, client=client)
"""


@pytest.fixture(scope="module")
def in_memory(require: Require) -> VectorStore:
    require("langchain")
    name = "bozzetto.testing.langchain_made:in_memory"
    found: VectorStore = load("stores", "langchain")(name, environ={}, timeout=1.0)
    return found


class TestInMemory(VectorStoreContract):
    @pytest.fixture
    def store(self, in_memory: VectorStore) -> VectorStore:
        return in_memory


@pytest.fixture(scope="module")
def chroma(require: Require, tmp_path_factory: pytest.TempPathFactory) -> VectorStore:
    require("langchain")
    if importlib.util.find_spec("langchain_chroma") is None:
        pytest.skip("langchain-chroma is not installed")
    folder = tmp_path_factory.mktemp("modules")
    (folder / "chroma_of_mine.py").write_text(CHROMA)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        found: VectorStore = load("stores", "langchain")(
            "chroma_of_mine:prompts", environ={}, timeout=1.0
        )
    return found


class TestChroma(VectorStoreContract):
    @pytest.fixture
    def store(self, chroma: VectorStore) -> VectorStore:
        return chroma
