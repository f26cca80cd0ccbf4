"""`/api/v1/import`: a file sent as the body of a request, taken into the library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator
from starlette.requests import ClientDisconnect

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.wire import report_json
from bozzetto.errors import InputError
from bozzetto.types import ImportReport
from bozzetto.web.answers import answer_at, heard
from bozzetto.web.problems import FullError, PartsError
from bozzetto.web.runs import OnEvent
from bozzetto.web.scratch import scratch, swept
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns, TheUploads
from bozzetto.web.streams import EVENTS, Places

__all__ = ["AT_ONCE", "AT_ONCE_EACH", "router"]

router = APIRouter(prefix="/api/v1", tags=["library"])

PIECE = 2**20
"""Bytes that are written at a time."""

AT_ONCE, AT_ONCE_EACH = 8, 4
"""Files that are received at a time, in all and of one client."""

LEFT_FREE = 256 * 2**20
"""Bytes of the disk that uploads leave free, for the library to grow and go on."""

TOLD = 20
"""Bad rows that a refusal names."""

ROOM = "free some space where the home is, then send it again"


def _plain(name: str) -> str:
    """A name that can stand in a line; it is shown and never opened."""
    if not name.isprintable() or not name.strip():
        raise ValueError("a file's name is printable text")
    return name.strip()


FileName = Annotated[str, Query(min_length=1, max_length=200), AfterValidator(_plain)]
Kind = Annotated[str | None, Query(alias="as", max_length=40, pattern=r"^[a-z0-9_-]+$")]
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post("/import", responses=EVENTS, response_model=None, openapi_extra=BODY)
async def import_(
    request: Request,
    a: TheAssistant,
    runs: TheRuns,
    places: ThePlaces,
    uploads: TheUploads,
    name: FileName,
    kind: Kind = None,
    embed: bool = True,
) -> dict[str, Any] | Response:
    """Import the file in the body, as `bozzetto import` does; bad rows are in the report."""
    give_back = places.take(request)
    try:
        with _receiving(request, uploads):
            file = await _received(request, a.settings.home)
    except BaseException:
        give_back()
        raise

    def work(hear: OnEvent, stop: Stop) -> dict[str, Any]:
        try:
            with heard(a, hear, stop):
                return _taken_in(a, file, name, kind, embed=embed)
        finally:
            swept(file.parent)

    try:
        return await answer_at(give_back, work, request, runs)
    except BaseException:
        swept(file.parent)
        raise


@contextmanager
def _receiving(request: Request, uploads: Places) -> Iterator[None]:
    """A place among the files that are received.

    Raises:
        HTTPException: 429, there is none; 400, the client breaks off.
    """
    try:
        give_back = uploads.take(request)
    except HTTPException:
        told = "as many files are being received as may at a time"
        raise HTTPException(429, told, {"Retry-After": "5"}) from None
    try:
        yield
    except ClientDisconnect:
        raise HTTPException(400, "the file was broken off") from None
    finally:
        give_back()


async def _received(request: Request, home: Path) -> Path:
    """The body as a file, in a folder of its own.

    Raises:
        FullError: the disk takes no more, or has no room for as much as is announced.
    """
    length = int(request.headers.get("content-length", "0"))
    await run_in_threadpool(_room, home, length)
    folder = await run_in_threadpool(scratch, home)
    try:
        await _written(request, folder / "file")
    except BaseException:
        swept(folder)
        raise
    return folder / "file"


async def _written(request: Request, path: Path) -> None:
    held = bytearray()
    async for some in request.stream():
        held += some
        if len(held) >= PIECE:
            await run_in_threadpool(_append, path, bytes(held))
            held.clear()
    await run_in_threadpool(_append, path, bytes(held))


def _room(folder: Path, size: int) -> None:
    """Raises FullError where so much more would leave less than `LEFT_FREE` of the disk."""
    if shutil.disk_usage(folder).free < size + LEFT_FREE:
        raise FullError(f"the disk has no room for {size:,} bytes more", hint=ROOM)


def _append(path: Path, data: bytes) -> None:
    _room(path.parent, len(data))  # others write as well: what was free once may be so no more
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        told = f"the file cannot be kept: {error.strerror or error}"
        raise FullError(told, hint=ROOM) from error


def _taken_in(
    a: Assistant, file: Path, name: str, kind: str | None, *, embed: bool
) -> dict[str, Any]:
    if not file.stat().st_size:
        raise InputError(f"{name} is empty")
    report = a.add_upload(file, name, kind=kind)
    _refuse_all_bad(report, name)
    if embed:
        a.embed()
    return {"imports": [report_json(report)], "errors": [], "waiting": a.library.waiting()}


def _refuse_all_bad(report: ImportReport, name: str) -> None:
    """Raises PartsError where a file holds rows, and none of them is a prompt."""
    if report.already_complete or report.rows > report.bad_count:
        return
    told = "; ".join(f"{row.place}: {row.reason}" for row in report.bad[:3])
    message = f"{name}: none of its {report.rows:,} rows is a prompt"
    parts = [(row.place, row.reason) for row in report.bad[:TOLD]]
    raise PartsError(f"{message}: {told}" if told else f"{name} holds no prompt", parts)
