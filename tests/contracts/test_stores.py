"""The store in memory through its port's suite; the others have a file each beside this one."""

from __future__ import annotations

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.memory_store import MemoryStore
from bozzetto.testing.stores import VectorStoreContract


class TestMemory(VectorStoreContract):
    @pytest.fixture
    def store(self) -> VectorStore:
        return MemoryStore()
