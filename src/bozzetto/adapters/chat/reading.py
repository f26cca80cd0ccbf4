"""An answer while it arrives: a stranger's bytes in, events of the port out."""

from __future__ import annotations

from typing import Any

from bozzetto.adapters.chat.sse import DONE, Lines, Payloads
from bozzetto.adapters.endpoint import Endpoint, PassingError, error_words, read_json, said_by
from bozzetto.errors import BackendError
from bozzetto.text.normalise import visible
from bozzetto.types import ChatEvent, Delta, Finish, Usage

__all__ = ["Reading"]

MAX_LINE = 256_000
MAX_BYTES = 8_000_000
_REASONS = {"content_filter": "filtered", "max_tokens": "length", "eos": "stop", "": "stop"}


class Reading:
    """An answer while it arrives: bytes in, events out."""

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
            raise self._junk("something that is not JSON") from error
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
                raise self._junk("a web page", "is there a log-in or a proxy in between?")
            if first in (b"{", b"["):
                self._whole = bytearray()
            return data
        return b""

    def _cap(self) -> None:
        if self._bytes > MAX_BYTES or len(self._lines.waiting) > MAX_LINE:
            if not self.characters:
                raise self._junk("more than an answer can be")
            self.over, self.reason = True, "length"

    def _events(self, lines: list[str], last: bool) -> list[ChatEvent]:
        events: list[ChatEvent] = []
        for line in lines:
            payload = self._payloads.feed(line)
            if payload == DONE:
                self.over = True
            elif payload is not None:
                events += self._take(payload, "delta")
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
            raise self._junk("something that is not JSON") from error
        events = self._take(found, "message")
        self.reason = self.reason or "stop"
        return events

    def _take(self, payload: Any, part: str) -> list[ChatEvent]:  # noqa: ANN401
        """The text of one payload. `reasoning_content` and its like are left alone."""
        if not isinstance(payload, dict):
            raise self._junk("JSON that is no answer")
        if payload.get("error"):
            said = said_by(self._endpoint, str(error_words(payload)))
            raise BackendError(f"{self._endpoint.place} failed while answering{said}")
        self._usage = _usage(payload.get("usage")) or self._usage
        choices = payload.get("choices")
        if not isinstance(choices, list | None):
            raise self._junk("JSON that is no answer")
        if not choices:
            return []
        choice = choices[0]
        if not isinstance(choice, dict):
            raise self._junk("JSON that is no answer")
        if choice.get("index") not in (0, None):
            return []
        return self._choice(choice, part)

    def _choice(self, choice: dict[str, Any], part: str) -> list[ChatEvent]:
        message = choice.get(part) or choice.get("message") or choice.get("delta") or {}
        if not isinstance(message, dict):
            raise self._junk("JSON that is no answer")
        reason = choice.get("finish_reason")
        if isinstance(reason, str):
            self.reason = _REASONS.get(reason, visible(reason[:40]))
        if message.get("refusal") and not message.get("content"):
            self.reason = "filtered"
        text = _text(message.get("content", choice.get("text")))
        if text is None:
            raise self._junk("JSON that is no answer")
        room = self._limit - self.characters
        if len(text) > room:
            text, self.over, self.reason = text[:room], True, "length"
        self.characters += len(text)
        return [Delta(text)] if text else []

    def end(self) -> list[ChatEvent]:
        """The last events; a stream that just ends, with no word of its end, was "cut".

        Raises:
            BackendError: there was no answer at all.
        """
        if self.reason is None and not self.characters:
            raise PassingError(f"{self._endpoint.place} sent an empty answer")
        finish = Finish(self.reason or ("stop" if self.over else "cut"))
        return [self._usage, finish] if self._usage else [finish]

    def _junk(self, what: str, hint: str | None = None) -> BackendError:
        return BackendError(f"{self._endpoint.place} sent {what}", hint=hint)


def _text(content: Any) -> str | None:  # noqa: ANN401
    """The text of a content: a string, nothing, or a list of parts; None is none of them."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        return None
    return content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _usage(found: Any) -> Usage | None:  # noqa: ANN401
    if not isinstance(found, dict):
        return None
    counts = [found.get("prompt_tokens"), found.get("completion_tokens")]
    if not all(isinstance(n, int) and 0 <= n < 10**12 for n in counts):
        return None
    return Usage(int(counts[0] or 0), int(counts[1] or 0))
