"""Cohere's POST /v2/embed on a loopback port, as its reference has it, or failing as told.

with CohereServer() as server:
    embedder = open_embedder(f"embed-v4.0@{server.address}", environ=server.environ, timeout=5)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bozzetto.testing.aws_checks import Fields, integer, one_of, problem_of
from bozzetto.testing.embedding_server import meaning
from bozzetto.testing.image_servers import Asked, ImageServer, Reply, reply

__all__ = ["CohereServer"]

_SIZES = {
    "embed-english-v3.0": (1024,),
    "embed-english-light-v3.0": (384,),
    "embed-multilingual-v3.0": (1024,),
    "embed-multilingual-light-v3.0": (384,),
    "embed-v4.0": (1536, 1024, 512, 256),
}
_TYPES = ("float", "int8", "uint8", "binary", "ubinary", "base64")
_NEEDED: Fields = {
    "model": lambda value: isinstance(value, str),
    "input_type": one_of("search_document", "search_query", "classification", "clustering"),
    "texts": lambda value: (
        isinstance(value, list)
        and 1 <= len(value) <= 96
        and all(isinstance(one, str) and one for one in value)
    ),
}
_OPTIONAL: Fields = {
    "embedding_types": lambda value: isinstance(value, list) and set(value) <= set(_TYPES),
    "truncate": one_of("NONE", "START", "END"),
    "output_dimension": one_of(*_SIZES["embed-v4.0"]),
    "max_tokens": integer(1, 128_000),
}


class CohereServer(ImageServer):
    """Serves the models of the third and fourth generation to whoever has the key.

    What stands in `instead` takes the place of the next answers.
    """

    key = "cohere-example-key"

    @property
    def environ(self) -> dict[str, str]:
        """The variables of a client that reaches it."""
        return {"COHERE_API_KEY": self.key, "CO_API_URL": self.address}

    def answer(self, asked: Asked) -> Reply:
        """Answer a call, as documented unless told otherwise."""
        if (asked.method, asked.path) != ("POST", "/v2/embed"):
            return _failed("page not found", 404)
        if asked.headers.get("authorization") != f"Bearer {self.key}":
            return _failed("invalid api token", 401)
        try:
            return self.instead.pop(0)
        except IndexError:
            pass
        body = asked.json
        problem = problem_of(body, _NEEDED, _OPTIONAL)
        if problem:
            return _failed(f"invalid request: {problem}", 400)
        if body["model"] not in _SIZES:
            words = "make sure the correct model ID was used and that you have access to the model."
            return _failed(f"model '{body['model']}' not found, {words}", 404)
        sizes = _SIZES[body["model"]]
        if "output_dimension" in body and len(sizes) == 1:
            return _failed("output_dimension is not supported for this model", 400)
        return reply(_answer(body, body.get("output_dimension", sizes[0])))


def _answer(body: Mapping[str, Any], dim: int) -> object:
    return {
        "id": "da6e531f-54c5-4a73-bf92-f60566d8d753",
        "embeddings": {"float": meaning(body["texts"], dim)},
        "texts": body["texts"],
        "response_type": "embeddings_by_type",
        "meta": {
            "api_version": {"version": "2"},
            "billed_units": {"input_tokens": len(body["texts"])},
        },
    }


def _failed(words: str, status: int) -> Reply:
    return reply({"id": "da6e531f-54c5-4a73-bf92-f60566d8d753", "message": words}, status)
