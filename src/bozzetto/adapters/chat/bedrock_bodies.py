"""Bodies of models' own for InvokeModel: Titan Text, Jurassic-2, Command. Bodies as documented.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.chat.written import Written
from bozzetto.types import ChatEvent, ChatRequest

__all__ = ["BODIES", "Body", "whole_of"]


@dataclass(frozen=True, slots=True)
class Body:
    """A family's body: how it is made of a prompt, and where an answer has its text and reason.

    `make` leaves None where something is not wanted. `texts` and `reasons` are paths into an
    answer or a part of one.
    """

    make: Callable[[ChatRequest, str, int, float | None, bool], dict[str, Any]]
    texts: tuple[tuple[str | int, ...], ...]
    reasons: tuple[tuple[str | int, ...], ...]
    streaming: Mapping[str, Any]


def _titan(
    request: ChatRequest, prompt: str, tokens: int, temperature: float | None, stop: bool
) -> dict[str, Any]:
    config = {
        "maxTokenCount": tokens,
        "temperature": temperature,
        "stopSequences": list(request.stop) if stop and request.stop else None,
    }
    return {"inputText": prompt, "textGenerationConfig": _given(config)}


def _jurassic(
    request: ChatRequest, prompt: str, tokens: int, temperature: float | None, stop: bool
) -> dict[str, Any]:
    stops = list(request.stop) if stop and request.stop else None
    return _given(
        {
            "prompt": prompt,
            "maxTokens": tokens,
            "temperature": temperature,
            "stopSequences": stops,
        }
    )


def _command(
    request: ChatRequest, prompt: str, tokens: int, temperature: float | None, stop: bool
) -> dict[str, Any]:
    stops = list(request.stop) if stop and request.stop else None
    return _given(
        {
            "prompt": prompt,
            "max_tokens": tokens,
            "temperature": temperature,
            "stop_sequences": stops,
        }
    )


def _given(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


BODIES: Mapping[str, Body] = {
    "titan": Body(
        _titan,
        (("results", 0, "outputText"), ("outputText",)),
        (("results", 0, "completionReason"), ("completionReason",)),
        {},
    ),
    "jurassic": Body(
        _jurassic,
        (("completions", 0, "data", "text"),),
        (("completions", 0, "finishReason", "reason"),),
        {},
    ),
    "command": Body(
        _command,
        (("generations", 0, "text"), ("text",)),
        (("generations", 0, "finish_reason"), ("finish_reason",)),
        {"stream": True},
    ),
}
"""By the word that the table of models has for them; `streaming` is what asks for a stream."""


def at(value: Any, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401 - JSON of a stranger
    """What stands at a path of an answer; None where nothing does."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def whole_of(answer: Any, body: Body, written: Written) -> list[ChatEvent]:  # noqa: ANN401
    """The text of an answer, or of a part of one; how it ended and what it took are noted."""
    events: list[ChatEvent] = []
    for path in body.texts:
        events += written.add(at(answer, path))
    for path in body.reasons:
        written.ended(at(answer, path))
    metrics = at(answer, ("amazon-bedrock-invocationMetrics",))
    written.took(at(metrics, ("inputTokenCount",)), at(metrics, ("outputTokenCount",)))
    return events
