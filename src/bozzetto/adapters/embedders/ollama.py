"""Embeddings by Ollama: POST /api/embed.

`rest` is a model's name, optionally "?dimensions=N", and "@" and the address of the server.
Models that want a word before what is sought and what is found get it: Ollama itself adds none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bozzetto.adapters.embedders.http import Line
from bozzetto.adapters.embedders.naming import sizable, spec_of, split_dimensions
from bozzetto.adapters.embedders.remote import Ask, Remote, open_remote
from bozzetto.adapters.endpoint import Service, open_endpoint
from bozzetto.adapters.models import Known, known

__all__ = ["SERVICE", "known_open", "open_embedder"]

SERVICE = Service("Ollama", "http://127.0.0.1:11434", "OLLAMA_HOST", "OLLAMA_API_KEY")

TEXTS = 64
"""Texts a call: on a laptop some seconds of work."""


def known_open(model: str) -> Known | None:
    """What is known of a model that anyone can run, by the last part of its name.

    LM Studio puts "text-embedding-" before the names of such models.
    """
    plain = model.rpartition("/")[2].lower().removeprefix("text-embedding-")
    return known("ollama", "embed", plain)


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> Remote:
    """Open a model. `timeout` is how long the server may stay silent, seconds.

    Raises:
        SetupError: no model is named, it has no vectors of that size, the address is none.
    """
    rest, dimensions = split_dimensions("ollama", rest.strip())
    endpoint = open_endpoint("ollama", SERVICE, rest, environ=environ, timeout=timeout)
    endpoint = replace(
        endpoint,
        url=endpoint.url.removesuffix("/v1"),
        model=endpoint.model.removesuffix(":latest"),
    )
    row = known_open(endpoint.model)
    spec = spec_of(f"ollama:{endpoint.model}", row, dimensions, endpoint.place)
    sized = dimensions if sizable(row) else None
    ask = _asker(Line(endpoint), endpoint.model, sized)
    return open_remote(replace(spec, texts=TEXTS), ask)


def _asker(line: Line, model: str, dimensions: int | None) -> Ask:
    sized = {} if dimensions is None else {"dimensions": dimensions}

    def ask(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        body = {"model": model, "input": list(texts), "truncate": True, **sized}
        return line.ask("POST", "/api/embed", body).get("embeddings")

    return ask
