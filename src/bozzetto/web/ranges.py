"""Files of which a part may be asked for; a part that is none is told as a problem."""

from __future__ import annotations

from fastapi.responses import FileResponse
from starlette.datastructures import Headers
from starlette.types import Message, Receive, Scope, Send

from bozzetto.web.problems import problem

__all__ = ["RangedFile"]


class RangedFile(FileResponse):
    """A file; a wrong `Range` is answered as every other mistake of whoever calls."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, or the part that is asked for."""
        refused: Message | None = None

        async def sending(message: Message) -> None:
            nonlocal refused
            if message.get("status") in (400, 416):
                refused = message
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, sending)
        if refused is not None:
            size = Headers(raw=refused["headers"]).get("content-range")
            headers = {"Content-Range": size} if size else None
            told = "the file has no such range of bytes"
            await problem(refused["status"], "range", told, headers=headers)(scope, receive, send)
