"""A loopback server of Anthropic's Messages API: what the vendor documents, checked and answered.

    with AnthropicServer("good morning") as server:
        environ = {"ANTHROPIC_BASE_URL": server.address, "ANTHROPIC_API_KEY": KEY}

It refuses what the service refuses: another method or path, no key or a wrong one, a version it
does not know, fields it does not know or of another type, a model there is none of. What it says
can be set to any events or any refusal. The vendor's own client works against it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from bozzetto.testing.chat_server import HEAD, ChatServer, Step

__all__ = ["KEY", "AnthropicServer", "error", "event", "message", "refusal"]

KEY = "sk-ant-canary-1234567890"
"""The key it takes."""

VERSIONS = ("2023-06-01", "2026-10-21")
"""The versions of the API; the later one has no sampling parameters."""

MODELS: Mapping[str, frozenset[str]] = {
    "claude-haiku-4-5": frozenset({"sampling", "disabled", "enabled"}),
    "claude-sonnet-4-6": frozenset({"sampling", "disabled", "enabled", "adaptive"}),
    "claude-haiku-5-5": frozenset({"disabled", "adaptive"}),
    "claude-sonnet-5-5": frozenset({"between_tools", "adaptive"}),
    "claude-opus-5-5": frozenset({"adaptive"}),
    "claude-opus-9": frozenset({"adaptive"}),
}
"""Models, and what each takes: sampling parameters, kinds of thinking. The last is invented."""

Rule = Callable[[Any], bool]

_SAMPLING = ("temperature", "top_p", "top_k")


def _is_number(value: Any, least: float, most: float) -> bool:  # noqa: ANN401
    return type(value) in (int, float) and least <= value <= most


def _is_content(value: Any) -> bool:  # noqa: ANN401
    blocks = value if isinstance(value, list) else [{"type": "text", "text": value}]
    return bool(blocks) and all(
        isinstance(one, dict)
        and one.get("type") == "text"
        and isinstance(one.get("text"), str)
        and one["text"].strip() != ""
        for one in blocks
    )


def _is_message(value: Any) -> bool:  # noqa: ANN401
    return (
        isinstance(value, dict)
        and value.keys() == {"role", "content"}
        and value["role"] in ("user", "assistant")
        and _is_content(value["content"])
    )


_RULES: Mapping[str, Rule] = {
    "model": lambda v: isinstance(v, str) and v != "",
    "max_tokens": lambda v: type(v) is int and 0 < v <= 128_000,
    "messages": lambda v: isinstance(v, list) and bool(v) and all(map(_is_message, v)),
    "stream": lambda v: isinstance(v, bool),
    "system": _is_content,
    "temperature": lambda v: _is_number(v, 0.0, 1.0),
    "top_p": lambda v: _is_number(v, 0.0, 1.0),
    "top_k": lambda v: type(v) is int and v > 0,
    "stop_sequences": lambda v: (
        isinstance(v, list) and all(isinstance(one, str) and one.strip() for one in v)
    ),
    "thinking": lambda v: isinstance(v, dict) and isinstance(v.get("type"), str),
    "output_config": lambda v: (
        isinstance(v, dict) and v.get("effort") in ("low", "medium", "high", "xhigh", "max")
    ),
}
_REQUIRED = ("model", "max_tokens", "messages")


def event(kind: str, **fields: object) -> bytes:
    """An event of the stream."""
    text = json.dumps({"type": kind, **fields}, ensure_ascii=False)
    return f"event: {kind}\ndata: {text}\n\n".encode()


def error(kind: str, text: str) -> dict[str, Any]:
    """The body of an error, in the stream or in place of it."""
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_1"}


def refusal(status: int, kind: str, text: str, *more: str) -> list[Step]:
    """An error in place of a stream, with further headers."""
    body = json.dumps(error(kind, text)).encode()
    head = "\r\n".join(
        (f"HTTP/1.1 {status} Refused", "Content-Type: application/json", f"Content-Length: "
         f"{len(body)}", "Connection: close", *more)
    )  # fmt: skip
    return [head.encode() + b"\r\n\r\n" + body]


def message(
    model: str, words: str, *, reason: str = "end_turn", sent: int = 12, received: int = 5
) -> Iterator[bytes]:
    """The events of a good answer, word by word, with a thought and a ping among them."""
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
    empty: dict[str, Any] = {"content": [], "stop_reason": None, "stop_sequence": None}
    usage = {"input_tokens": sent, "output_tokens": 1}
    yield event("message_start", message={**head, **empty, "usage": usage})
    thought = {"type": "thinking", "thinking": "", "signature": ""}
    yield event("content_block_start", index=0, content_block=thought)
    yield event("ping")
    delta = {"type": "thinking_delta", "thinking": "They greet me."}
    yield event("content_block_delta", index=0, delta=delta)
    yield event("content_block_stop", index=0)
    yield event("content_block_start", index=1, content_block={"type": "text", "text": ""})
    for piece in re.findall(r"\S+\s*|\s+", words):
        yield event("content_block_delta", index=1, delta={"type": "text_delta", "text": piece})
    yield event("content_block_stop", index=1)
    ended = {"stop_reason": reason, "stop_sequence": None}
    yield event("message_delta", delta=ended, usage={"output_tokens": received})
    yield event("message_stop")


class AnthropicServer(ChatServer):
    """Answers each good request by the next of `turns`, the last one again and again.

    A turn is a text to say, or the steps to send in place of an answer. `requests` holds the
    bodies and `heads` the headers of all that came, `problems` what was wrong with any.
    """

    def __init__(self, *turns: str | Sequence[Step]) -> None:
        super().__init__(lambda _: ())
        self._turns = turns or ("good morning to you",)
        self._answered = 0
        self.problems: list[str] = []

    @property
    def base(self) -> str:
        """The address without the version, as the vendor's own client wants it."""
        return self.address.removesuffix("/v1")

    def reply(self, head: Mapping[str, str], body: Mapping[str, Any]) -> Iterable[Step]:
        """An answer, or what the service says of a request like that."""
        for status, kind, text in _problems(head, body):
            self.problems.append(text)
            return refusal(status, kind, text)
        turn = self._turns[min(self._answered, len(self._turns) - 1)]
        self._answered += 1
        if not isinstance(turn, str):
            return turn
        model = str(body["model"])
        return [HEAD, *message(model, turn)] if body.get("stream") else [_whole(model, turn)]


