"""One answer of a chat model while it comes in: what was said, how it ended, what it took."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from bozzetto.errors import BackendError
from bozzetto.optimize.cost import NOTHING, estimate
from bozzetto.optimize.parse import MAX_ANSWER
from bozzetto.ports import ChatModel
from bozzetto.types import ChatRequest, Delta, Finish, Usage

__all__ = ["Reply"]


@dataclass(slots=True)
class Reply:
    """An answer, as far as it has come. `error` is why it broke off, None where it did not."""

    request: ChatRequest
    text: str = ""
    reason: str | None = None
    error: BackendError | None = None
    _asked: bool = False
    _usage: Usage | None = None

    async def receive(self, chat: ChatModel, timeout: float, hear: Callable[[str], None]) -> None:
        """Take the answer in, handing on each piece at once; a failure is noted, not raised.

        Raises:
            SetupError: the key is refused, or the model is missing.
        """
        self._asked = True
        try:
            async with asyncio.timeout(timeout):
                await self._receive(chat, hear)
        except BackendError as error:
            self.error = error
            self._asked = bool(self.text)
        except TimeoutError:
            self.error = BackendError(f"{chat.features.name} took longer than {timeout:g} s")

    async def _receive(self, chat: ChatModel, hear: Callable[[str], None]) -> None:
        stream = chat.stream(self.request)
        try:
            async for event in stream:
                if isinstance(event, Delta) and len(self.text) < MAX_ANSWER:
                    self.text += event.text
                    hear(event.text)
                elif isinstance(event, Usage):
                    self._usage = event
                elif isinstance(event, Finish):
                    self.reason = event.reason
        finally:
            # Leaving early closes the connection here and now, not when memory is tidied.
            close = getattr(stream, "aclose", None)
            if close is not None:
                await close()

    @property
    def usage(self) -> Usage:
        """What it took: the back end's own count or, for one left early, ours."""
        if self._usage is not None:
            return self._usage
        return estimate(self.request, self.text) if self._asked else NOTHING

    @property
    def complete(self) -> bool:
        """Whether the model came to an end by itself."""
        return self.error is None and self.reason == "stop"

    @property
    def whole(self) -> str:
        """The text, less its last, unfinished phrase where it was cut off."""
        if self.error is None and self.reason not in ("length", "cut"):
            return self.text
        end = max(self.text.rfind(mark) for mark in (",", ".", ";", "\n"))
        return self.text[:end] if end > len(self.text) // 2 else self.text
