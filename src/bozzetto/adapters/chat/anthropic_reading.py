"""The events of Anthropic's Messages API: from message_start to message_stop."""

from __future__ import annotations

from typing import Any

from bozzetto.adapters.chat.reading import Reading, count_of, reason_of
from bozzetto.types import ChatEvent, Usage

__all__ = ["MessageReading"]

_PASSING = frozenset({"api_error", "overloaded_error", "rate_limit_error", "timeout_error"})
_SENT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class MessageReading(Reading):
    """An answer in events; what is thought, called or cited is left alone, as are new events."""

    def take(self, payload: Any, *, whole: bool = False) -> list[ChatEvent]:  # noqa: ANN401
        """The events of the port that one of the server's brings."""
        if not isinstance(payload, dict):
            raise self.junk("JSON that is no answer")
        kind = payload.get("type")
        if kind == "error" or payload.get("error"):
            raise self.failed(payload, _kind(payload.get("error")) in _PASSING)
        if kind == "message":
            return self._message(payload)
        if whole:
            raise self.junk("JSON that is no answer")
        if kind == "message_start":
            self._count(self._part(payload, "message").get("usage"))
        elif kind == "content_block_start":
            return self._text(self._part(payload, "content_block"), "text")
        elif kind == "content_block_delta":
            return self._text(self._part(payload, "delta"), "text_delta")
        elif kind == "message_delta":
            self._count(payload.get("usage"))
            self._end(self._part(payload, "delta"))
        elif kind == "message_stop":
            self.over = True
        return []

    def _message(self, message: dict[str, Any]) -> list[ChatEvent]:
        """An answer that was not streamed."""
        content = message.get("content")
        if not isinstance(content, list):
            raise self.junk("JSON that is no answer")
        self._count(message.get("usage"))
        self._end(message)
        texts = [part for part in content if _kind(part) == "text"]
        return [event for part in texts for event in self._text(part, "text")]

    def _part(self, payload: dict[str, Any], name: str) -> dict[str, Any]:
        found = payload.get(name)
        if not isinstance(found, dict):
            raise self.junk("JSON that is no answer")
        return found

    def _text(self, part: dict[str, Any], kind: str) -> list[ChatEvent]:
        return self.text(part.get("text")) if part.get("type") == kind else []

    def _end(self, part: dict[str, Any]) -> None:
        self.reason = reason_of(part.get("stop_reason")) or self.reason

    def _count(self, found: Any) -> None:  # noqa: ANN401
        """Counts are of the whole answer so far; a later one need not repeat what was sent."""
        if not isinstance(found, dict):
            return
        sent = [count_of(found.get(name)) for name in _SENT]
        received = count_of(found.get("output_tokens"))
        before = self._usage or Usage(0, 0)
        self._usage = Usage(
            before.input_tokens if sent[0] is None else sum(n or 0 for n in sent),
            before.output_tokens if received is None else received,
        )


def _kind(part: Any) -> Any:  # noqa: ANN401
    return part.get("type") if isinstance(part, dict) else None
