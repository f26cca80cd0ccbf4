from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bozzetto.adapters.embedders import openai
from bozzetto.adapters.embedders.openai import open_azure, open_llamacpp, open_openai, open_vllm
from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import Embedder, Lifecycle
from bozzetto.testing.embedding_server import EmbeddingServer, meaning
from bozzetto.testing.image_servers import Reply, reply

KEY = "sk-example-of-a-key"
DOG = "a small dog on a beach"


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    models = {"text-embedding-3-small": 1536, "text-embedding-ada-002": 1536, "mine": 8}
    with EmbeddingServer(models, key=KEY) as one:
        yield one


def environ_of(server: EmbeddingServer, key: str = KEY) -> dict[str, str]:
    return {"OPENAI_BASE_URL": f"{server.address}/v1", "OPENAI_API_KEY": key}


def unit(rows: list[list[float]]) -> np.ndarray:
    found = np.array(rows)
    wanted: np.ndarray = found / np.linalg.norm(found, axis=1, keepdims=True)
    return wanted


def test_vectors_go_by_their_index_in_base64(server: EmbeddingServer) -> None:
    embedder = open_openai("text-embedding-3-small", environ=environ_of(server), timeout=5)
    texts = [DOG, "quarterly tax accounting", "a cat"]
    assert embedder.embed(texts) == pytest.approx(unit(meaning(texts, 1536)), abs=1e-5)
    assert [one.json for one in server.asked] == [
        {"model": "text-embedding-3-small", "input": texts, "encoding_format": "base64"}
    ]


def test_numbers_in_words_do_as_well(server: EmbeddingServer) -> None:
    environ = {"VLLM_BASE_URL": f"{server.address}/v1", "VLLM_API_KEY": KEY}
    embedder = open_vllm("mine", environ=environ, timeout=5)
    assert embedder.embed([DOG]) == pytest.approx(unit(meaning([DOG], 8)), abs=1e-5)
    assert server.asked[0].json == {"model": "mine", "input": [DOG]}


def test_what_is_known_is_told_without_a_call(server: EmbeddingServer) -> None:
    environ = environ_of(server)
    small = open_openai("text-embedding-3-small?dimensions=512", environ=environ, timeout=5)
    old = open_openai("text-embedding-ada-002", environ=environ, timeout=5)
    assert (small.features.id, small.features.dim) == (
        "openai:text-embedding-3-small?dimensions=512;1",
        512,
    )
    assert (small.features.max_tokens, small.features.remote) == (8191, True)
    assert old.features.lifecycle == Lifecycle("active")
    assert server.asked == []


def test_a_size_is_asked_for_only_where_the_model_knows_sizes(server: EmbeddingServer) -> None:
    environ = environ_of(server)
    for rest in ("text-embedding-3-small?dimensions=64", "text-embedding-ada-002?dimensions=1536"):
        open_openai(rest, environ=environ, timeout=5).embed([DOG])
    assert [one.json.get("dimensions") for one in server.asked] == [64, None]


def test_many_texts_go_in_batches_side_by_side(server: EmbeddingServer) -> None:
    embedder = open_llamacpp(
        "mine",
        environ={"LLAMACPP_BASE_URL": f"{server.address}/v1", "LLAMACPP_API_KEY": KEY},
        timeout=5,
    )
    texts = [f"{number % 70} dogs" for number in range(140)]
    rows = embedder.embed(texts)
    assert sorted(len(one.json["input"]) for one in server.asked) == [6, 32, 32]
    assert (rows[:70] == rows[70:]).all()


def test_a_deployment_of_azure() -> None:
    with EmbeddingServer({"my-embed": 16}, key=KEY, header="api-key") as server:
        environ = {
            "AZURE_OPENAI_ENDPOINT": f"{server.address}/openai/v1",
            "AZURE_OPENAI_API_KEY": KEY,
        }
        embedder = open_azure("my-embed", environ=environ, timeout=5)
        assert embedder.embed([DOG]) == pytest.approx(unit(meaning([DOG], 16)), abs=1e-5)
        assert (embedder.features.id, embedder.features.dim) == ("azure:my-embed@127.0.0.1;1", 16)
        assert {one.path for one in server.asked} == {"/openai/v1/embeddings"}


