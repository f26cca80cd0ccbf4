"""The pages and their parts, read once from the package: no path of a request reaches the disk."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request
from fastapi.responses import Response

__all__ = ["NOWHERE", "PAGES", "nowhere", "router"]

router = APIRouter(include_in_schema=False)

PAGES: Mapping[str, str] = {
    "/": "studio",
    "/campaigns": "campaigns",
    "/campaigns/{_:path}": "board",
    "/library": "library",
    "/jobs": "jobs",
    "/settings": "settings",
}
"""The folder of each page, by the path of its address."""

NOWHERE = "nowhere"
"""The folder of the page that says that there is none."""

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
"""Media types; the system's own table says other things on some machines."""

_STATIC = resources.files("bozzetto.web") / "static"

PLACE = "    <!-- parts -->\n"
"""Where the parts of a page stand in `index.html`."""

GZIP = re.compile(r"(?:^|,)\s*(?:gzip|\*)\s*+(?!;\s*q=0(?:\.0*)?\s*(?:,|$))", re.I)
"""A browser's word that it unpacks what is sent packed."""

Known = Annotated[str | None, Header(alias="If-None-Match")]
Unpacks = Annotated[str, Header(alias="Accept-Encoding")]


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the pages, and the same packed by gzip; the tag, a weak one, is of both."""

    data: bytes
    packed: bytes
    kind: str
    tag: str


def _part(data: bytes, name: str) -> Part:
    tag = f'W/"{sha256(data).hexdigest()[:16]}"'
    return Part(data, gzip.compress(data, mtime=0), KINDS[_suffix(name)], tag)


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, bytes]]:
    for file in folder.iterdir():
        if file.is_dir():
            yield from _files(file, f"{before}{file.name}/")
        elif _suffix(file.name) in KINDS:
            yield before + file.name, file.read_bytes()


@cache
def _parts() -> dict[str, Part]:
    return {name: _part(data, name) for name, data in _files(_STATIC)}


@cache
def _page(folder: str) -> Part:
    plain = (_STATIC / "index.html").read_text("utf-8")
    page = plain.replace(PLACE, "".join(_links("shell")) + "".join(_links(folder, script=True)))
    return _part(page.encode(), "index.html")


def _links(folder: str, *, script: bool = False) -> Iterator[str]:
    """What a page loads, all of it named at once rather than found import by import."""
    for name in sorted(name for name in _parts() if name.startswith(f"{folder}/")):
        if name.endswith(".css"):
            yield f'    <link rel="stylesheet" href="/static/{name}">\n'
        elif name.endswith(".js"):
            yield f'    <link rel="modulepreload" href="/static/{name}">\n'
    if script:
        yield f'    <script type="module" src="/static/{folder}/page.js"></script>\n'


def _answer(part: Part, known: str | None, unpacks: str) -> Response:
    headers = {"ETag": part.tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if known == part.tag:
        return Response(status_code=304, headers=headers)
    if not GZIP.search(unpacks):
        return Response(part.data, media_type=part.kind, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(part.packed, media_type=part.kind, headers=headers)


def page(request: Request, known: Known = None, unpacks: Unpacks = "") -> Response:
    """The empty page; what it shows is in its address, and fetched by its scripts."""
    return _answer(_page(PAGES[request.scope["route"].path]), known, unpacks)


def nowhere() -> Response:
    """The page of an address that is of no page."""
    return Response(_page(NOWHERE).data, 404, {"Vary": "Accept"}, KINDS[".html"])


for _path in PAGES:
    router.add_api_route(_path, page)


@router.get("/static/{name:path}")
def static(name: str, known: Known = None, unpacks: Unpacks = "") -> Response:
    """A script, a style, the texts of a language."""
    part = _parts().get(name)
    if part is None:
        raise HTTPException(404, "there is no such part of the page")
    return _answer(part, known, unpacks)
