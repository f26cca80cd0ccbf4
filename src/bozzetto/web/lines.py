"""JSON Lines: one object a line, sent as they are made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

__all__ = ["JSON_LINES", "MEDIA_TYPE", "LineStream", "line"]

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
    """Rows as they come, as a file to keep where it has a `name`; `ended` is called at the end.

    They are made a piece at a time, in a thread that nobody waits for between two pieces.
    """

    media_type = MEDIA_TYPE

    def __init__(
        self, rows: Iterable[Mapping[str, Any]], ended: Callable[[], None], *, name: str
    ) -> None:
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        super().__init__(_pieces(rows), headers=headers)
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._ended()


def _pieces(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
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
