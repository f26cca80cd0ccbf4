"""OpenAI's "chat completions" with `stream: true`, as most servers of chat models speak it."""

from __future__ import annotations

import re
from typing import Any

from bozzetto.adapters.chat.calling import Wire
from bozzetto.adapters.chat.reading import Completion
from bozzetto.adapters.endpoint import Endpoint
from bozzetto.types import ChatRequest

__all__ = ["COMPLETIONS", "body_of"]


def body_of(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    """The body for a request."""
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    return body


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The body less a field; the token cap goes by its newer name."""
    rest = {key: value for key, value in body.items() if key != name}
    if name == "max_tokens":
        rest["max_completion_tokens"] = body["max_tokens"]
    return rest


COMPLETIONS = Wire(
    path="/chat/completions",
    headers=lambda endpoint: endpoint.credentials,
    reading=Completion,
    optional=re.compile(r"\b(max_tokens|stream_options|temperature|seed|stop)\b"),
    without=_without,
    hint="or the address is wrong: most end in /v1",
)
"""The interface of chat completions."""
