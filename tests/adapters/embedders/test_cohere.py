from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import numpy as np
import pytest

from bozzetto.adapters.embedders.cohere import open_embedder
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import Lifecycle, QueryEmbedder
from bozzetto.testing.cohere_server import CohereServer
from bozzetto.testing.image_servers import Reply, reply

DOG = "a small dog on a beach"


@pytest.fixture
def server() -> Iterator[CohereServer]:
    with CohereServer() as one:
        yield one


def test_a_call_says_what_the_texts_are_for(server: CohereServer) -> None:
    embedder = open_embedder("embed-v4.0?dimensions=512", environ=server.environ, timeout=5)
    assert isinstance(embedder, QueryEmbedder)
    assert embedder.embed([DOG]).shape == embedder.embed_queries([DOG]).shape == (1, 512)
    common = {
        "model": "embed-v4.0",
        "texts": [DOG],
        "embedding_types": ["float"],
        "truncate": "END",
        "output_dimension": 512,
    }
    assert [one.json for one in server.asked] == [
        {**common, "input_type": "search_document"},
        {**common, "input_type": "search_query"},
    ]


def test_a_model_of_one_size_is_asked_for_none(server: CohereServer) -> None:
    embedder = open_embedder("embed-multilingual-v3.0", environ=server.environ, timeout=5)
    assert (embedder.features.id, embedder.features.dim) == (
        "cohere:embed-multilingual-v3.0;1",
        1024,
    )
    assert {"de", "ja"} <= set(embedder.features.languages)
    embedder.embed([f"{number}" for number in range(100)])
    assert sorted(len(one.json["texts"]) for one in server.asked) == [4, 96]
    assert all("output_dimension" not in one.json for one in server.asked)


def test_the_key_has_two_names(server: CohereServer) -> None:
    environ = {"CO_API_KEY": server.key, "CO_API_URL": server.address}
    embedder = open_embedder("embed-english-light-v3.0", environ=environ, timeout=5)
    assert embedder.embed([DOG]).shape == (1, 384)


def test_a_model_that_is_gone_says_so(server: CohereServer) -> None:
    embedder = open_embedder("embed-multilingual-v2.0", environ=server.environ, timeout=5)
    with pytest.raises(SetupError, match=r"has no model 'embed-multilingual-v2.0'") as caught:
        embedder.embed([DOG])
    assert caught.value.hint == "the model is gone since 2026-04-04; take embed-v4.0"
    server.instead.append(reply({"embeddings": {"float": [[1.0, 2.0]]}}))
    assert embedder.features.lifecycle == Lifecycle("gone", "2026-04-04", "embed-v4.0")


@pytest.mark.parametrize(
    "passing",
    [
        reply({"message": "trial keys are limited"}, 429, **{"Retry-After": "0.05"}),
        reply({"message": "internal server error"}, 500),
        Reply(body=b'{"embeddings"' + b" " * 99, cut=5),
    ],
)
def test_what_passes_is_tried_again(server: CohereServer, passing: Reply) -> None:
    server.instead.append(passing)
    embedder = open_embedder("embed-english-v3.0", environ=server.environ, timeout=5)
    assert np.linalg.norm(embedder.embed([DOG])) == pytest.approx(1, abs=1e-5)
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "junk",
    [
        {"embeddings": {"int8": [[1]]}},
        {"embeddings": None},
        {"embeddings": {"float": [[1.0, 2.0]] * 2}},
        {},
    ],
)
def test_junk(server: CohereServer, junk: object) -> None:
    server.instead.append(reply(junk))
    embedder = open_embedder("embed-english-v3.0", environ=server.environ, timeout=5)
    with pytest.raises(BackendError, match="sent something else than 1 vectors"):
        embedder.embed([DOG])


def test_a_wrong_key(server: CohereServer) -> None:
    environ = {**server.environ, "COHERE_API_KEY": "another-key"}
    embedder = open_embedder("embed-english-v3.0", environ=environ, timeout=5)
    with pytest.raises(SetupError, match=r"refused the key in COHERE_API_KEY .*invalid api token"):
        embedder.embed([DOG])
    assert len(server.asked) == 1


def test_what_cannot_be_opened() -> None:
    with pytest.raises(SetupError, match="COHERE_API_KEY is not set"):
        open_embedder("embed-v4.0", environ={}, timeout=5)
    with pytest.raises(SetupError, match="no vectors of 300 numbers"):
        open_embedder("embed-v4.0?dimensions=300", environ={"CO_API_KEY": "k"}, timeout=5)


def test_coheres_own_client_takes_the_stand_in_for_cohere(server: CohereServer) -> None:
    if importlib.util.find_spec("cohere") is None:
        pytest.skip("cohere is not installed: pip install cohere")
    import cohere
    import httpx

    asked = {
        "model": "embed-v4.0",
        "texts": [DOG, "a cat"],
        "input_type": "search_document",
        "embedding_types": ["float"],
        "output_dimension": 256,
        "truncate": "END",
    }
    with httpx.Client() as line:
        official = cohere.ClientV2(api_key=server.key, base_url=server.address, httpx_client=line)
        found = np.array(official.embed(**asked).embeddings.float_)
        wrong = cohere.ClientV2(api_key="another", base_url=server.address, httpx_client=line)
        with pytest.raises(cohere.errors.UnauthorizedError):
            wrong.embed(**asked)
    mine = open_embedder("embed-v4.0?dimensions=256", environ=server.environ, timeout=5)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    assert mine.embed([DOG, "a cat"]) == pytest.approx(found, abs=1e-5)
    assert server.asked[-1].json == server.asked[0].json == asked
