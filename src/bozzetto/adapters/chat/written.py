"""An answer while it is written: its text within bounds, what it took, how it ended."""

from __future__ import annotations

from bozzetto.errors import BackendError
from bozzetto.text.normalise import visible
from bozzetto.types import ChatEvent, Delta, Finish, Usage

__all__ = ["CHARACTERS_A_TOKEN", "MAX_BYTES", "Written"]

CHARACTERS_A_TOKEN = 12
"""No tokenizer of a chat model makes more of a usual text: what is longer never ends."""

MAX_BYTES = 8_000_000
"""Of a stream, with all that is no text of the answer: a model may think without end."""

_REASONS = {
    "": "stop",
    "complete": "stop",
    "content_filter": "filtered",
    "content_filtered": "filtered",
    "end_turn": "stop",
    "endoftext": "stop",
    "eos_token": "stop",
    "error_limit": "length",
    "error_toxic": "filtered",
    "finish": "stop",
    "guardrail_intervened": "filtered",
    "length": "length",
    "max_length": "length",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "stop": "stop",
    "stop_criteria_met": "stop",
    "stop_sequence": "stop",
}
"""Amazon's, Cohere's, AI21's and the containers' words for how an answer ended, and ours."""


class Written:
    """What of an answer is there. `over` says that nothing more of it counts."""

    def __init__(self, max_tokens: int) -> None:
        self.over = False
        self.reason: str | None = None
        self._room = CHARACTERS_A_TOKEN * max_tokens
        self._any = False
        self._bytes = 0
        self._usage: Usage | None = None

    @property
    def begun(self) -> bool:
        """Whether there is any text yet."""
        return self._any

    def came(self, size: int, place: str) -> None:
        """So many bytes more of the stream, whatever they hold; with too many it is over.

        Raises:
            BackendError: there is no text yet.
        """
        self._bytes += size
        if self._bytes <= MAX_BYTES:
            return
        if not self._any:
            raise BackendError(f"{place} sent more than an answer can be")
        self.over, self.reason = True, "length"

    def add(self, text: object) -> list[ChatEvent]:
        """Some more text; what is none is left alone."""
        if not isinstance(text, str) or not text or self.over:
            return []
        if len(text) > self._room:
            text, self.over, self.reason = text[: self._room], True, "length"
        self._room -= len(text)
        self._any = True
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return [Delta(whole)] if whole else []

    def ended(self, reason: object) -> None:
        """How it ended, in the back end's word; None is no word."""
        if isinstance(reason, str) and not self.over:
            self.reason = _REASONS.get(reason.lower(), visible(reason[:40]))

    def took(self, sent: object, received: object) -> None:
        """The tokens that it took, where both are counts."""
        if all(type(n) is int and 0 <= n < 10**12 for n in (sent, received)):
            self._usage = Usage(int(str(sent)), int(str(received)))

    def end(self, place: str) -> list[ChatEvent]:
        """The last events; an answer that just ends, with no word of its end, was "cut".

        Raises:
            BackendError: there was no answer at all.
        """
        if self.reason is None and not self._any:
            raise BackendError(f"{place} sent an empty answer", retryable=True)
        finish = Finish(self.reason or "cut")
        return [self._usage, finish] if self._usage else [finish]
