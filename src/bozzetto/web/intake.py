"""`/api/v1/import`: a file sent as the body of a request, taken into the library."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AfterValidator

from bozzetto import Stop
from bozzetto.app import Assistant
from bozzetto.app.wire import report_json
from bozzetto.errors import InputError, SetupError
from bozzetto.types import ImportReport
from bozzetto.web.answers import answer, heard
from bozzetto.web.problems import PartsError
from bozzetto.web.runs import OnEvent
from bozzetto.web.scratch import scratch, swept
from bozzetto.web.state import TheAssistant, ThePlaces, TheRuns
from bozzetto.web.streams import EVENTS

__all__ = ["router"]

router = APIRouter(prefix="/api/v1", tags=["library"])

PIECE = 2**20
"""Bytes that are written at a time."""

TOLD = 20
"""Bad rows that a refusal names."""


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
    name: FileName,
    kind: Kind = None,
    embed: bool = True,
) -> dict[str, Any] | Response:
    """Import the file in the body, as `bozzetto import` does; bad rows are in the report."""
    folder = await run_in_threadpool(scratch, a.settings.home)
    try:
        file = await _received(request, folder / "file")

        def work(hear: OnEvent, stop: Stop) -> dict[str, Any]:
            try:
                with heard(a, hear, stop):
                    return _taken_in(a, file, name, kind, embed=embed)
            finally:
                swept(folder)

        return await answer(work, request, runs, places)
    except BaseException:
        swept(folder)
        raise


async def _received(request: Request, path: Path) -> Path:
    """The body as a file.

    Raises:
        SetupError: the disk takes no more.
    """
    held = bytearray()
    async for some in request.stream():
        held += some
        if len(held) >= PIECE:
            await run_in_threadpool(_append, path, bytes(held))
            held.clear()
    await run_in_threadpool(_append, path, bytes(held))
    return path


def _append(path: Path, data: bytes) -> None:
    try:
        with path.open("ab") as file:
            file.write(data)
    except OSError as error:
        raise SetupError(
            f"the file cannot be kept: {error.strerror or error}",
            hint="free some space in the home, then send it again",
        ) from error


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
