from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from tests.conftest import Require

from bozzetto.adapters.embedders.bedrock import open_embedder
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import QueryEmbedder
from bozzetto.testing.aws_server import CUT, AwsServer, Delay, Fault, Reply

TITAN = "amazon.titan-embed-text-v2:0"
MULTILINGUAL = "cohere.embed-multilingual-v3"
DOG = "a small dog on a beach"


@pytest.fixture
def server(require: Require) -> Iterator[AwsServer]:
    require("aws")
    with AwsServer() as one:
        yield one


def test_titan_takes_a_text_a_call(server: AwsServer) -> None:
    embedder = open_embedder(f"{TITAN}?dimensions=512", environ=server.environ, timeout=10)
    features = embedder.features
    assert (features.id, features.dim) == (f"bedrock:{TITAN}?dimensions=512;1", 512)
    assert (features.max_tokens, features.remote) == (8192, True)
    assert server.calls == []
    texts = [f"{number} dogs" for number in range(12)]
    assert embedder.embed([*texts, *texts]).shape == (24, 512)
    assert not isinstance(embedder, QueryEmbedder)
    bodies = sorted((call.body for call in server.calls), key=lambda one: str(one["inputText"]))
    assert bodies == [
        {"inputText": text, "dimensions": 512, "normalize": True} for text in sorted(texts)
    ]


def test_the_first_titan_takes_nothing_but_the_text(server: AwsServer) -> None:
    embedder = open_embedder("amazon.titan-embed-text-v1", environ=server.environ, timeout=10)
    assert embedder.embed([DOG]).shape == (1, 1536)
    assert server.calls[0].body == {"inputText": DOG}


def test_cohere_takes_96_texts_a_call_and_is_told_what_for(server: AwsServer) -> None:
    embedder = open_embedder(MULTILINGUAL, environ=server.environ, timeout=10)
    assert isinstance(embedder, QueryEmbedder)
    embedder.embed([f"{number}" for number in range(100)])
    assert sorted(len(call.body["texts"]) for call in server.calls) == [4, 96]
    server.calls.clear()
    embedder.embed_queries([DOG])
    assert server.calls[0].body == {
        "texts": [DOG],
        "input_type": "search_query",
        "truncate": "END",
        "embedding_types": ["float"],
    }


@pytest.mark.parametrize(
    "name",
    [
        "us.cohere.embed-v4:0",
        "arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.cohere.embed-v4:0",
    ],
)
def test_a_profile_is_asked_by_its_own_name_and_is_the_same_embedder(
    server: AwsServer, name: str
) -> None:
    embedder = open_embedder(f"{name}?dimensions=256", environ=server.environ, timeout=10)
    assert embedder.features.id == "bedrock:cohere.embed-v4:0?dimensions=256;1"
    embedder.embed([DOG])
    assert [call.name for call in server.calls] == [name]
    assert server.calls[0].body == {
        "texts": [DOG],
        "input_type": "search_document",
        "truncate": "RIGHT",
        "embedding_types": ["float"],
        "output_dimension": 256,
    }


def test_nova_is_told_what_for(server: AwsServer) -> None:
    name = "amazon.nova-2-multimodal-embeddings-v1:0"
    embedder = open_embedder(f"{name}?dimensions=384", environ=server.environ, timeout=10)
    assert isinstance(embedder, QueryEmbedder)
    embedder.embed([DOG])
    embedder.embed_queries([DOG])
    asked = [call.body["singleEmbeddingParams"] for call in server.calls]
    assert [one["embeddingPurpose"] for one in asked] == ["GENERIC_INDEX", "TEXT_RETRIEVAL"]
    assert [one["embeddingDimension"] for one in asked] == [384, 384]


THROTTLED = Fault("ThrottlingException", "Too many requests, please wait before trying again.")


@pytest.mark.parametrize(
    "step",
    [
        THROTTLED,
        Fault("ServiceUnavailableException", "Bedrock is unable to process your request."),
        Fault("ModelTimeoutException", "the model took too long"),
        CUT,
        Delay(2.0),
    ],
)
def test_what_passes_is_tried_again(server: AwsServer, step: Fault | Delay | str) -> None:
    server.plan(step)
    embedder = open_embedder(TITAN, environ=server.environ, timeout=1.0)
    assert np.linalg.norm(embedder.embed([DOG])) == pytest.approx(1, abs=1e-5)
    assert len(server.calls) == 2


