"""Embeddings by Cohere's own API: POST /v2/embed.

`rest` is a model's name, "?dimensions=N" where it has vectors of several sizes, and optionally
"@" and the address of a deployment of one's own. The key is COHERE_API_KEY, or CO_API_KEY as
Cohere's own client has it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bozzetto.adapters.embedders.http import Line
from bozzetto.adapters.embedders.naming import sizable, spec_of, split_dimensions
from bozzetto.adapters.embedders.remote import Ask, Remote, open_remote
from bozzetto.adapters.endpoint import Service, open_endpoint
from bozzetto.adapters.models import known

__all__ = ["SERVICE", "open_embedder"]

SERVICE = Service("Cohere", "https://api.cohere.com", "CO_API_URL", "COHERE_API_KEY", True)

TEXTS = 96
"""Texts a call at most, of the API's reference."""


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> Remote:
    """Open a model. `timeout` is how long the service may stay silent, seconds.

    Raises:
        SetupError: no model is named, it has no vectors of that size, the key is missing.
    """
    rest, dimensions = split_dimensions("cohere", rest.strip())
    if not environ.get(SERVICE.key_variable, "").strip():
        environ = {**environ, SERVICE.key_variable: environ.get("CO_API_KEY", "")}
    endpoint = open_endpoint("cohere", SERVICE, rest, environ=environ, timeout=timeout)
    model = endpoint.model
    row = known("cohere", "embed", model)
    spec = spec_of(f"cohere:{model}", row, dimensions, endpoint.place)
    sized = spec.dim if sizable(row) else None
    return open_remote(replace(spec, texts=TEXTS, types=True), _asker(Line(endpoint), model, sized))


def _asker(line: Line, model: str, dim: int | None) -> Ask:
    sized = {} if dim is None else {"output_dimension": dim}

    def ask(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        body = {
            "model": model,
            "texts": list(texts),
            "input_type": "search_query" if query else "search_document",
            "embedding_types": ["float"],
            "truncate": "END",
            **sized,
        }
        found = line.ask("POST", "/v2/embed", body).get("embeddings")
        return found.get("float") if isinstance(found, dict) else found

    return ask
