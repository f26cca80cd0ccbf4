from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from tests.conftest import Require

from bozzetto.adapters.embedders.sagemaker import open_embedder
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import QueryEmbedder
from bozzetto.testing.aws_server import AwsServer, Fault, Reply

GPT_J = "jumpstart-dft-hf-textembedding-gpt-j-6b"
DOG = "a small dog on a beach"


@pytest.fixture
def server(require: Require) -> Iterator[AwsServer]:
    require("aws")
    with AwsServer() as one:
        yield one


@pytest.mark.parametrize(
    ("rest", "dim", "body"),
    [
        (GPT_J, 768, {"text_inputs": [DOG]}),
        ("tei@my-tei", 768, {"inputs": [DOG], "truncate": True}),
        (
            "cohere@my-embed-multilingual",
            1024,
            {"texts": [DOG], "input_type": "search_document", "truncate": "END"},
        ),
    ],
)
def test_each_container_gets_its_body(
    server: AwsServer, rest: str, dim: int, body: dict[str, object]
) -> None:
    embedder = open_embedder(rest, environ=server.environ, timeout=10)
    rows = embedder.embed([DOG])
    assert rows.shape == (1, dim)
    assert np.linalg.norm(rows) == pytest.approx(1, abs=1e-5)
    assert [(call.name, call.body) for call in server.calls] == [(rest.rpartition("@")[2], body)]
    assert embedder.features.id == f"sagemaker:{rest};1"
    assert len(server.calls) == 1


def test_queries_of_cohere_are_told_apart(server: AwsServer) -> None:
    embedder = open_embedder("cohere@my-embed-multilingual", environ=server.environ, timeout=10)
    assert isinstance(embedder, QueryEmbedder)
    embedder.embed_queries([DOG])
    assert server.calls[-1].body["input_type"] == "search_query"


def test_the_dimension_is_asked_for_once(server: AwsServer) -> None:
    embedder = open_embedder(GPT_J, environ=server.environ, timeout=10)
    assert [embedder.features.dim, embedder.features.dim] == [768, 768]
    assert [call.body for call in server.calls] == [{"text_inputs": ["."]}]


def test_batches_are_as_large_as_the_container_takes(server: AwsServer) -> None:
    embedder = open_embedder("tei@my-tei", environ=server.environ, timeout=10)
    assert embedder.embed([f"{number}" for number in range(70)]).shape == (70, 768)
    assert sorted(len(call.body["inputs"]) for call in server.calls) == [6, 32, 32]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("ThrottlingException", "Rate exceeded"),
        Fault("ServiceUnavailable", "no capacity"),
        Fault("ModelError", "busy", {"OriginalStatusCode": 503, "OriginalMessage": "busy"}),
    ],
)
def test_what_passes_is_tried_again(server: AwsServer, fault: Fault) -> None:
    server.plan(fault)
    embedder = open_embedder(GPT_J, environ=server.environ, timeout=10)
    assert embedder.embed([DOG]).shape == (1, 768)
    assert len(server.calls) == 2


@pytest.mark.parametrize(
    "answer",
    [b"[[1.0, 2.0]]", b'{"embedding": [1.0, 2.0]}', b'{"embedding": [[1.0], [2.0]]}', b"{}"],
)
def test_the_answer_of_another_container(server: AwsServer, answer: bytes) -> None:
    server.plan(Reply(answer))
    embedder = open_embedder(GPT_J, environ=server.environ, timeout=10)
    with pytest.raises(BackendError, match="sent something else than 1 vectors") as caught:
        embedder.embed([DOG])
    assert GPT_J in caught.value.message
    assert len(server.calls) == 1


def test_a_container_that_takes_another_body(server: AwsServer) -> None:
    embedder = open_embedder("tei@jumpstart-textembedding", environ=server.environ, timeout=10)
    with pytest.raises(BackendError, match="Malformed input request"):
        embedder.embed([DOG])
    assert len(server.calls) == 1


def test_an_endpoint_that_is_not_there(require: Require) -> None:
    require("aws")
    with AwsServer(gone=(GPT_J,)) as server:
        embedder = open_embedder(GPT_J, environ=server.environ, timeout=10)
        with pytest.raises(SetupError, match="knows nothing of the endpoint") as caught:
            embedder.embed([DOG])
        assert caught.value.hint is not None
        assert "list-endpoints" in caught.value.hint
        assert len(server.calls) == 1


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "no endpoint is named"),
        ("tei@", "no endpoint is named"),
        ("bert@my-endpoint", "'bert' is no container that is known"),
        ("no such name", "is no endpoint's name"),
        (f"{GPT_J}?dimensions=256", "the size of an endpoint's vectors is its model's"),
    ],
)
def test_what_cannot_be_opened(server: AwsServer, rest: str, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        open_embedder(rest, environ=server.environ, timeout=10)
