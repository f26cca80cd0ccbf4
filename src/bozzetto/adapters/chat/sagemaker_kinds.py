"""What the containers behind SageMaker's endpoints take and answer: payloads as data.

Payloads as in Amazon's JumpStart notebooks ("Text Generation with Falcon models", "Run Llama 2
Models", "Text2Text Generation with FLAN-T5", "BloomZ 176B", those of Cohere and AI21) and in the
documentation of text-generation-inference, LMI and vLLM.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.adapters.chat.turns import plain, split_system
from bozzetto.types import ChatRequest

__all__ = ["KINDS", "Kind", "kind_of"]

Payload = dict[str, Any]
_COLDEST = 0.01  # samplers divide by it: 0 is refused


@dataclass(frozen=True, slots=True)
class Kind:
    """A container: the payload of a request, whether it streams and takes a seed.

    `attributes` is sent as the header of custom attributes.
    """

    make: Callable[[ChatRequest], Payload]
    streams: bool = False
    seeds: bool = False
    attributes: str = ""


def _given(payload: Payload) -> Payload:
    return {name: value for name, value in payload.items() if value is not None}


def _stops(request: ChatRequest) -> list[str] | None:
    return list(request.stop) or None


def _sampling(request: ChatRequest) -> Payload:
    """A temperature of 0 is greedy decoding, as the containers have it."""
    if request.temperature <= 0:
        return {"do_sample": False}
    return {"do_sample": True, "temperature": max(request.temperature, _COLDEST)}


def _seed(request: ChatRequest) -> int | None:
    return None if request.seed is None else request.seed % (1 << 32)


def _tgi(request: ChatRequest) -> Payload:
    parameters = {
        "max_new_tokens": request.max_tokens,
        "return_full_text": False,
        "seed": _seed(request),
        "stop": _stops(request),
        **_sampling(request),
    }
    return {"inputs": plain(request.messages), "parameters": _given(parameters)}


def _llama2(request: ChatRequest) -> Payload:
    system, turns = split_system(request.messages)
    dialog = [{"role": "system", "content": system}] if system else []
    dialog += [{"role": turn.role, "content": turn.content} for turn in turns]
    parameters = {
        "max_new_tokens": request.max_tokens,
        "temperature": max(request.temperature, _COLDEST),
    }
    return {"inputs": [dialog], "parameters": parameters}


def _text2text(limit: str, **more: object) -> Callable[[ChatRequest], Payload]:
    """`limit` is the name of the most tokens: Flan-T5 counts the answer's, BloomZ has another."""

    def make(request: ChatRequest) -> Payload:
        return _given(
            {
                "text_inputs": plain(request.messages),
                limit: request.max_tokens,
                "seed": _seed(request),
                **_sampling(request),
                **more,
            }
        )

    return make


def _cohere(request: ChatRequest) -> Payload:
    return _given(
        {
            "prompt": plain(request.messages),
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stop_sequences": _stops(request),
        }
    )


def _ai21(request: ChatRequest) -> Payload:
    return _given(
        {
            "prompt": plain(request.messages),
            "maxTokens": request.max_tokens,
            "temperature": min(request.temperature, 1.0),
            "stopSequences": _stops(request),
        }
    )


def _messages(request: ChatRequest) -> Payload:
    return _given(
        {
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": _seed(request),
            "stop": _stops(request),
        }
    )


KINDS: Mapping[str, Kind] = {
    "tgi": Kind(_tgi, streams=True, seeds=True),
    "llama2": Kind(_llama2, attributes="accept_eula=true"),
    "flan-t5": Kind(_text2text("max_length"), seeds=True),
    "bloomz": Kind(_text2text("max_new_tokens", return_full_text=False), seeds=True),
    "cohere": Kind(_cohere, streams=True),
    "ai21": Kind(_ai21),
    "messages": Kind(_messages, streams=True, seeds=True),
}
"""What stands before "@", and the container it means."""

_NAMES = (
    (re.compile(r"llama-2-\d+b-f(?!\w)"), "llama2"),
    (re.compile(r"flan|text2text"), "flan-t5"),
    (re.compile(r"bloomz"), "bloomz"),
    (re.compile(r"cohere|command"), "cohere"),
    (re.compile(r"ai21|jurassic|j2-"), "ai21"),
)
"""What JumpStart's names of endpoints hold, and the container they mean."""


def kind_of(endpoint: str) -> str:
    """The kind that an endpoint's name suggests: "tgi" (Falcon and most others) where none does."""
    return next((kind for name, kind in _NAMES if name.search(endpoint)), "tgi")
