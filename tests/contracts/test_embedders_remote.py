from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import cast

import pytest
from tests.conftest import Require

from bozzetto.adapters.embedders import bedrock, cohere, ollama, openai, sagemaker
from bozzetto.ports import Embedder, QueryEmbedder
from bozzetto.testing.aws_server import AwsServer
from bozzetto.testing.cohere_server import CohereServer
from bozzetto.testing.embedders import EmbedderContract
from bozzetto.testing.embedding_server import EmbeddingServer

MODELS = {
    "text-embedding-3-small": 1536,
    "bge-m3": 1024,
    "nomic-embed-text": 768,
    "my-own": 333,
}


@pytest.fixture(scope="module")
def aws(require: Require) -> Iterator[AwsServer]:
    require("aws")
    with AwsServer() as server:
        yield server


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer(MODELS) as one:
        yield one


@pytest.fixture(scope="module")
def cohere_server() -> Iterator[CohereServer]:
    with CohereServer() as one:
        yield one


def check(embedder: Embedder, dim: int, *, queries: bool) -> None:
    """What every remote embedder says of itself, and whether it tells queries apart."""
    assert embedder.features.remote
    assert embedder.features.dim == dim
    assert isinstance(embedder, QueryEmbedder) is queries
    if isinstance(embedder, QueryEmbedder):
        document, query = (
            embedder.embed(["a small dog"])[0],
            embedder.embed_queries(["a small dog"]),
        )
        assert query.shape == (1, dim)
        assert float(document @ query[0]) > 0.5


@dataclass(frozen=True, slots=True)
class Case:
    rest: str
    dim: int
    queries: bool = False
    scheme: str = ""


Opened = dict[Case, Embedder]


@pytest.fixture(scope="module")
def opened() -> Opened:
    """Embedders that are open: one for all the tests of a case."""
    return {}


class RemoteContract(EmbedderContract):
    """Subclass with fixtures `case` and `embedder`."""

    def test_it_says_what_it_is(self, embedder: Embedder, case: Case) -> None:
        check(embedder, case.dim, queries=case.queries)


def cases(*found: Case) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    """A fixture that is each of them in turn."""
    return pytest.fixture(params=found, ids=lambda one: f"{one.scheme}:{one.rest}")


class TestBedrock(RemoteContract):
    @cases(
        Case("amazon.titan-embed-text-v1", 1536),
        Case("amazon.titan-embed-text-v2:0", 1024),
        Case("amazon.titan-embed-text-v2:0?dimensions=256", 256),
        Case("amazon.nova-2-multimodal-embeddings-v1:0", 1024, queries=True),
        Case("cohere.embed-multilingual-v3", 1024, queries=True),
        Case("cohere.embed-english-v3", 1024, queries=True),
        Case("us.cohere.embed-v4:0?dimensions=512", 512, queries=True),
    )
    def case(self, request: pytest.FixtureRequest) -> Case:
        return cast(Case, request.param)

    @pytest.fixture
    def embedder(self, aws: AwsServer, case: Case, opened: Opened) -> Embedder:
        if case not in opened:
            opened[case] = bedrock.open_embedder(case.rest, environ=aws.environ, timeout=20)
        return opened[case]


class TestSageMaker(RemoteContract):
    @cases(
        Case("hf-textembedding-gpt-j", 768),
        Case("tei@my-tei", 768),
        Case("cohere@my-embed-multilingual", 1024, queries=True),
    )
    def case(self, request: pytest.FixtureRequest) -> Case:
        return cast(Case, request.param)

    @pytest.fixture
    def embedder(self, aws: AwsServer, case: Case, opened: Opened) -> Embedder:
        if case not in opened:
            opened[case] = sagemaker.open_embedder(case.rest, environ=aws.environ, timeout=20)
        return opened[case]


class TestCohere(RemoteContract):
    @cases(
        Case("embed-multilingual-v3.0", 1024, queries=True),
        Case("embed-v4.0?dimensions=256", 256, queries=True),
    )
    def case(self, request: pytest.FixtureRequest) -> Case:
        return cast(Case, request.param)

    @pytest.fixture
    def embedder(self, cohere_server: CohereServer, case: Case, opened: Opened) -> Embedder:
        if case not in opened:
            opened[case] = cohere.open_embedder(
                case.rest, environ=cohere_server.environ, timeout=20
            )
        return opened[case]


OPENERS: Mapping[str, Callable[..., Embedder]] = {
    "openai": openai.open_openai,
    "llamacpp": openai.open_llamacpp,
    "vllm": openai.open_vllm,
    "lmstudio": openai.open_lmstudio,
    "ollama": ollama.open_embedder,
}


class TestServers(RemoteContract):
    @cases(
        Case("text-embedding-3-small?dimensions=512", 512, scheme="openai"),
        Case("bge-m3", 1024, scheme="llamacpp"),
        Case("nomic-embed-text", 768, queries=True, scheme="vllm"),
        Case("my-own", 333, scheme="lmstudio"),
        Case("nomic-embed-text", 768, queries=True, scheme="ollama"),
    )
    def case(self, request: pytest.FixtureRequest) -> Case:
        return cast(Case, request.param)

    @pytest.fixture
    def embedder(self, server: EmbeddingServer, case: Case, opened: Opened) -> Embedder:
        rest = f"{case.rest}@{server.address}/v1"
        if case not in opened:
            opened[case] = OPENERS[case.scheme](rest, environ={}, timeout=20)
        return opened[case]


@pytest.fixture(scope="module")
def azure_server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer({"my-deployment": 333}, key="a-key", header="api-key") as one:
        yield one


class TestAzure(RemoteContract):
    @cases(Case("my-deployment", 333))
    def case(self, request: pytest.FixtureRequest) -> Case:
        return cast(Case, request.param)

    @pytest.fixture
    def embedder(self, azure_server: EmbeddingServer, case: Case, opened: Opened) -> Embedder:
        environ = {
            "AZURE_OPENAI_ENDPOINT": f"{azure_server.address}/openai/v1",
            "AZURE_OPENAI_API_KEY": "a-key",
        }
        if case not in opened:
            opened[case] = openai.open_azure(case.rest, environ=environ, timeout=20)
        return opened[case]
