"""Answers of SageMaker's containers, whole and in parts; one reader for all, as shapes mix.

A stream comes cut anywhere: lines, with or without "data:" before them, each a JSON document.
"""

from __future__ import annotations

import json
from typing import Any

from bozzetto.adapters.chat.sse import DONE, Lines, Payloads
from bozzetto.adapters.chat.written import Written
from bozzetto.errors import BackendError
from bozzetto.text.normalise import visible
from bozzetto.types import ChatEvent

__all__ = ["Parts", "document", "take_part", "take_whole"]

_TEXTS = (
    "generated_text",
    "generated_texts",
    "generation",
    "generations",
    "completions",
    "choices",
    "outputs",
    "message",
    "data",
    "content",
    "text",
)
"""Where an answer has its text, one within the other; the first that is there counts."""

_REASONS = ("finish_reason", "finishReason", "stop_reason", "reason")
_DEEPEST = 8


def take_whole(answer: Any, written: Written, place: str) -> list[ChatEvent]:  # noqa: ANN401
    """The text of a whole answer; how it ended and what it took are noted.

    Raises:
        BackendError: it is an error, or holds no text.
    """
    _check(answer, place)
    text = _within(answer, written)
    if text is None:
        raise BackendError(f"{place}: the answer holds no text", hint=_HINT)
    events = written.add(text.lstrip("\n"))
    _usage(answer, written)
    written.ended(written.reason or "stop")
    return events


_HINT = "name the container: sagemaker:KIND@ENDPOINT, KIND as in docs/how-to/chat/sagemaker.md"


def _within(value: Any, written: Written, depth: int = 0) -> str | None:  # noqa: ANN401
    if isinstance(value, str) or depth > _DEEPEST:
        return value if isinstance(value, str) else None
    if isinstance(value, list):
        return _within(value[0], written, depth + 1) if value else None
    if not isinstance(value, dict):
        return None
    _reason(value, written)
    key = next((key for key in _TEXTS if value.get(key) is not None), None)
    return None if key is None else _within(value[key], written, depth + 1)


def take_part(part: Any, written: Written, place: str) -> list[ChatEvent]:  # noqa: ANN401
    """The text of one document of a stream.

    Raises:
        BackendError: it is an error, or no part of an answer.
    """
    _check(part, place)
    if isinstance(part, list):  # a container that was asked for a stream and sent all at once
        return take_whole(part, written, place)
    if not isinstance(part, dict):
        raise BackendError(f"{place} sent JSON that is no answer")
    _usage(part, written)
    token = part.get("token")
    if isinstance(token, dict):
        _reason(part.get("details"), written)
        return [] if token.get("special") else written.add(token.get("text"))
    choice = _first(part.get("choices"))
    if isinstance(choice, dict):
        _reason(choice, written)
        delta = choice.get("delta") or choice.get("message") or choice
        return written.add(delta.get("content", delta.get("text")))
    if "is_finished" in part:
        _reason(part, written)
        return [] if part["is_finished"] else written.add(part.get("text"))
    if part.keys() & set(_TEXTS):
        return take_whole(part, written, place)
    return []


def _first(value: Any) -> Any:  # noqa: ANN401
    return value[0] if isinstance(value, list) and value else None


def _reason(value: Any, written: Written) -> None:  # noqa: ANN401
    """A reason may stand in a record of its own ({"reason": "length"})."""
    found = (
        next((value.get(key) for key in _REASONS if value.get(key)), None)
        if (isinstance(value, dict))
        else None
    )
    if isinstance(found, dict):
        _reason(found, written)
    else:
        written.ended(found)


def _usage(value: Any, written: Written) -> None:  # noqa: ANN401
    usage = value.get("usage") if isinstance(value, dict) else None
    if isinstance(usage, dict):
        written.took(usage.get("prompt_tokens"), usage.get("completion_tokens"))


def _check(value: Any, place: str) -> None:  # noqa: ANN401
    error = value.get("error") if isinstance(value, dict) else None
    if error:
        said = error.get("message", error) if isinstance(error, dict) else error
        words = visible(" ".join(str(said).split()))[:300]
        busy = value.get("error_type") == "overloaded"
        raise BackendError(f"{place} failed while answering: {words}", retryable=busy)


class Parts:
    """Bytes of a stream to the events of an answer."""

    def __init__(self, written: Written, place: str) -> None:
        self._written = written
        self._place = place
        self._lines = Lines()
        self._payloads = Payloads()
        self._done = False

    def feed(self, data: bytes, *, last: bool = False) -> list[ChatEvent]:
        """The events that these bytes bring; an answer may be cut in the middle of a document.

        Raises:
            BackendError: they are no answer.
        """
        events: list[ChatEvent] = []
        try:
            for line in self._lines.feed(data, last=last):
                payload = None if self._done else self._payloads.feed(line)
                self._done = self._done or payload == DONE
                if payload is not None and not self._done:
                    events += take_part(payload, self._written, self._place)
            if last and not self._done and not self._written.begun:
                self._payloads.flush()
        except ValueError as error:
            raise BackendError(f"{self._place} sent something that is not JSON") from error
        return events


def document(data: bytes, place: str) -> Any:  # noqa: ANN401
    """The JSON of a whole answer.

    Raises:
        BackendError: it is none.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BackendError(f"{place}: the answer is not JSON", hint=_HINT) from None
