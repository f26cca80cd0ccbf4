"""Models and containers of Amazon's that write by bodies of their own: InvokeModel, InvokeEndpoint.

Written from the Bedrock user guide ("Inference parameters for foundation models") and the
JumpStart notebooks, apart from our adapters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bozzetto.testing.aws_chat_rules import Said
from bozzetto.testing.aws_checks import (
    Body,
    Check,
    Fields,
    integer,
    number,
    one_of,
    problem_of,
    text,
)

__all__ = ["ENDPOINTS", "MODELS", "Writes"]


@dataclass(frozen=True, slots=True)
class Writes:
    """A model or container that writes, by a body of its own.

    `limits` gives the prompt, how many tokens and the stop sequences of a body; `answer` what it
    says as a whole, `pieces` as the parts of a stream, None where it does not stream. Without
    the custom `attributes` nothing is answered.
    """

    problem: Callable[[Body], str | None]
    limits: Callable[[Body], tuple[str, int | None, Sequence[str]]]
    answer: Callable[[Said], Any]
    pieces: Callable[[Said], list[bytes]] | None = None
    attributes: str = ""


def _texts(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _fields(needed: Fields, optional: Fields) -> Check:
    return lambda value: problem_of(value, needed, optional) is None


def _flag(value: object) -> bool:
    return isinstance(value, bool)


_PROMPT = text(1 << 20)
_TOKENS = integer(1, 8192)


def _by(needed: Fields, optional: Fields) -> Callable[[Body], str | None]:
    return lambda body: problem_of(body, needed, optional)


def _lines(parts: Sequence[Mapping[str, Any]]) -> list[bytes]:
    return [json.dumps(part).encode() + b"\n" for part in parts]


def _sse(parts: Sequence[Mapping[str, Any]], *, done: bool = False) -> list[bytes]:
    found = [b"data:" + json.dumps(part).encode() + b"\n\n" for part in parts]
    return [*found, b"data: [DONE]\n\n"] if done else found


def _reason(said: Said, **named: str) -> str:
    return named.get(said.reason, named["end_turn"])


_TITAN_CONFIG: Fields = {
    "maxTokenCount": integer(1, 8192),
    "temperature": number(0, 1),
    "topP": number(0, 1),
    "stopSequences": lambda value: (
        _texts(value) and all(re.fullmatch(r"\|+|User:", s) for s in value)
    ),
}
_TITAN_REASON = {
    "end_turn": "FINISH",
    "max_tokens": "LENGTH",
    "stop_sequence": "STOP_CRITERIA_MET",
    "content_filtered": "CONTENT_FILTERED",
}


def _titan_limits(body: Body) -> tuple[str, int | None, Sequence[str]]:
    config = body.get("textGenerationConfig", {})
    return body["inputText"], config.get("maxTokenCount"), config.get("stopSequences", ())


_TITAN = Writes(
    _by({"inputText": _PROMPT}, {"textGenerationConfig": _fields({}, _TITAN_CONFIG)}),
    _titan_limits,
    lambda said: {
        "inputTextTokenCount": said.sent,
        "results": [
            {
                "tokenCount": len(said.words),
                "outputText": said.text,
                "completionReason": _TITAN_REASON[said.reason],
            }
        ],
    },
    lambda said: _lines(
        [
            {
                "index": 0,
                "outputText": said.text,
                "inputTextTokenCount": said.sent,
                "totalOutputTextTokenCount": len(said.words),
                "completionReason": _TITAN_REASON[said.reason],
            }
        ]
    ),
)

_JURASSIC = Writes(
    _by(
        {"prompt": _PROMPT},
        {
            "maxTokens": integer(1, 8191),
            "temperature": number(0, 1),
            "topP": number(0, 1),
            "numResults": integer(1, 16),
            "stopSequences": _texts,
        },
    ),
    lambda body: (body["prompt"], body.get("maxTokens"), body.get("stopSequences", ())),
    lambda said: {
        "id": 1234,
        "prompt": {"text": "", "tokens": []},
        "completions": [
            {
                "data": {"text": said.text, "tokens": []},
                "finishReason": {
                    "reason": _reason(
                        said, end_turn="endoftext", max_tokens="length", stop_sequence="stop"
                    )
                },
            }
        ],
    },
)

_COHERE_REASON = {
    "end_turn": "COMPLETE",
    "max_tokens": "MAX_TOKENS",
    "content_filtered": "ERROR_TOXIC",
}


def _cohere_pieces(said: Said) -> list[bytes]:
    parts = [{"text": word, "is_finished": False, "index": 0} for word in said.words]
    end = {"is_finished": True, "finish_reason": _reason(said, **_COHERE_REASON), "index": 0}
    return _lines([*parts, end])


_COMMAND = Writes(
    _by(
        {"prompt": _PROMPT},
        {
            "max_tokens": integer(1, 4096),
            "temperature": number(0, 5),
            "p": number(0, 0.99),
            "k": integer(0, 500),
            "num_generations": integer(1, 5),
            "stop_sequences": _texts,
            "return_likelihoods": lambda value: value in ("GENERATION", "ALL", "NONE"),
            "stream": _flag,
        },
    ),
    lambda body: (body["prompt"], body.get("max_tokens"), body.get("stop_sequences", ())),
    lambda said: {
        "id": "a",
        "generations": [
            {"id": "b", "text": said.text, "finish_reason": _reason(said, **_COHERE_REASON)}
        ],
    },
    _cohere_pieces,
)

MODELS: tuple[tuple[str, Writes], ...] = (
    ("amazon.titan-text", _TITAN),
    ("amazon.titan-tg1", _TITAN),
    ("ai21.j2", _JURASSIC),
    ("cohere.command-text", _COMMAND),
    ("cohere.command-light", _COMMAND),
)
"""How the ids begin of Bedrock's models with bodies of their own."""

