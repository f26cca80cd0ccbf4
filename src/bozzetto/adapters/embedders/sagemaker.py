"""Embeddings by endpoints of Amazon SageMaker: InvokeEndpoint with the container's own JSON.

`rest` is an endpoint's name: JumpStart's text embeddings (GPT-J, BERT, the TensorFlow sentence
encoders). "tei@" before it is for Hugging Face's Text Embeddings Inference, "cohere@" for
Cohere's packages from the marketplace. What an endpoint runs can be exchanged under its name:
give it another name when you do, so that vectors of two models are never mixed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.aws import ENDPOINT_NAME, json_of, open_client, read_body
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.embedders.aws import reached
from bozzetto.adapters.embedders.naming import split_dimensions
from bozzetto.adapters.embedders.remote import Remote, Spec, open_remote
from bozzetto.errors import SetupError

__all__ = ["SHAPES", "Shape", "open_embedder"]

TITLE = "Amazon SageMaker"
PARALLEL = 4
_LISTING = "endpoints: aws sagemaker list-endpoints; AWS_REGION chooses the region"
_ACCESS = "the credentials need the permission sagemaker:InvokeEndpoint for it"

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a kind of container takes: texts a call, their length, a body, an answer's vectors."""

    texts: int
    tokens: int
    make: Callable[[Sequence[str], bool], Body]
    read: Callable[[Any], Any]
    types: bool = False


def _cohere(texts: Sequence[str], query: bool) -> Body:
    kind = "search_query" if query else "search_document"
    return {"texts": list(texts), "input_type": kind, "truncate": "END"}


def _cohere_vectors(answer: Any) -> Any:  # noqa: ANN401 - a stranger's JSON holds anything
    found = answer["embeddings"]
    return found["float"] if isinstance(found, dict) else found


SHAPES = {
    "": Shape(
        20,
        512,
        lambda texts, query: {"text_inputs": list(texts)},
        lambda answer: answer["embedding"],
    ),
    # 32 texts are the container's own MAX_CLIENT_BATCH_SIZE
    "tei": Shape(
        32,
        512,
        lambda texts, query: {"inputs": list(texts), "truncate": True},
        lambda answer: answer,
    ),
    "cohere": Shape(96, 512, _cohere, _cohere_vectors, types=True),
}
"""What stands before "@", and the container it means."""


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> Remote:
    """Open an endpoint. `timeout` is how long it may stay silent, seconds.

    Raises:
        SetupError: no endpoint is named, what stands before "@" is not known, no region or no
            credentials are found.
        MissingExtraError: boto3 is not installed.
    """
    name, dimensions = split_dimensions("sagemaker", rest.strip())
    kind, _, endpoint = name.rpartition("@")
    if not endpoint:
        raise SetupError("sagemaker: no endpoint is named", hint=f"sagemaker:NAME; {_LISTING}")
    _check(kind, endpoint, dimensions)
    shape = SHAPES[kind]
    spec = Spec(
        id=f"sagemaker:{name};1",
        place=f"{TITLE}, endpoint {endpoint}",
        tokens=shape.tokens,
        texts=shape.texts,
        types=shape.types,
        parallel=PARALLEL,
    )
    client = open_client("sagemaker-runtime", environ=environ, timeout=timeout, parallel=PARALLEL)
    return open_remote(spec, _asker(client, endpoint, shape))


def _check(kind: str, endpoint: str, dimensions: int | None) -> None:
    if kind not in SHAPES:
        raise SetupError(
            f"sagemaker: {kind!r} is no container that is known",
            hint="sagemaker:NAME for JumpStart's text embeddings, sagemaker:tei@NAME for Hugging "
            "Face's, sagemaker:cohere@NAME for Cohere's",
        )
    if not ENDPOINT_NAME.fullmatch(endpoint):
        raise SetupError(f"sagemaker: {endpoint!r} is no endpoint's name", hint=_LISTING)
    if dimensions is not None:
        raise SetupError(
            "sagemaker: the size of an endpoint's vectors is its model's",
            hint=f"leave out ?dimensions={dimensions}",
        )


def _asker(
    client: Any,  # noqa: ANN401 - made at run time
    endpoint: str,
    shape: Shape,
) -> Callable[[Sequence[str], bool], Any]:
    asked = Asked(TITLE, f"the endpoint {endpoint!r}", _LISTING, _ACCESS)

    def invoke(texts: Sequence[str], query: bool) -> bytes:
        answer = client.invoke_endpoint(
            EndpointName=endpoint,
            Body=json.dumps(shape.make(texts, query)).encode(),
            ContentType="application/json",
            Accept="application/json",
        )
        return read_body(answer["Body"], asked)

    def ask(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        answer = json_of(reached(lambda: invoke(texts, query), asked), asked)
        try:
            return shape.read(answer)
        except (KeyError, TypeError):
            return None  # told as what is no vectors

    return ask
