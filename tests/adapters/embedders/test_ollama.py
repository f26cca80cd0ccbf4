from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from bozzetto.adapters.embedders.ollama import open_embedder
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import QueryEmbedder
from bozzetto.testing.embedding_server import EmbeddingServer
from bozzetto.testing.image_servers import reply

DOG = "a small dog on a beach"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    models = {"nomic-embed-text": 768, "mxbai-embed-large": 1024, "me/intfloat-e5": 4, "mine": 5}
    with EmbeddingServer(models) as one:
        yield one


def environ_of(server: EmbeddingServer) -> dict[str, str]:
    return {"OLLAMA_HOST": server.address}


def test_models_get_the_words_that_their_authors_put_before_texts(
    server: EmbeddingServer,
) -> None:
    sent: list[list[str]] = []
    for model in ("nomic-embed-text:latest", "mxbai-embed-large"):
        embedder = open_embedder(model, environ=environ_of(server), timeout=5)
        assert isinstance(embedder, QueryEmbedder)
        embedder.embed([DOG])
        embedder.embed_queries([DOG])
        sent += [one.json["input"] for one in server.asked]
        server.asked.clear()
    assert sent == [
        [f"search_document: {DOG}"],
        [f"search_query: {DOG}"],
        [DOG],
        [f"Represent this sentence for searching relevant passages: {DOG}"],
    ]


def test_a_call(server: EmbeddingServer) -> None:
    embedder = open_embedder(
        "nomic-embed-text?dimensions=256", environ=environ_of(server), timeout=5
    )
    assert embedder.features.id == "ollama:nomic-embed-text?dimensions=256;search_document:;1"
    assert embedder.embed([DOG]).shape == (1, 256)
    assert [(one.path, one.json) for one in server.asked] == [
        (
            "/api/embed",
            {
                "model": "nomic-embed-text",
                "input": [f"search_document: {DOG}"],
                "truncate": True,
                "dimensions": 256,
            },
        )
    ]


def test_a_model_that_nothing_is_known_of_is_asked_for_its_dimension(
    server: EmbeddingServer,
) -> None:
    embedder = open_embedder(f"mine@{server.address}", environ={}, timeout=5)
    assert (embedder.features.id, embedder.features.dim) == ("ollama:mine;1", 5)
    assert [one.json["input"] for one in server.asked] == [["."]]
    assert not isinstance(embedder, QueryEmbedder)


def test_a_model_that_was_not_pulled(server: EmbeddingServer) -> None:
    embedder = open_embedder("all-minilm", environ=environ_of(server), timeout=5)
    with pytest.raises(SetupError, match=r"has no model 'all-minilm': .*try pulling it first"):
        embedder.embed([DOG])
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again(server: EmbeddingServer) -> None:
    server.instead.append(reply({"error": "server busy, please try again"}, 503))
    embedder = open_embedder("mine", environ=environ_of(server), timeout=5)
    assert np.linalg.norm(embedder.embed([DOG])) == pytest.approx(1)
    assert len(server.asked) == 2


def test_an_answer_without_vectors(server: EmbeddingServer) -> None:
    server.instead.append(reply({"model": "mine", "embedding": [1.0, 2.0]}))
    embedder = open_embedder("mine", environ=environ_of(server), timeout=5)
    with pytest.raises(BackendError, match="sent something else than 1 vectors of one length"):
        embedder.embed([DOG])


def test_no_model_is_named() -> None:
    with pytest.raises(SetupError, match="ollama: no model is named"):
        open_embedder("", environ={}, timeout=5)
