"""What stands before every route: it lets in who may, bounds what they send, and notes it."""

from __future__ import annotations

import logging
import math
import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from re import Pattern

from fastapi import HTTPException, Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bozzetto.types import Caller
from bozzetto.web.access import HEADERS, Access, bearer, in_address
from bozzetto.web.bodies import let_name
from bozzetto.web.limits import (
    MOST_HEAD,
    UNREAD,
    Rates,
    UnreadError,
    body_limit,
    bounded,
    head_size,
    patient,
    too_large,
    whose,
)
from bozzetto.web.log import audit, note_request
from bozzetto.web.page import nowhere
from bozzetto.web.problems import MISTAKE, problem
from bozzetto.web.roles import ROLES, Role, may

__all__ = ["Guard", "Routes", "as_let_in"]


_log = logging.getLogger(__name__)


class Routes:
    """Which route a request is for, told before it is let in: "METHOD path", as in `ROLES`."""

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: Sequence[tuple[Pattern[str], frozenset[str], str]] = [
            (route.path_regex, frozenset(route.methods or ()), route.path)
            for route in routes
            if isinstance(route, Route)
        ]

    def find(self, method: str, path: str) -> tuple[str | None, set[str]]:
        """The route, None where there is none; the methods that its path has."""
        allowed: set[str] = set()
        for pattern, methods, template in self._routes:
            if pattern.match(path):
                if method in methods:
                    return f"{'GET' if method == 'HEAD' else method} {template}", set(methods)
                allowed |= methods
        return None, allowed


@dataclass(slots=True)
class Asked:
    """A request, and what is found out about it."""

    method: str
    path: str
    headers: Headers
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    began: float = field(default_factory=time.perf_counter)
    route: str | None = None
    client: str = ""
    local: bool = False
    caller: Caller | None = None
    status: int = 0
    secret: bool = False


