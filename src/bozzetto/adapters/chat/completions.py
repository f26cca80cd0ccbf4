"""OpenAI's "chat completions" with `stream: true`, as most servers of chat models speak it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from bozzetto.adapters.chat.calling import Wire
from bozzetto.adapters.chat.reading import Completion
from bozzetto.adapters.endpoint import Endpoint
from bozzetto.types import ChatRequest

__all__ = ["COMPLETIONS", "body_of"]


ROOM = 2048
"""Tokens for the reasoning of a model that turns out not to do without."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def body_of(
    endpoint: Endpoint, request: ChatRequest, more: Mapping[str, Any] = _NOTHING
) -> dict[str, Any]:
    """The body for a request; `more` is what the row of the model says."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens + more.get("room", 0),
        "temperature": request.temperature,
    }
    if more.get("effort"):
        body["reasoning_effort"] = more["effort"]
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    return body


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The body less a field; the cap goes by its newer name, and has room for reasoning."""
    rest = {key: value for key, value in body.items() if key != name}
    if name == "max_tokens":
        rest["max_completion_tokens"] = body["max_tokens"]
    if name == "reasoning_effort":
        cap = next(key for key in ("max_tokens", "max_completion_tokens") if key in body)
        rest[cap] = body[cap] + ROOM
    return rest


COMPLETIONS = Wire(
    path="/chat/completions",
    headers=lambda endpoint: endpoint.credentials,
    reading=Completion,
    optional=re.compile(r"\b(max_tokens|stream_options|temperature|seed|stop|reasoning_effort)\b"),
    without=_without,
    hint="or the address is wrong: most end in /v1",
)
"""The interface of chat completions."""
