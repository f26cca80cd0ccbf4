"""What Amazon documents of its embedding models: which bodies they take, what they answer.

Written from the Bedrock and Nova user guides ("Inference request parameters", "Complete
embeddings request and response schema") and the examples of the endpoints' containers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bozzetto.testing.aws_checks import Body, Check, Fields, Rule, one_of, problem_of, text
from bozzetto.testing.embedding_server import meaning

__all__ = ["ENDPOINTS", "RULES"]

_UNREFUSED = "embeddings are not filtered"


def _texts(most: int, longest: int) -> Check:
    one = text(longest)
    return lambda value: (
        isinstance(value, list) and 1 <= len(value) <= most and all(map(one, value))
    )


def _ruled(needed: Fields, optional: Fields, answer: Callable[[Body], Any]) -> Rule:
    return Rule(
        lambda body: problem_of(body, needed, optional),
        lambda body, accept: answer(body),
        _UNREFUSED,
    )


def _one(value: str, dim: int) -> list[float]:
    return meaning([value], dim)[0]


_LONGEST: Fields = {"inputText": text(50_000)}

_TITAN = _ruled(
    _LONGEST,
    {},
    lambda body: {"embedding": _one(body["inputText"], 1536), "inputTextTokenCount": 5},
)


def _titan_v2_answer(body: Body) -> Mapping[str, Any]:
    row = _one(body["inputText"], body.get("dimensions", 1024))
    return {"embedding": row, "embeddingsByType": {"float": row}, "inputTextTokenCount": 5}


_TITAN_V2 = _ruled(
    _LONGEST,
    {
        "dimensions": one_of(256, 512, 1024),
        "normalize": lambda value: isinstance(value, bool),
        "embeddingTypes": lambda value: isinstance(value, list) and set(value) <= {"float"},
    },
    _titan_v2_answer,
)

_PURPOSES = (
    "GENERIC_INDEX", "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL", "CLASSIFICATION", "CLUSTERING",
)  # fmt: skip
_NOVA_TEXT: Fields = {"truncationMode": one_of("START", "END", "NONE"), "value": text(8192)}
_NOVA_PARAMETERS: Fields = {
    "embeddingPurpose": one_of(*_PURPOSES),
    "text": lambda value: problem_of(value, _NOVA_TEXT, {}) is None,
}
_NOVA_SIZE: Fields = {"embeddingDimension": one_of(256, 384, 1024, 3072)}


def _nova_answer(body: Body) -> Mapping[str, Any]:
    asked = body["singleEmbeddingParams"]
    row = _one(asked["text"]["value"], asked.get("embeddingDimension", 3072))
    return {"embeddings": [{"embeddingType": "TEXT", "embedding": row}]}


_NOVA = _ruled(
    {
        "taskType": one_of("SINGLE_EMBEDDING"),
        "singleEmbeddingParams": lambda value: (
            problem_of(value, _NOVA_PARAMETERS, _NOVA_SIZE) is None
        ),
    },
    {"schemaVersion": one_of("nova-multimodal-embed-v1")},
    _nova_answer,
)

_INPUT_TYPES = one_of("search_document", "search_query", "classification", "clustering")
_TYPES: Check = lambda value: (  # noqa: E731 - a check like the others
    isinstance(value, list) and set(value) <= {"float", "int8", "uint8", "binary", "ubinary"}
)


def _cohere_answer(dim: int) -> Callable[[Body], Mapping[str, Any]]:
    """By type where types are asked for, else a list."""

    def answer(body: Body) -> Mapping[str, Any]:
        rows = meaning(body["texts"], body.get("output_dimension", dim))
        typed = "embedding_types" in body
        return {
            "id": "da6e531f-54c5-4a73-bf92-f60566d8d753",
            "texts": body["texts"],
            "embeddings": {"float": rows} if typed else rows,
            "response_type": "embeddings_by_type" if typed else "embeddings_floats",
        }

    return answer


_COHERE_V3 = _ruled(
    {"texts": _texts(96, 2048), "input_type": _INPUT_TYPES},
    {"truncate": one_of("NONE", "START", "END"), "embedding_types": _TYPES},
    _cohere_answer(1024),
)
_COHERE_V4 = _ruled(
    {"texts": _texts(96, 1 << 20), "input_type": _INPUT_TYPES},
    {
        "truncate": one_of("NONE", "LEFT", "RIGHT"),
        "embedding_types": _TYPES,
        "output_dimension": one_of(256, 512, 1024, 1536),
    },
    _cohere_answer(1536),
)

RULES: tuple[tuple[str, Rule], ...] = (
    ("amazon.titan-embed-text-v1", _TITAN),
    ("amazon.titan-embed-g1-text-02", _TITAN),
    ("amazon.titan-embed-text-v2", _TITAN_V2),
    ("amazon.nova-2-multimodal-embeddings", _NOVA),
    ("cohere.embed-english-v3", _COHERE_V3),
    ("cohere.embed-multilingual-v3", _COHERE_V3),
    ("cohere.embed-v4", _COHERE_V4),
)
"""How the ids of Bedrock's models begin, and their rules."""


def _vectors(texts: Sequence[str]) -> list[list[float]]:
    return meaning(texts, 768)


_JUMPSTART = _ruled(
    {"text_inputs": _texts(1 << 10, 1 << 20)},
    {},
    lambda body: {"embedding": _vectors(body["text_inputs"])},
)
_TEI = _ruled(
    {"inputs": _texts(32, 1 << 20)},
    {"truncate": one_of(True, False), "normalize": one_of(True, False)},
    lambda body: _vectors(body["inputs"]),
)

ENDPOINTS: tuple[tuple[str, Rule], ...] = (
    ("textembedding", _JUMPSTART),
    ("tcembedding", _JUMPSTART),
    ("tei", _TEI),
    ("embed-multilingual", _COHERE_V3),
)
"""What an endpoint's name holds, and the rule of its container."""
