"""Embedding services on a loopback port that mean what they say, or fail as told.

    with EmbeddingServer({"nomic-embed-text": 768}) as server:
        embedder = open_vllm(f"nomic-embed-text@{server.address}/v1", environ={}, timeout=5)

It speaks OpenAI's POST /v1/embeddings and Ollama's POST /api/embed, holds every request against
what is documented, and answers with real meaning: MiniLM's vectors, turned into the size wanted.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np

from bozzetto.adapters.embedders.minilm import open_embedder
from bozzetto.testing.image_servers import Asked, ImageServer, Reply, reply
from bozzetto.types import Vectors

__all__ = ["EmbeddingServer", "meaning"]

_MINILM = open_embedder()


def meaning(texts: Sequence[str], dim: int) -> list[list[float]]:
    """Vectors of any size, equal for equal texts; none is of unit length, as from many a model."""
    return [[float(number) for number in _vector(text) @ _turned(dim)] for text in texts]


@lru_cache(maxsize=4_096)
def _vector(text: str) -> Vectors:
    row: Vectors = _MINILM.embed([text])[0]
    return row


@cache
def _turned(dim: int) -> Vectors:
    """A random map, which keeps angles nearly (Johnson and Lindenstrauss 1984)."""
    numbers = np.random.default_rng(dim).standard_normal((_MINILM.features.dim, dim))
    turned: Vectors = (3 * numbers / np.sqrt(dim)).astype(np.float32)
    return turned


class EmbeddingServer(ImageServer):
    """Serves some models, by the sizes of their vectors.

    `key` is what it wants in the header `header`, "" for none. `resizes` says that it takes
    `dimensions`. What stands in `instead` takes the place of the next answers.
    """

    def __init__(
        self,
        models: Mapping[str, int],
        *,
        key: str = "",
        header: str = "authorization",
        resizes: bool = True,
    ) -> None:
        super().__init__()
        self.models, self.key, self.header, self.resizes = models, key, header, resizes

    def answer(self, asked: Asked) -> Reply:
        """Answer a call, as documented unless told otherwise."""
        path = asked.path
        if asked.method != "POST" or not path.endswith(("/v1/embeddings", "/api/embed")):
            return _failed(path, f"Invalid URL ({asked.method} {path})", 404)
        wanted = f"Bearer {self.key}" if self.header == "authorization" else self.key
        if self.key and asked.headers.get(self.header) != wanted:
            return _failed(path, "Incorrect API key provided.", 401, "invalid_api_key")
        try:
            return self.instead.pop(0)
        except IndexError:
            pass
        body = asked.json
        problem = _problem(body, _OLLAMA if path.endswith("/api/embed") else _OPENAI)
        if problem:
            return _failed(path, problem, 400)
        if body["model"] not in self.models:
            words = f"model {body['model']!r} not found, try pulling it first"
            return _failed(path, words, 404, "model_not_found")
        if "dimensions" in body and not self.resizes:
            return _failed(path, "This model does not support specifying dimensions.", 400)
        dim = body.get("dimensions", self.models[body["model"]])
        rows = meaning(_texts(body), dim)
        return reply(_ollama(body, rows) if path.endswith("/api/embed") else _openai(body, rows))


def _texts(body: Mapping[str, Any]) -> list[str]:
    found = body["input"]
    return [found] if isinstance(found, str) else list(found)


_OPENAI = {"model": str, "input": (str, list), "dimensions": int, "encoding_format": str}
_OLLAMA = {"model": str, "input": (str, list), "dimensions": int, "truncate": bool}


def _problem(body: object, fields: Mapping[str, Any]) -> str | None:
    if not isinstance(body, dict) or "model" not in body or "input" not in body:
        return "you must provide a model and an input"
    for name, value in body.items():
        if name not in fields or not isinstance(value, fields[name]):
            return f"Unrecognized request argument supplied: {name}"
    texts = _texts(body)
    if not 1 <= len(texts) <= 2048 or not all(isinstance(one, str) and one for one in texts):
        return "'$.input' is invalid."
    if any(len(one.split()) > 8191 for one in texts):
        return "This model's maximum context length is 8192 tokens."
    if body.get("encoding_format", "float") not in ("float", "base64"):
        return "'$.encoding_format' is invalid."
    return None


def _openai(body: Mapping[str, Any], rows: list[list[float]]) -> object:
    """The last first: only "index" says whose vector it is."""
    packed = body.get("encoding_format") == "base64"
    data = [
        {"object": "embedding", "index": at, "embedding": _packed(row) if packed else row}
        for at, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": len(rows), "total_tokens": len(rows)}
    return {"object": "list", "data": data[::-1], "model": body["model"], "usage": usage}


def _packed(row: list[float]) -> str:
    return base64.b64encode(np.array(row, dtype="<f4").tobytes()).decode()


def _ollama(body: Mapping[str, Any], rows: list[list[float]]) -> object:
    times = {"total_duration": 14143917, "load_duration": 1019500, "prompt_eval_count": len(rows)}
    return {"model": body["model"], "embeddings": rows, **times}


def _failed(path: str, words: str, status: int, code: str | None = None) -> Reply:
    if path.endswith("/api/embed"):
        return reply({"error": words}, status)
    error = {"message": words, "type": "invalid_request_error", "param": None, "code": code}
    return reply({"error": error}, status)