class Guard:
    """Lets in whom `access` and `ROLES` let in, and puts `HEADERS` on every answer."""

    def __init__(
        self,
        app: ASGIApp,
        access: Access,
        routes: Routes,
        rates: Rates,
        unread: float = UNREAD,
    ) -> None:
        self._app = app
        self._unread = unread
        self._access = access
        self._routes = routes
        self._rates = rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have the app answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Asked(scope["method"], scope["path"], Headers(scope=scope))
        send = patient(send, self._unread)
        try:
            app = self._refusal(scope, asked) or self._app
            state = {"caller": asked.caller, "client": asked.client, "route": asked.route}
            scope.setdefault("state", {}).update(state)
            await app(scope, bounded(receive, body_limit(asked.route)), _noting(send, asked))
        except UnreadError:  # the connection is closed
            _log.info("%s was not read, request %s", asked.route, asked.id)
        except Exception:  # a mistake of ours, or a connection that went away
            if asked.status:
                raise
            _log.exception("%s failed, request %s", asked.route, asked.id)
            await problem(500, "failure", MISTAKE)(scope, receive, _noting(send, asked))
        finally:
            self._note(asked)

    def _refusal(self, scope: Scope, asked: Asked) -> Response | None:
        """Why a request is not let in."""
        access, headers = self._access, asked.headers
        if head_size(scope) > MOST_HEAD:
            return problem(431, "size", f"address and headers hold at most {MOST_HEAD:,} bytes")
        host = access.host(scope, headers)
        if host is None:
            return problem(421, "host", "this server answers to its own address only")
        asked.client = access.client(scope, headers, host)
        asked.route, methods = self._routes.find(asked.method, asked.path)
        wait = self._rates.wait(whose(asked.client))
        if wait:
            after = {"Retry-After": str(math.ceil(wait))}
            return problem(429, "busy", "too many requests a second", headers=after)
        asked.secret = in_address(scope["query_string"])
        if asked.secret:
            return problem(
                400, "secret", "a token, key or password does not belong in an address",
                hint="send it as Authorization: Bearer; this one may stand in a log by now",
            )  # fmt: skip
        asked.local = access.local(scope, host)
        asked.caller = access.caller(headers, local=asked.local)
        if asked.route is None and not methods and _by_hand(asked):
            return nowhere()
        return (
            self._stranger(asked, host)
            or _unfit(asked, methods)
            or _size(headers, body_limit(asked.route))
        )

    def _stranger(self, asked: Asked, host: str) -> Response | None:
        """Whether nobody we know calls, or somebody else's page in their name."""
        wrong = asked.caller is None and not self._by_page(asked)
        if not wrong and self._access.foreign(asked.method, asked.path, asked.headers, host):
            return problem(403, "origin", "the request does not come from a page of this server")
        role = ROLES.get(asked.route) if asked.route else None
        if wrong or (asked.caller is None and role is not Role.open):
            return self._who(asked)
        return None

    def _by_page(self, asked: Asked) -> bool:
        """Whether a browser may be asking: a program sends a key, or knows of none."""
        if bearer(asked.headers) is not None:
            return False
        opens = asked.route is not None and ROLES.get(asked.route) is Role.open
        return opens or "origin" in asked.headers or self._access.session(asked.headers) != ""

    def _who(self, asked: Asked) -> Response:
        if self._access.accounts.any():
            return problem(401, "login", "log in, or send a key of yours as Authorization: Bearer")
        if not asked.local:
            return problem(
                401, "token", "the token lets in by the loopback address alone, and nobody has an"
                " account", hint="bozzetto account add NAME --role admin",
            )  # fmt: skip
        return problem(401, "token", "open the address again that the program printed")

    def _note(self, asked: Asked) -> None:
        user = asked.caller.name if asked.caller else None
        gone = asked.method == "DELETE" and 200 <= asked.status < 300
        tried = asked.status == 401 and (
            bearer(asked.headers) is not None or self._access.session(asked.headers) != ""
        )
        if gone or tried or asked.secret or asked.status in (403, 421, 429):
            audit(
                "deletion" if gone else "refusal", user=user, client=asked.client,
                route=asked.route, status=asked.status, request=asked.id,
            )  # fmt: skip
        note_request(
            method=asked.method, route=asked.route, status=asked.status,
            ms=round((time.perf_counter() - asked.began) * 1000, 1), user=user,
            role=asked.caller.role if asked.caller else None, request=asked.id,
        )  # fmt: skip


async def as_let_in(request: Request) -> None:
    """Make sure that the route which runs is the one whose role was looked at.

    What is sent is read after this, by what whoever calls may name.

    Raises:
        HTTPException: 403, it is another.
    """
    if request.scope["route"].path != request.state.route.partition(" ")[2]:
        raise HTTPException(403, "this address is for two routes, and so for nobody")
    let_name(request.state.caller, request.app.state.assistant.settings)


def _by_hand(asked: Asked) -> bool:
    """Whether a person opened an address, rather than a program or a part of a page."""
    ours = asked.path.startswith(("/api/", "/static/"))
    return asked.method == "GET" and not ours and "text/html" in asked.headers.get("accept", "")


def _unfit(asked: Asked, methods: set[str]) -> Response | None:
    """Whether there is no such route, or it is not for whoever calls; without a row for nobody."""
    if asked.route is None:
        if not methods:
            return problem(404, "not_found", "there is nothing under this address")
        allow = {"Allow": ", ".join(sorted(methods))}
        return problem(405, "method", "this address takes other methods", headers=allow)
    role = ROLES.get(asked.route)
    if role is None or not may(asked.caller, role):
        has = asked.caller.role if asked.caller else "nobody"
        return problem(403, "role", f"this takes the role {role or 'of nobody'}; yours is {has}")
    return None


def _size(headers: Headers, most: int) -> Response | None:
    length = headers.get("content-length", "0")
    if length.isdecimal() and len(length) < 20 and int(length) <= most:
        return None
    return problem(413, "size", too_large(most))


def _noting(send: Send, asked: Asked) -> Send:
    """`send` that adds the headers of every answer, and notes its status."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            asked.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            headers["X-Request-ID"] = asked.id
        await send(message)

    return sending
