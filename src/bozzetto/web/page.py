"""The page and its parts, read once from the package: no path of a request reaches the disk."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException
from fastapi.responses import Response

__all__ = ["router"]

router = APIRouter(include_in_schema=False)

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
"""Media types; the system's own table says other things on some machines."""

Known = Annotated[str | None, Header(alias="If-None-Match")]


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the page."""

    data: bytes
    kind: str
    tag: str


@cache
def _parts() -> dict[str, Part]:
    folder = resources.files("bozzetto.web") / "static"
    found = {}
    for file in folder.iterdir():
        kind = KINDS.get("." + file.name.rpartition(".")[2])
        if kind:
            data = file.read_bytes()
            found[file.name] = Part(data, kind, f'"{sha256(data).hexdigest()[:16]}"')
    return found


def _answer(name: str, known: str | None) -> Response:
    part = _parts().get(name)
    if part is None:
        raise HTTPException(404, "there is no such part of the page")
    headers = {"ETag": part.tag, "Cache-Control": "no-cache"}
    if known == part.tag:
        return Response(status_code=304, headers=headers)
    return Response(part.data, media_type=part.kind, headers=headers)


@router.get("/")
@router.get("/campaigns/{_:path}")
def page(known: Known = None) -> Response:
    """The empty page; what it shows is in its address, and fetched by its scripts."""
    return _answer("index.html", known)


@router.get("/static/{name:path}")
def static(name: str, known: Known = None) -> Response:
    """A script, the style, the texts of a language."""
    return _answer(name, known)
