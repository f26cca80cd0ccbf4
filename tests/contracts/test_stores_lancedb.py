"""LanceDB through its port's suite: the package itself, in a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bozzetto.ports import VectorStore
from bozzetto.testing.stores import VectorStoreContract

Require = Callable[[str], Path]


class TestLanceDB(VectorStoreContract):
    @pytest.fixture
    def store(self, require: Require, tmp_path: Path) -> Iterator[VectorStore]:
        require("backends")
        from bozzetto.adapters.stores.lancedb import open_store

        store = open_store(str(tmp_path / "lance"), environ={}, timeout=10)
        yield store
        store.close()
