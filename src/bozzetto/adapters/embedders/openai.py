"""Embeddings by OpenAI and every server that speaks like it: POST /embeddings.

`rest` is a model's name, optionally "?dimensions=N", and "@" and the address of the API. On
Azure it is the name of a deployment. Servers of one's own know nothing of the word that some
models want before what is sought and what is found: it is put there as for Ollama.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from bozzetto.adapters.chat.openai import SERVICES
from bozzetto.adapters.embedders.http import Line
from bozzetto.adapters.embedders.naming import sizable, spec_of, split_dimensions
from bozzetto.adapters.embedders.ollama import known_open
from bozzetto.adapters.embedders.remote import Ask, Remote, Spec, open_remote
from bozzetto.adapters.endpoint import Endpoint, open_endpoint
from bozzetto.adapters.models import Known, known
from bozzetto.errors import BackendError, SetupError

__all__ = [
    "open_azure",
    "open_llamacpp",
    "open_lmstudio",
    "open_openai",
    "open_service",
    "open_vllm",
    "ordered",
]

TEXTS = 256
"""Texts a call: 2,048 are allowed, but fewer come back sooner and go side by side."""

LOCAL_TEXTS = 32
"""Texts a call of a server of one's own, which works through them one after the other."""

_HOSTED = ("openai", "azure")
_AZURE_TOKENS = 8191  # "8192 tokens for all embedding models"
_LLAMACPP_TOKENS = 512  # its --ubatch-size, unless it is started with another: longer texts fail


def open_service(scheme: str, rest: str, *, environ: Mapping[str, str], timeout: float) -> Remote:
    """Open a model of a service. `timeout` is how long the server may stay silent, seconds.

    Raises:
        SetupError: no model is named, it has no vectors of that size, the key is missing, or
            the address is none.
    """
    rest, dimensions = split_dimensions(scheme, rest.strip())
    endpoint = open_endpoint(scheme, SERVICES[scheme], rest, environ=environ, timeout=timeout)
    if endpoint.model == SERVICES[scheme].model:
        raise SetupError(
            f"{scheme}: no model is named, and vectors of two models must not be mixed",
            hint=f"name the one that {endpoint.title} has loaded: {scheme}:MODEL",
        )
    row = None if scheme == "azure" else _known(endpoint.model)
    spec = _spec(scheme, endpoint, row, dimensions)
    body: dict[str, Any] = {"model": endpoint.model}
    if dimensions is not None and sizable(row):
        body["dimensions"] = dimensions
    if scheme in _HOSTED:  # a third of the bytes; its own client asks for it, too
        body["encoding_format"] = "base64"
    return open_remote(spec, _asker(endpoint, body))


def _spec(scheme: str, endpoint: Endpoint, row: Known | None, dimensions: int | None) -> Spec:
    """What is known of a model: of Azure's deployments nothing, but that they are OpenAI's."""
    azure = scheme == "azure"  # where a deployment's name means nothing on another resource
    name = f"{scheme}:{endpoint.model}" + azure * f"@{urlsplit(endpoint.url).hostname}"
    spec = spec_of(name, row, dimensions, endpoint.place)
    if azure:
        spec = replace(spec, tokens=_AZURE_TOKENS)
    if scheme == "llamacpp":
        spec = replace(spec, tokens=min(spec.tokens, _LLAMACPP_TOKENS))
    return replace(spec, texts=TEXTS if scheme in _HOSTED else LOCAL_TEXTS)


def _known(model: str) -> Known | None:
    return known("openai", "embed", model) or known_open(model)


def _asker(endpoint: Endpoint, body: Mapping[str, Any]) -> Ask:
    line = Line(endpoint)

    def ask(texts: Sequence[str], query: bool) -> list[Any]:
        answer = line.ask("POST", "/embeddings", {**body, "input": list(texts)})
        return ordered(answer.get("data"), endpoint.place)

    return ask


def ordered(data: object, place: str) -> list[Any]:
    """The vectors by their "index", whatever order they came in; where all lack one, as they are.

    Raises:
        BackendError: they do not number the texts.
    """
    found = data if isinstance(data, list) else []
    if not all(isinstance(one, dict) for one in found):
        found = []
    numbers = [one.get("index", at) for at, one in enumerate(found)]
    if not found or {*map(repr, numbers)} != {*map(repr, range(len(found)))}:
        raise BackendError(f"{place} sent JSON that is no list of vectors")
    rows: list[Any] = [None] * len(found)
    for number, one in zip(numbers, found, strict=True):
        rows[number] = _numbers(one.get("embedding"))
    return rows


def _numbers(found: object) -> object:
    """A vector: a list of numbers, or little-endian float32 in base64."""
    if not isinstance(found, str):
        return found
    try:
        return np.frombuffer(base64.b64decode(found, validate=True), dtype="<f4")
    except (ValueError, binascii.Error):
        return None


open_openai = partial(open_service, "openai")
open_azure = partial(open_service, "azure")
open_llamacpp = partial(open_service, "llamacpp")
open_vllm = partial(open_service, "vllm")
open_lmstudio = partial(open_service, "lmstudio")
