"""Files to keep: made in a folder of their own, sent as attachments, gone once they were sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from bozzetto import Stop
from bozzetto.web.ranges import RangedFile
from bozzetto.web.runs import OnEvent, Runs, answer_of
from bozzetto.web.scratch import scratch, swept
from bozzetto.web.streams import Places

__all__ = ["PDF", "PNG", "ZIP", "attached", "binary", "download"]

PDF, PNG, ZIP = "application/pdf", "image/png", "application/zip"

LONGEST = 80
"""Characters of a file's name, without what its kind adds."""

_ODD = re.compile(r'[\x00-\x1f\x7f-\x9f/\\:*?"<>|\u2028\u2029\u202a-\u202e\u2066-\u2069]+')
"""What no system takes in a name, or what shows it otherwise than it is."""


def binary(kind: str) -> dict[int | str, dict[str, Any]]:
    """A file of a kind, as OpenAPI says it."""
    return {200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}}}}}


def attached(name: str, suffix: str) -> Mapping[str, str]:
    """The header that has a file kept and not shown, under a name, in ASCII and as it is.

    After RFC 6266: browsers take `filename*`, what does not know it the plain one.
    """
    told = _ODD.sub("_", name).strip(" .")[:LONGEST] or "bozzetto"
    told = told.encode("utf-8", "replace").decode()
    ascii_only = re.sub(r"[^A-Za-z0-9.-]+", "_", told).strip("._") or "bozzetto"
    return {
        "Content-Disposition": f'attachment; filename="{ascii_only}{suffix}";'
        f" filename*=UTF-8''{quote(told + suffix, safe='')}"
    }


async def download(
    make: Callable[[Path], object],
    home: Path,
    request: Request,
    runs: Runs,
    *,
    name: str,
    suffix: str,
    kind: str,
) -> Response:
    """The file that `make` writes at the path it is given, once it is whole.

    Raises:
        HTTPException: 429, whoever calls has as much under way as may be.
    """
    places: Places = request.app.state.places
    give_back = places.take(request)
    try:
        path = await _made(make, home, suffix, request, runs)
    except BaseException:
        give_back()
        raise
    return _Passing(path, give_back, kind, attached(name, suffix))


async def _made(
    make: Callable[[Path], object], home: Path, suffix: str, request: Request, runs: Runs
) -> Path:
    """The file, in a folder that is its own."""
    folder = await run_in_threadpool(scratch, home)
    path = folder / f"file{suffix}"

    def work(_: OnEvent, __: Stop) -> dict[str, Any]:
        make(path)
        return {}

    try:
        await answer_of(runs.begin(work), request)
    except BaseException:
        swept(folder)
        raise
    return path


class _Passing(RangedFile):
    """A file that is gone once it was sent, or was not; its place is free then."""

    def __init__(
        self, path: Path, give_back: Callable[[], None], kind: str, headers: Mapping[str, str]
    ) -> None:
        super().__init__(path, media_type=kind, headers=headers)
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._give_back()
            await run_in_threadpool(swept, Path(self.path).parent)
