"""An answer while it arrives: a stranger's bytes in, events of the port out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from bozzetto.adapters.chat.sse import DONE, Lines, Payloads
from bozzetto.adapters.chat.written import MAX_BYTES
from bozzetto.adapters.endpoint import (
    PASSING,
    Endpoint,
    PassingError,
    error_words,
    read_json,
    said_by,
)
from bozzetto.errors import BackendError
from bozzetto.text.normalise import visible
from bozzetto.types import ChatEvent, Delta, Finish, Usage

__all__ = ["Completion", "Reading", "count_of", "reason_of", "text_of"]

MAX_LINE = 256_000
_REASONS = {
    "": "stop",
    "content_filter": "filtered",
    "end_turn": "stop",
    "eos": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filtered",
    "stop_sequence": "stop",
}
_PASSING = PASSING | {"rate_limit_exceeded", "server_error"}
_FILTERS = ("content_filter", "content_policy_violation")


class Reading(ABC):
    """An answer while it arrives: bytes in, events out; a subclass knows what payloads mean."""

    def __init__(self, endpoint: Endpoint, limit: int) -> None:
        self.over = False
        self.reason: str | None = None
        self.characters = 0
        self._endpoint = endpoint
        self._limit = limit
        self._usage: Usage | None = None
        self._bytes = 0
        self._start = b""
        self._lines = Lines()
        self._payloads = Payloads()
        self._whole: bytearray | None = None
        self._known = False

    @abstractmethod
    def take(self, payload: Any, *, whole: bool = False) -> list[ChatEvent]:  # noqa: ANN401
        """The events of one payload; a `whole` one is an answer that was not streamed.

        Raises:
            BackendError: it tells of a failure, or is no part of an answer.
        """

    def feed(self, data: bytes, *, last: bool = False) -> list[ChatEvent]:
        """The events that these bytes bring.

        Raises:
            BackendError: they are no answer.
        """
        self._bytes += len(data)
        if not self._known:
            data = self._recognise(data)
        if self._whole is not None:
            self._whole += data
            self._cap()
            return self._document() if last else []
        try:
            events = self._events(self._lines.feed(data, last=last), last)
        except ValueError as error:
            raise self.junk("something that is not JSON") from error
        self._cap()
        return events

    def _recognise(self, data: bytes) -> bytes:
        """A stream, one JSON document, or a web page: told by the first character."""
        self._start += data
        first = self._start.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if first:
            self._known = True
            data, self._start = self._start, b""
            if first == b"<":
                raise self.junk("a web page", "is there a log-in or a proxy in between?")
            if first in (b"{", b"["):
                self._whole = bytearray()
            return data
        return b""

    def _cap(self) -> None:
        if self._bytes > MAX_BYTES or len(self._lines.waiting) > MAX_LINE:
            if not self.characters:
                raise self.junk("more than an answer can be")
            self.over, self.reason = True, "length"

    def _events(self, lines: list[str], last: bool) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        for line in lines:
            payload = self._payloads.feed(line)
            if payload == DONE:
                self.over = True
            elif payload is not None:
                events += self.take(payload)
            if self.over:
                return events
        if last:
            self._payloads.flush()
        return events

    def _document(self) -> list[ChatEvent]:
        """One JSON document: an answer not streamed, though a stream was asked for."""
        try:
            found = read_json(bytes(self._whole or b"").decode("utf-8-sig", "replace"))
        except ValueError as error:
            raise self.junk("something that is not JSON") from error
        events = self.take(found, whole=True)
        self.reason = self.reason or "stop"
        return events

    def text(self, content: Any) -> list[ChatEvent]:  # noqa: ANN401
        """Some more text, as far as there is room for it.

        Raises:
            BackendError: it is no text.
        """
        text = text_of(content)
        if text is None:
            raise self.junk("JSON that is no answer")
        room = self._limit - self.characters
        if len(text) > room:
            text, self.over, self.reason = text[:room], True, "length"
        self.characters += len(text)
        return [Delta(text)] if text else []

    def failed(self, payload: Any, passing: bool) -> BackendError:  # noqa: ANN401
        """A failure that came in place of an answer, or within one."""
        said = said_by(self._endpoint, str(error_words(payload)))
        message = f"{self._endpoint.place} failed while answering{said}"
        return PassingError(message) if passing else BackendError(message)

    def junk(self, what: str, hint: str | None = None) -> BackendError:
        """What was sent is no answer."""
        return BackendError(f"{self._endpoint.place} sent {what}", hint=hint)

    def end(self) -> list[ChatEvent]:
        """The last events; a stream that just ends, with no word of its end, was "cut".

        Raises:
            BackendError: there was no answer at all.
        """
        if self.reason is None and not self.characters:
            raise PassingError(f"{self._endpoint.place} sent an empty answer")
        finish = Finish(self.reason or ("stop" if self.over else "cut"))
        return [self._usage, finish] if self._usage else [finish]


class Completion(Reading):
    """OpenAI's chat completions, and what other servers make of them."""

    def take(self, payload: Any, *, whole: bool = False) -> list[ChatEvent]:  # noqa: ANN401
        """The text of one payload. `reasoning_content` and its like are left alone."""
        if not isinstance(payload, dict):
            raise self.junk("JSON that is no answer")
        if error := payload.get("error"):
            return self._error(payload, error)
        self._usage = _usage(payload.get("usage")) or self._usage
        choices = payload.get("choices")
        if not isinstance(choices, list | None):
            raise self.junk("JSON that is no answer")
        if not choices:
            return []
        choice = choices[0]
        if not isinstance(choice, dict):
            raise self.junk("JSON that is no answer")
        if choice.get("index") not in (0, None):
            return []
        return self._choice(choice, "message" if whole else "delta")

    def _error(self, payload: dict[str, Any], error: Any) -> list[ChatEvent]:  # noqa: ANN401
        """An error in the stream: a filter's, one that may pass (OpenRouter's code), another."""
        code = error.get("code") if isinstance(error, dict) else None
        if code in _FILTERS:
            self.over, self.reason = True, "filtered"
            return []
        raise self.failed(payload, isinstance(code, int | str) and code in _PASSING)

    def _choice(self, choice: dict[str, Any], part: str) -> list[ChatEvent]:
        message = choice.get(part) or choice.get("message") or choice.get("delta") or {}
        if not isinstance(message, dict):
            raise self.junk("JSON that is no answer")
        self.reason = reason_of(choice.get("finish_reason")) or self.reason
        if message.get("refusal") and not message.get("content"):
            self.reason = "filtered"
        return self.text(message.get("content", choice.get("text")))


def reason_of(said: Any) -> str | None:  # noqa: ANN401
    """Why an answer ended, in the words of the port; None where nothing is said."""
    if not isinstance(said, str):
        return None
    return _REASONS.get(said, visible(said[:40]))


def text_of(content: Any) -> str | None:  # noqa: ANN401
    """The text of a content: a string, nothing, or a list of parts; None is none of them."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        return None
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def count_of(found: Any) -> int | None:  # noqa: ANN401
    """A number of tokens; None where it is none."""
    return found if isinstance(found, int) and 0 <= found < 10**12 else None


def _usage(found: Any) -> Usage | None:  # noqa: ANN401
    if not isinstance(found, dict):
        return None
    sent, received = count_of(found.get("prompt_tokens")), count_of(found.get("completion_tokens"))
    return None if sent is None or received is None else Usage(sent, received)
