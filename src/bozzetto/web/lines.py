"""JSON Lines: one object a line, sent as they are made."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

__all__ = ["JSON_LINES", "MEDIA_TYPE", "LineStream", "line", "pieces"]

MEDIA_TYPE = "application/x-ndjson"

JSON_LINES: dict[int | str, dict[str, Any]] = {
    200: {"description": "JSON Lines", "content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
}
"""Lines, as OpenAPI says it."""

PIECE = 64 * 1024
"""Characters that are sent at a time, about."""


def line(row: Mapping[str, Any]) -> str:
    """An object as a line."""
    return json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"


class LineStream(StreamingResponse):
    """Lines as they come; `ended` is called at the end, however it comes."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        lines: Iterator[str] | AsyncIterator[str],
        ended: Callable[[], None],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(lines, headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


def pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Rows as lines, many at a time: each piece is made in a thread, with none held between."""
    held: list[str] = []
    length = 0
    for row in rows:
        held.append(line(row))
        length += len(held[-1])
        if length >= PIECE:
            yield "".join(held)
            held, length = [], 0
    if held:
        yield "".join(held)
