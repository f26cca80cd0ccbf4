"""Anthropic's Claude models by its Messages API.

`rest` is a model's name, optionally followed by "@" and the address of the API. The version of
the API is the last that takes a temperature; models that refuse one, or think before they
answer, are rows of models/anthropic.toml.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bozzetto.adapters.chat.anthropic_reading import MessageReading
from bozzetto.adapters.chat.calling import Call, Wire, answer
from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint
from bozzetto.adapters.models import known
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest

__all__ = ["MESSAGES", "SERVICE", "VERSION", "AnthropicChat", "body_of", "open_chat"]

VERSION = "2023-06-01"
"""2026-10-21 refuses a temperature for every model; candidates differ by it where they may."""

ROOM = 2048
"""Tokens for the thinking of a model that turns out not to do without."""

SERVICE = Service(
    "Anthropic",
    "https://api.anthropic.com",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_API_KEY",
    True,
    header="x-api-key",
    vendor="anthropic",
)
"""The service, as others have theirs in a table."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


def body_of(model: str, request: ChatRequest, more: Mapping[str, Any] = _NOTHING) -> dict[str, Any]:
    """The body for a request; `more` is what the row of the model says."""
    system = "\n\n".join(m.content for m in request.messages if m.role == "system")
    stop = [text for text in request.stop if text.strip()]  # of blanks alone is refused
    effort, thinking = more.get("effort"), more.get("thinking")
    optional = {
        "system": system,
        "stop_sequences": stop,
        "temperature": min(max(request.temperature, 0.0), 1.0),
        "thinking": {"type": thinking} if thinking else None,
        "output_config": {"effort": effort} if effort else None,
    }
    if not more.get("sampling", True):
        del optional["temperature"]
    return {
        "model": model,
        "max_tokens": request.max_tokens + more.get("room", 0),
        "messages": [
            {"role": m.role, "content": m.content} for m in request.messages if m.role != "system"
        ],
        "stream": True,
        **{key: value for key, value in optional.items() if value not in ("", [], None)},
    }


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    """The body less a field; who must think gets room for it."""
    rest = {key: value for key, value in body.items() if key != name}
    if name == "thinking":
        rest["max_tokens"] = body["max_tokens"] + ROOM
    return rest


MESSAGES = Wire(
    path="/v1/messages",
    headers=lambda endpoint: {**endpoint.credentials, "anthropic-version": VERSION},
    reading=MessageReading,
    optional=re.compile(r"\b(temperature|stop_sequences|thinking|output_config)\b"),
    without=_without,
    hint="is it the name of one of Anthropic's models, or is the address another service's?",
)
"""The interface of messages."""


class AnthropicChat:
    """A chat model of Anthropic's."""

    def __init__(self, endpoint: Endpoint) -> None:
        found = known(SERVICE.vendor, "chat", endpoint.model)
        self._features = ChatFeatures(
            name=f"anthropic:{endpoint.model}",
            seeds=False,
            lifecycle=found.lifecycle if found else None,
        )
        self._more = found.more if found else _NOTHING
        self._endpoint = endpoint
        self._refused: set[str] = set()

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer; each call has a connection of its own."""
        body = body_of(self._endpoint.model, request, self._more)
        return answer(Call(MESSAGES, self._endpoint, request, body, self._refused))

    async def aclose(self) -> None:
        """Nothing is held between calls."""


def open_chat(rest: str, *, environ: Mapping[str, str], timeout: float) -> AnthropicChat:
    """Open a model. `timeout` is how long the server may stay silent, seconds.

    Raises:
        SetupError: no model is named, the key is missing, or the address is none.
    """
    endpoint = open_endpoint("anthropic", SERVICE, rest, environ=environ, timeout=timeout)
    # Its own client wants the address without the version, others' with it: both are taken.
    return AnthropicChat(replace(endpoint, url=endpoint.url.removesuffix("/v1")))