@pytest.mark.parametrize(
    ("opener", "model", "document", "tokens"),
    [
        (openai.open_lmstudio, "text-embedding-nomic-embed-text-v1.5", "search_document:", 2048),
        (open_vllm, "intfloat/multilingual-e5-large", "passage:", 512),
        (open_llamacpp, "nomic-embed-text-v1.5.Q8_0.gguf", "search_document:", 512),
    ],
)
def test_a_model_is_known_by_whatever_name_a_server_has_for_it(
    opener: Callable[..., Embedder], model: str, document: str, tokens: int
) -> None:
    features = opener(model, environ={}, timeout=5).features
    assert f";{document};" in features.id
    assert features.max_tokens == tokens


def packed(*numbers: float) -> str:
    return base64.b64encode(np.array(numbers, dtype="<f4").tobytes()).decode()


def data(*found: object) -> Reply:
    return reply({"object": "list", "data": list(found), "model": "mine"})


PASSING = {
    "throttled": reply({"error": {"message": "slow down"}}, 429, **{"Retry-After": "0.05"}),
    "overloaded": reply({"error": {"message": "overloaded"}}, 503),
    "a failure of its own": reply({"error": {"message": "oops"}}, 500),
    "a proxy": Reply(502, b"<html>bad gateway</html>", "text/html"),
    "a line that goes dead": Reply(body=b'{"data": [' + b" " * 999, cut=10),
    "silence": Reply(body=b"{}", wait=0.8),
}


@pytest.mark.parametrize("name", PASSING)
def test_what_passes_is_tried_again(server: EmbeddingServer, name: str) -> None:
    server.instead.append(PASSING[name])
    embedder = open_openai("mine", environ=environ_of(server), timeout=0.5)
    assert embedder.embed([DOG]).shape == (1, 8)
    assert len(server.asked) == 2


