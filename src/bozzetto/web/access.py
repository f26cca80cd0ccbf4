"""Who may call: the right host, the right origin, a token; and what every answer carries.

A page of another site, or of another server on this machine, must not reach the library through
the reviewer's browser. So a request must name this server as its host, one that changes something
must come from our own pages or carry the token in a header, and all but the empty page and its
scripts need the token. The token is made anew at each start. It stands in the fragment of the
printed address, which browsers send to nobody; the page trades it for a cookie that no script
can read.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bozzetto.web.problems import problem

__all__ = ["Access", "Guard"]

MOST_BODY = 64 * 1024
"""Bytes of a request's body."""

LARGER: Mapping[str, int] = {
    "/api/v1/import": 2**30,
    "/api/v1/batch/search": 16 * 2**20,
    "/api/v1/batch/optimize": 16 * 2**20,
}
"""Where files and lists are sent, it may be longer."""

SLOWEST = 20.0
"""Seconds until the next piece of a body."""

OPEN_PATHS = ("/static/", "/campaigns/")
OPEN_PAGES = ("/", "/campaigns", "/library", "/jobs", "/settings", "/healthz", "/readyz")
OPEN_CALLS = (("POST", "/api/v1/session"),)
"""What needs no token: the empty pages, health, the trade of a token for a cookie."""

SAFE = ("GET", "HEAD")

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
        " require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Access:
    """What a server lets in: its token, and the hosts ("127.0.0.1:8600") it answers to."""

    token: str
    hosts: tuple[str, ...]

    @property
    def cookie(self) -> str:
        """The cookie's name; cookies know no ports, and two servers may run at a time."""
        return f"bozzetto-{self.hosts[0].rpartition(':')[2]}"

    def fits(self, token: str) -> bool:
        """Whether this is the token."""
        return hmac.compare_digest(token.encode(), self.token.encode())

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str, str] | None:
        """Why a request is not let in, as status, code and sentence."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 421, "host", "this server answers to its own address only"
        if self._foreign(method, path, headers):
            return 403, "origin", "the request does not come from a page of this server"
        if not _open(method, path) and not self._known(headers):
            return 401, "token", "open the address again that the program printed"
        return None

    def _foreign(self, method: str, path: str, headers: Headers) -> bool:
        """Whether a page of somebody else asks; opening one of our pages is for everyone."""
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and path.startswith("/api/"):
            return True
        origins = headers.getlist("origin")
        if origins:
            return origins != [f"http://{headers['host'].lower()}"]
        return method not in SAFE and not self._bearer(headers)

    def _known(self, headers: Headers) -> bool:
        return self._bearer(headers) or self.fits(_cookie(headers, self.cookie))

    def _bearer(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.fits(token.strip())


def _open(method: str, path: str) -> bool:
    return path in OPEN_PAGES or path.startswith(OPEN_PATHS) or (method, path) in OPEN_CALLS


def _cookie(headers: Headers, name: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


class Guard:
    """Lets in what `access` lets in, bounds bodies, and puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have the app answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        most = LARGER.get(scope["path"], MOST_BODY)
        refusal = self._access.refusal(scope["method"], scope["path"], headers) or _size(
            headers, most
        )
        app = problem(*refusal) if refusal else self._app
        await app(scope, _bounded(receive, most), _with_headers(send))


def _size(headers: Headers, most: int) -> tuple[int, str, str] | None:
    length = headers.get("content-length", "0")
    if length.isdecimal() and len(length) < 20 and int(length) <= most:
        return None
    return _too_large(most)


def _too_large(most: int) -> tuple[int, str, str]:
    return 413, "size", f"a request holds at most {most:,} bytes here"


def _bounded(receive: Receive, most: int) -> Receive:
    """`receive` that ends a body which is too long, or whose next piece does not come."""
    size = 0
    whole = False

    async def bounded() -> Message:
        nonlocal size, whole
        if whole:
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), SLOWEST)
        except TimeoutError:
            raise HTTPException(408, "the request came too slowly") from None
        size += len(message.get("body", b""))
        whole = not message.get("more_body", False)
        if size > most:
            raise HTTPException(413, _too_large(most)[2])
        return message

    return bounded


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
