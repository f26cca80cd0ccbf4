"""`/api/v1/images`: the files of pictures, by id only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import FileResponse, Response

from bozzetto.web.ranges import RangedFile
from bozzetto.web.state import TheAssistant

__all__ = ["router"]

router = APIRouter(prefix="/api/v1/images", tags=["images"])
Known = Annotated[str | None, Header(alias="If-None-Match")]


def _headers(identity: str) -> dict[str, str]:
    """An id stands for its content: what a browser has of it stays right."""
    return {
        "ETag": f'"{identity}"',
        "Cache-Control": "private, max-age=31536000, immutable",
        "Content-Disposition": "inline",
    }


def _is_known(tags: str | None, identity: str) -> bool:
    """Whether a caller has the content (RFC 9110, 13.1.2): one tag of a list, weak or not."""
    found = [tag.strip().removeprefix("W/") for tag in (tags or "").split(",")]
    return found == ["*"] or f'"{identity}"' in found


@router.get("/{identity}/file", response_class=FileResponse)
def picture(identity: str, a: TheAssistant, known: Known = None) -> Response:
    """The picture itself."""
    found = a.pictures.file(identity)
    if _is_known(known, identity):
        return Response(status_code=304, headers=_headers(identity))
    return RangedFile(found.path, media_type=found.media_type, headers=_headers(identity))


@router.get("/{identity}/thumbnail", response_class=Response)
def thumbnail(identity: str, a: TheAssistant, known: Known = None) -> Response:
    """A small copy of it, of at most 384 pixels a side."""
    data, media_type = a.pictures.thumbnail(identity)
    if _is_known(known, identity):
        return Response(status_code=304, headers=_headers(identity))
    return Response(data, media_type=media_type, headers=_headers(identity))