def test_throttled_threads_wait_together_and_lose_nothing(server: AwsServer) -> None:
    server.plan(THROTTLED, THROTTLED)
    embedder = open_embedder(f"{TITAN}?dimensions=256", environ=server.environ, timeout=10)
    rows = embedder.embed([f"{number} dogs" for number in range(30)])
    assert rows.shape == (30, 256)
    assert len(server.calls) == 32


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b'{"embedding": [1.0', "is not JSON"),
        (b'{"embedding": [1.0, 2.0]}', "sent vectors of 2 numbers in place of 1024"),
        (b'{"embeddingsByType": {}}', "something else than 1 vectors"),
        (b"[]", "something else than 1 vectors"),
        (json.dumps({"embedding": [0.0] * 1024}).encode(), "zeros, or no numbers"),
        (b'{"embedding": [NaN, 1]}', "zeros, or no numbers"),
    ],
)
def test_junk(server: AwsServer, answer: bytes, words: str) -> None:
    server.plan(Reply(answer))
    embedder = open_embedder(TITAN, environ=server.environ, timeout=10)
    with pytest.raises(BackendError, match=words):
        embedder.embed([DOG])
    assert len(server.calls) == 1


def told(environ: dict[str, str], model: str = TITAN) -> BozzettoError:
    embedder = open_embedder(model, environ=environ, timeout=10)
    with pytest.raises(BozzettoError) as caught:
        embedder.embed([DOG])
    return caught.value


def test_a_wrong_key_is_told_at_once_and_never_shown(server: AwsServer) -> None:
    secret = "another-secret-of-somebody"
    error = told(
        {**server.environ, "AWS_ACCESS_KEY_ID": "AKIDOTHER", "AWS_SECRET_ACCESS_KEY": secret}
    )
    assert isinstance(error, SetupError)
    assert error.message.startswith("Amazon Bedrock does not accept the credentials")
    assert secret not in f"{error!r}{error.message}{error.hint}"
    assert len(server.calls) == 1


def test_a_model_that_is_gone(require: Require) -> None:
    require("aws")
    with AwsServer(gone=(TITAN,)) as server:
        error = told(server.environ)
        assert isinstance(error, SetupError)
        assert f"knows nothing of the model '{TITAN}' in this account and region" in error.message
        assert len(server.calls) == 1


def test_a_model_without_access(server: AwsServer) -> None:
    server.plan(Fault("AccessDeniedException", "You don't have access to the model."))
    error = told(server.environ)
    assert isinstance(error, SetupError)
    assert error.hint is not None
    assert "bedrock:InvokeModel" in error.hint


def test_a_body_that_is_refused_is_a_failure_of_the_back_end(server: AwsServer) -> None:
    server.plan(Fault("ValidationException", "Malformed input request"))
    assert isinstance(told(server.environ), BackendError)
    assert len(server.calls) == 1


def test_a_region_that_cannot_be_reached_is_told_at_once(server: AwsServer) -> None:
    with AwsServer() as other:
        nowhere = other.address
    error = told({**server.environ, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": nowhere})
    assert isinstance(error, BackendError)
    assert error.hint is not None
    assert "AWS_REGION" in error.hint
    assert not error.retryable


def test_a_wrong_region(server: AwsServer) -> None:
    assert isinstance(told({**server.environ, "AWS_REGION": "eu-central-1"}), SetupError)
    with pytest.raises(SetupError, match="Amazon Web Services"):
        open_embedder(TITAN, environ={**server.environ, "AWS_REGION": "no such"}, timeout=10)


@pytest.mark.parametrize(
    ("rest", "words"),
    [
        ("", "bedrock: no model is named"),
        ("amazon.titan-image-generator-v2:0", "it is not known what"),
        ("arn:aws:bedrock:us-west-2:1:application-inference-profile/abc", "it is not known what"),
        (f"{TITAN}?dimensions=300", "has no vectors of 300 numbers"),
        (f"{MULTILINGUAL}?dimensions=256", "has no vectors of 256 numbers"),
    ],
)
def test_what_cannot_be_opened(server: AwsServer, rest: str, words: str) -> None:
    with pytest.raises(SetupError, match=words):
        open_embedder(rest, environ=server.environ, timeout=10)


@pytest.mark.parametrize("missing", ["AWS_REGION", "AWS_SECRET_ACCESS_KEY"])
def test_what_is_missing_is_told_when_it_is_opened(server: AwsServer, missing: str) -> None:
    environ = {name: value for name, value in server.environ.items() if name != missing}
    with pytest.raises(SetupError):
        open_embedder(TITAN, environ=environ, timeout=10)
