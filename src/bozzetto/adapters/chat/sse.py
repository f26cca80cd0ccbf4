"""Server-Sent Events as chat servers really send them: bytes to payloads, tolerantly."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import Any

from bozzetto.adapters.endpoint import NotJsonError, read_json

__all__ = ["DONE", "Lines", "Payloads"]

DONE = "[DONE]"
"""The payload after which nothing counts."""

_FIELD = re.compile(r"(data|event|id|retry|)(?::|$)")
_END = re.compile(r"\r\n|\n|\r(?!\Z)")
_MAX_JOINED = 16


@dataclass(slots=True)
class Lines:
    """Bytes, however they are cut, to lines ended by LF, CRLF or CR; UTF-8, mended."""

    waiting: str = ""
    _decoder: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8-sig")("replace")
    )

    def feed(self, data: bytes, *, last: bool = False) -> list[str]:
        """The lines that these bytes complete; with `last`, the rest too."""
        text = self.waiting + self._decoder.decode(data, last)
        if last and text and not text.endswith("\n"):
            text += "\n"
        *whole, self.waiting = _END.split(text)
        return whole


@dataclass(slots=True)
class Payloads:
    r"""Lines to the payloads of `data` fields.

    A payload is whole when it parses: servers forget the blank line between two events,
    and may break one JSON text over several `data` lines.
    """

    waiting: list[str] = field(default_factory=list)

    def feed(self, line: str) -> Any:  # noqa: ANN401
        """The payload that the line completes: JSON or `DONE`; None where there is none yet.

        Raises:
            ValueError: an event is over and what it carried is not JSON.
        """
        found = _FIELD.match(line)
        if not line.strip():
            return self.flush()
        if found and found[1] != "data":
            return None
        piece = line[found.end() :].strip() if found else line.strip()
        if piece.upper() == DONE:
            self.waiting.clear()
            return DONE
        if not piece:
            return None
        self.waiting.append(piece)
        try:
            whole = read_json("\n".join(self.waiting))
        except NotJsonError:
            if len(self.waiting) >= _MAX_JOINED:
                raise
            return None
        self.waiting.clear()
        return whole

    def flush(self) -> None:
        """End an event.

        Raises:
            ValueError: something unreadable was waiting.
        """
        if self.waiting:
            text, self.waiting = "\n".join(self.waiting), []
            raise NotJsonError(text[:80])