FAILING = {
    "truncated": (Reply(body=b'{"object": "list", "data": [{"index": 0'), "that is not JSON"),
    "a web page": (Reply(body=b"<html>log in</html>", kind="text/html"), "sent a web page"),
    "a list": (reply([1, 2]), "sent JSON that is no answer"),
    "no data": (reply({"object": "list"}), "that is no list of vectors"),
    "too few": (data({"index": 0, "embedding": [1, 2]}), "something else than 2 vectors"),
    "two of one": (
        data({"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}),
        "that is no list of vectors",
    ),
    "not numbers": (
        data({"index": 0, "embedding": [1, "x"]}, {"index": 1, "embedding": [1, 2]}),
        "something else than 2 vectors",
    ),
    "no base64": (
        data({"index": 0, "embedding": "?"}, {"index": 1, "embedding": packed(1)}),
        "something else than 2 vectors",
    ),
    "no number": (
        data({"index": 0, "embedding": packed(1, np.nan)}, {"index": 1, "embedding": packed(1, 2)}),
        "zeros, or no numbers",
    ),
    "zeros": (
        data({"index": 0, "embedding": [0, 0]}, {"index": 1, "embedding": [1, 2]}),
        "zeros, or no numbers",
    ),
    "moved": (Reply(308, headers={"Location": "http://elsewhere/"}), "points elsewhere"),
    "no credit": (
        reply({"error": {"message": "quota", "code": "insufficient_quota"}}, 429),
        "answered 429: quota",
    ),
    "too long": (reply({"error": {"message": "maximum context length"}}, 400), "answered 400"),
}


@pytest.mark.parametrize("name", FAILING)
def test_what_does_not_pass_is_told_at_once(server: EmbeddingServer, name: str) -> None:
    answer, words = FAILING[name]
    server.instead.append(answer)
    embedder = open_openai("mine", environ=environ_of(server), timeout=5)
    with pytest.raises(BackendError, match=words) as caught:
        embedder.embed([DOG, "a cat"])
    assert len(server.asked) == 1
    assert server.address in caught.value.message


def test_vectors_of_another_length_than_the_model_has(server: EmbeddingServer) -> None:
    server.instead.append(data({"index": 0, "embedding": [1, 2, 3]}))
    embedder = open_openai("text-embedding-3-small", environ=environ_of(server), timeout=5)
    with pytest.raises(BackendError, match="sent vectors of 3 numbers in place of 1536"):
        embedder.embed([DOG])


def shown(error: BozzettoError) -> str:
    chain = [error, error.__cause__, error.__context__ if not error.__suppress_context__ else None]
    return " ".join(map(repr, chain)) + f"{error.message}{error.hint}"


def test_a_wrong_key_is_told_at_once_and_never_shown(server: EmbeddingServer) -> None:
    wrong = "sk-another-key"
    embedder = open_openai("mine", environ=environ_of(server, wrong), timeout=5)
    with pytest.raises(SetupError, match="refused the key in OPENAI_API_KEY") as caught:
        embedder.embed([DOG])
    assert len(server.asked) == 1
    assert wrong not in shown(caught.value) + repr(embedder)


def test_a_key_that_the_server_repeats_is_not_shown(server: EmbeddingServer) -> None:
    server.instead.append(reply({"error": {"message": f"what is {KEY}?"}}, 400))
    embedder = open_openai("mine", environ=environ_of(server), timeout=5)
    with pytest.raises(BackendError, match=r"what is \*\*\*\?") as caught:
        embedder.embed([DOG])
    assert KEY not in shown(caught.value)


def test_an_unknown_model(server: EmbeddingServer) -> None:
    embedder = open_openai("text-embedding-9", environ=environ_of(server), timeout=5)
    with pytest.raises(SetupError, match="has no model 'text-embedding-9'"):
        assert embedder.features.dim
    assert len(server.asked) == 1


def test_a_server_that_is_not_there() -> None:
    with EmbeddingServer({}) as server:
        address = server.address
    embedder = open_vllm(f"mine@{address}/v1", environ={}, timeout=5)
    with pytest.raises(BackendError, match="cannot be reached") as caught:
        embedder.embed([DOG])
    assert caught.value.hint == "is it running? the address can be set by VLLM_BASE_URL"


@pytest.mark.parametrize(
    ("opener", "rest", "words"),
    [
        (open_openai, "text-embedding-3-small", "OPENAI_API_KEY is not set"),
        (open_openai, "", "no model is named"),
        (open_vllm, "text-embedding-3-small?dimensions=1537", "no vectors of 1537 numbers"),
        (open_vllm, "", "no model is named"),
        (open_llamacpp, "", "vectors of two models must not be mixed"),
        (openai.open_lmstudio, "", "vectors of two models must not be mixed"),
        (open_azure, "my-embed", "AZURE_OPENAI_ENDPOINT is not set"),
        (open_vllm, "mine@http://user:hidden-word@host/v1", "carries a user name or password"),
        (open_vllm, "mine@http://host/v1?key=hidden-word", "carries a query"),
        (open_vllm, "mine?key=hidden-word", "only \\?dimensions=NUMBER"),
    ],
)
def test_what_cannot_be_opened(opener: Callable[..., Embedder], rest: str, words: str) -> None:
    with pytest.raises(SetupError, match=words) as caught:
        opener(rest, environ={}, timeout=5)
    assert "hidden-word" not in shown(caught.value)


def test_the_servers_tell_what_they_do_not_take(server: EmbeddingServer) -> None:
    """The stand-in itself: it holds requests against what is documented."""
    bodies: list[dict[str, object]] = [
        {"input": ["a"]},
        {"model": "mine", "input": []},
        {"model": "mine", "input": [""]},
        {"model": "mine", "input": ["a"], "prompt": "b"},
        {"model": "mine", "input": ["a"], "encoding_format": "binary"},
        {"model": "mine", "input": ["a " * 9_000]},
    ]
    import httpx2

    head = {"Authorization": f"Bearer {KEY}"}
    for body in bodies:
        answer = httpx2.post(
            f"{server.address}/v1/embeddings", content=json.dumps(body), headers=head
        )
        assert answer.status_code == 400