def _whole(model: str, text: str) -> bytes:
    body = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": text}], "stop_reason": "end_turn",
        "stop_sequence": None, "usage": {"input_tokens": 12, "output_tokens": 5},
    }  # fmt: skip
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    return head + json.dumps(body).encode()


Problem = tuple[int, str, str]


def _problems(head: Mapping[str, str], body: Mapping[str, Any]) -> Iterator[Problem]:
    """What the service would say against a request, in its order."""
    method, path = head[""].split(" ")[:2]
    if path.partition("?")[0] != "/v1/messages":
        yield 404, "not_found_error", "Not Found"
    if method != "POST":
        yield 405, "invalid_request_error", "Method Not Allowed"
    if head.get("x-api-key", head.get("authorization", "").removeprefix("Bearer ")) != KEY:
        yield 401, "authentication_error", "invalid x-api-key"
    version = head.get("anthropic-version")
    if version not in VERSIONS:
        yield 400, "invalid_request_error", f"anthropic-version: {version} is not valid"
    if not head.get("content-type", "").startswith("application/json"):
        yield 400, "invalid_request_error", "content-type: application/json is wanted"
    yield from _malformed(body, version)
    if body["model"] not in MODELS:
        yield 404, "not_found_error", f"model: {body['model']}"
    yield from _unsupported(body)


def _malformed(body: Mapping[str, Any], version: str | None) -> Iterator[Problem]:
    bad = "invalid_request_error"
    for name in _REQUIRED:
        if name not in body:
            yield 400, bad, f"{name}: Field required"
    for name, value in body.items():
        unknown = name not in _RULES or (version == VERSIONS[1] and name in _SAMPLING)
        if unknown:
            yield 400, bad, f"{name}: Extra inputs are not permitted"
        elif not _RULES[name](value):
            yield 400, bad, f"{name}: Input should be valid"


def _unsupported(body: Mapping[str, Any]) -> Iterator[Problem]:
    takes, bad = MODELS[body["model"]], "invalid_request_error"
    for name in _SAMPLING:
        if name in body and "sampling" not in takes:
            yield 400, bad, f"`{name}` is deprecated for this model."
    thinking = body.get("thinking", {}).get("type")
    if thinking and thinking not in takes:
        yield 400, bad, f'"thinking.type.{thinking}" is not supported for this model.'
    if body["messages"][-1]["role"] == "assistant" and "sampling" not in takes:
        yield 400, bad, "This model does not support assistant message prefill."
