from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.conftest import Require

from bozzetto.adapters.embedders.openai import open_llamacpp
from bozzetto.ports import Embedder
from bozzetto.testing.embedders import EmbedderContract


@pytest.fixture(scope="module")
def address(require: Require) -> Iterator[str]:
    """The address of llama.cpp's own server, with a small model that was made to chat."""
    model = require("llm")
    import xllamacpp

    asked = xllamacpp.CommonParams()
    asked.model.path = str(model)
    asked.embedding = True
    asked.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
    asked.n_ctx = asked.n_batch = asked.n_ubatch = 512
    asked.n_parallel = 1
    asked.cpuparams.n_threads = asked.cpuparams_batch.n_threads = 1  # more would spin
    asked.warmup = False
    server = xllamacpp.Server(asked)
    yield server.listening_address
    del server


class TestLlamaCpp(EmbedderContract):
    """The real server, not a stand-in."""

    @pytest.fixture
    def embedder(self, address: str) -> Embedder:
        return open_llamacpp(f"smollm2@{address}/v1", environ={}, timeout=60)

    def test_a_row_does_not_depend_on_its_batch(self, embedder: Embedder) -> None:
        """With short texts, as this model reads 100 words a second."""
        texts = ["a small dog on a beach", "", "dog", "夕暮れの海辺の小さな犬"]
        together = embedder.embed(texts)
        backwards = embedder.embed(texts[::-1])[::-1]
        alone = np.concatenate([embedder.embed([text]) for text in texts])
        for other in (backwards, alone):
            assert (together * other).sum(axis=1).min() >= 1 - 1e-3
