"""Embeddings by the models of Amazon Bedrock, through InvokeModel.

`rest` is a model's id, inference profile, or ARN that carries the id, and "?dimensions=N" where
the model has vectors of several sizes. Bodies as in the Bedrock and Nova user guides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bozzetto.adapters.aws import json_of, open_client, read_body
from bozzetto.adapters.aws_errors import Asked
from bozzetto.adapters.bedrock_ids import plain_id
from bozzetto.adapters.embedders.aws import reached
from bozzetto.adapters.embedders.naming import spec_of, split_dimensions
from bozzetto.adapters.embedders.remote import Remote, open_remote
from bozzetto.adapters.models import known, rows
from bozzetto.errors import SetupError

__all__ = ["SHAPES", "Shape", "open_embedder"]

TITLE = "Amazon Bedrock"
_LISTING = (
    "ids: aws bedrock list-foundation-models --by-output-modality EMBEDDING, and profiles: "
    "aws bedrock list-inference-profiles; AWS_REGION chooses the region"
)
_ACCESS = (
    "the account needs access to the model (Amazon Bedrock console, Model catalog) and the "
    "permission bedrock:InvokeModel"
)

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a family takes: how many texts a call, a body, and where its answer has the vectors.

    `types` says that queries are asked for in another way; `parallel` calls go side by side.
    """

    texts: int
    make: Callable[[Sequence[str], bool, int], Body]
    read: Callable[[Any], Any]
    types: bool = False
    parallel: int = 4


def _titan(texts: Sequence[str], query: bool, dim: int) -> Body:
    return {"inputText": texts[0]}


def _titan_v2(texts: Sequence[str], query: bool, dim: int) -> Body:
    return {"inputText": texts[0], "dimensions": dim, "normalize": True}


def _nova(texts: Sequence[str], query: bool, dim: int) -> Body:
    return {
        "schemaVersion": "nova-multimodal-embed-v1",
        "taskType": "SINGLE_EMBEDDING",
        "singleEmbeddingParams": {
            "embeddingPurpose": "TEXT_RETRIEVAL" if query else "GENERIC_INDEX",
            "embeddingDimension": dim,
            "text": {"truncationMode": "END", "value": texts[0]},
        },
    }


def _cohere_v3(texts: Sequence[str], query: bool, dim: int) -> Body:
    return {
        "texts": list(texts),
        "input_type": "search_query" if query else "search_document",
        "truncate": "END",
        "embedding_types": ["float"],
    }


def _cohere_v4(texts: Sequence[str], query: bool, dim: int) -> Body:
    # Amazon's page of v4 has LEFT and RIGHT where that of v3 has START and END.
    return {**_cohere_v3(texts, query, dim), "truncate": "RIGHT", "output_dimension": dim}


def _by_type(answer: Any) -> Any:  # noqa: ANN401 - a stranger's JSON holds anything
    """Cohere's vectors: by type where types were asked for, else a list."""
    found = answer["embeddings"]
    return found["float"] if isinstance(found, dict) else found


SHAPES = {
    "titan": Shape(1, _titan, lambda answer: [answer["embedding"]], parallel=8),
    "titan-v2": Shape(1, _titan_v2, lambda answer: [answer["embedding"]], parallel=8),
    "nova": Shape(
        1, _nova, lambda answer: [answer["embeddings"][0]["embedding"]], types=True, parallel=8
    ),
    "cohere-v3": Shape(96, _cohere_v3, _by_type, types=True),
    "cohere-v4": Shape(96, _cohere_v4, _by_type, types=True),
}
"""By the word that the models' table has as `shape`."""


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> Remote:
    """Open a model. `timeout` is how long the service may stay silent, seconds.

    Raises:
        SetupError: no model is named, its bodies or that size are not known, no region or no
            credentials are found.
        MissingExtraError: boto3 is not installed.
    """
    model, dimensions = split_dimensions("bedrock", rest.strip())
    if not model:
        raise SetupError("bedrock: no model is named", hint=f"bedrock:MODEL-ID; {_LISTING}")
    plain = plain_id(model)
    row = known("bedrock", "embed", plain)
    if row is None:
        raise SetupError(f"bedrock: it is not known what {model!r} takes", hint=_known_ids())
    shape = SHAPES[row.more["shape"]]
    spec = replace(
        spec_of(f"bedrock:{plain}", row, dimensions, TITLE),
        texts=shape.texts,
        types=shape.types,
        parallel=shape.parallel,
    )
    client = open_client(
        "bedrock-runtime", environ=environ, timeout=timeout, parallel=shape.parallel
    )
    return open_remote(spec, _asker(client, model, shape, spec.dim or 0))


def _known_ids() -> str:
    ids = ", ".join(row.id.rstrip("*") for row in rows("bedrock") if row.kind == "embed")
    return f"known are {ids}, and their inference profiles"


def _asker(
    client: Any,  # noqa: ANN401 - made at run time
    model: str,
    shape: Shape,
    dim: int,
) -> Callable[[Sequence[str], bool], Any]:
    asked = Asked(TITLE, f"the model {model!r}", _LISTING, _ACCESS)

    def invoke(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        answer = client.invoke_model(
            modelId=model,
            body=json.dumps(shape.make(texts, query, dim)).encode(),
            contentType="application/json",
            accept="application/json",
        )
        return read_body(answer["body"], asked)

    def ask(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        answer = json_of(reached(lambda: invoke(texts, query), asked), asked)
        try:
            return shape.read(answer)
        except (KeyError, IndexError, TypeError):
            return None  # told as what is no vectors

    return ask
