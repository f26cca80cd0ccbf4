from __future__ import annotations

from collections.abc import Callable

import pytest

from bozzetto.adapters.vectors import exact, faiss
from bozzetto.ports import VectorIndex
from bozzetto.testing.vectors import VectorIndexContract


class TestExact(VectorIndexContract):
    @pytest.fixture
    def make(self) -> Callable[[], VectorIndex]:
        return exact.open_index


class TestFaiss(VectorIndexContract):
    many = 25_000  # above the size where flat comparison gives way to inverted lists

    @pytest.fixture
    def make(self) -> Callable[[], VectorIndex]:
        return faiss.open_index
