from __future__ import annotations

import pytest

from bozzetto.adapters.embedders import minilm, use
from bozzetto.ports import Embedder
from bozzetto.testing.embedders import EmbedderContract

MINILM = minilm.open_embedder()
USE = use.open_embedder()


class TestMiniLM(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return MINILM


class TestUse(EmbedderContract):
    @pytest.fixture
    def embedder(self) -> Embedder:
        return USE