# SageMaker's containers


_TGI: Fields = {
    "max_new_tokens": _TOKENS,
    "temperature": number(1e-6, 100),
    "do_sample": _flag,
    "top_p": number(0, 0.999),
    "top_k": integer(1, 1000),
    "seed": integer(0, (1 << 64) - 1),
    "stop": _texts,
    "return_full_text": _flag,
    "details": _flag,
}
_TGI_REASON = {"end_turn": "eos_token", "max_tokens": "length", "stop_sequence": "stop_sequence"}


def _parameters(key: str) -> Callable[[Body], tuple[str, int | None, Sequence[str]]]:
    def limits(body: Body) -> tuple[str, int | None, Sequence[str]]:
        given = body.get("parameters", {})
        return str(body[key]), given.get("max_new_tokens"), given.get("stop", ())

    return limits


def _tgi_pieces(said: Said) -> list[bytes]:
    tokens = [{"id": n, "text": word, "special": False} for n, word in enumerate(said.words)]
    parts = [{"token": token, "generated_text": None, "details": None} for token in tokens]
    details = {"finish_reason": _TGI_REASON[said.reason], "generated_tokens": len(said.words)}
    last = {"token": {"id": 2, "text": "</s>", "special": True}, "generated_text": said.text}
    return _sse([*parts, {**last, "details": details}])


_FALCON = Writes(
    _by(
        {"inputs": _PROMPT},
        {"parameters": _fields({}, _TGI), "stream": _flag},
    ),
    _parameters("inputs"),
    lambda said: [{"generated_text": said.text}],
    _tgi_pieces,
)


def _dialogs(value: Any) -> bool:  # noqa: ANN401
    turn = _fields({"role": one_of("system", "user", "assistant"), "content": text(1 << 20)}, {})
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], list):
        return False
    roles = [one["role"] for one in value[0] if turn(one)]
    spoken = roles[1:] if roles[:1] == ["system"] else roles
    wanted = ["user", "assistant"] * len(spoken)
    return len(roles) == len(value[0]) and len(spoken) % 2 == 1 and spoken == wanted[: len(spoken)]


_LLAMA2 = Writes(
    _by(
        {"inputs": _dialogs},
        {
            "parameters": _fields(
                {}, {name: _TGI[name] for name in ("max_new_tokens", "temperature", "top_p")}
            )
        },
    ),
    _parameters("inputs"),
    lambda said: [{"generation": {"role": "assistant", "content": f" {said.text}"}}],
    attributes="accept_eula=true",
)

_SAMPLING: Fields = {
    "temperature": number(1e-6, 100),
    "do_sample": _flag,
    "seed": integer(0, (1 << 32) - 1),
    "num_return_sequences": integer(1, 10),
    "top_p": number(0, 1),
    "top_k": integer(1, 1000),
}
_FLAN = Writes(
    _by({"text_inputs": _PROMPT}, {"max_length": _TOKENS, **_SAMPLING}),
    lambda body: (body["text_inputs"], body.get("max_length"), ()),
    lambda said: {"generated_texts": [said.text]},
)
_BLOOMZ = Writes(
    _by(
        {"text_inputs": _PROMPT},
        {"max_new_tokens": _TOKENS, "return_full_text": _flag, **_SAMPLING},
    ),
    lambda body: (body["text_inputs"], body.get("max_new_tokens"), ()),
    lambda said: [[{"generated_text": said.text}]],
)


def _chunk(delta: Mapping[str, str], reason: str | None = None) -> dict[str, Any]:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


_OPENAI_REASON = {"end_turn": "stop", "max_tokens": "length", "content_filtered": "content_filter"}


def _openai_usage(said: Said) -> dict[str, int]:
    return {"prompt_tokens": said.sent, "completion_tokens": len(said.words)}


def _openai_pieces(said: Said) -> list[bytes]:
    parts = [_chunk({"role": "assistant", "content": word}) for word in said.words]
    last = {**_chunk({}, _reason(said, **_OPENAI_REASON)), "usage": _openai_usage(said)}
    return _sse([*parts, last], done=True)


def _openai_answer(said: Said) -> dict[str, Any]:
    message = {"role": "assistant", "content": said.text}
    choice = {"index": 0, "message": message, "finish_reason": _reason(said, **_OPENAI_REASON)}
    return {"object": "chat.completion", "choices": [choice], "usage": _openai_usage(said)}


def _openai_limits(body: Body) -> tuple[str, int | None, Sequence[str]]:
    heard = "\n".join(message["content"] for message in body["messages"])
    return heard, body.get("max_tokens"), body.get("stop", ())


_MESSAGES = Writes(
    _by(
        {"messages": lambda value: _dialogs([value])},
        {
            "max_tokens": _TOKENS,
            "temperature": number(0, 2),
            "seed": integer(0, (1 << 63) - 1),
            "stop": _texts,
            "stream": _flag,
            "model": lambda value: isinstance(value, str),
        },
    ),
    _openai_limits,
    _openai_answer,
    _openai_pieces,
)

ENDPOINTS: tuple[tuple[str, Writes], ...] = (
    ("falcon", _FALCON),
    ("llama-2", _LLAMA2),
    ("flan-t5", _FLAN),
    ("bloomz", _BLOOMZ),
    ("command", _COMMAND),
    ("j2-", _JURASSIC),
    ("vllm", _MESSAGES),
)
"""What an endpoint's name holds, and its container."""
