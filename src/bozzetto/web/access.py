"""Who may call: the right host, the right origin, a token, a session or a key.

A page of another site, or of another server on this machine, must not reach the library through
somebody's browser. So a request must name this server as its host, and one that changes something
must come from our own pages or carry a secret in a header. The token of the home stands in the
fragment of the printed address, which browsers send to nobody; the page trades it for a cookie
that no script can read. It is the owner's, and lets in on this machine alone; whoever calls from
elsewhere has an account.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import Scope

from bozzetto.app.accounts import Accounts
from bozzetto.app.secret import SECRET, same
from bozzetto.types import Caller

__all__ = ["HEADERS", "Access", "bearer", "in_address"]

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

_NAMES = re.compile(r"(access_?|auth_?)?token|api_?key|key|password|secret", re.I)
"""What a secret is called in an address."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a server lets in.

    `names` are hosts ("prompts.example.org", "10.0.0.7:8642") it answers to beside the address
    that is called; `secure` says that it speaks TLS itself. `held` gives the token of the home
    as it is now.
    """

    held: Callable[[], str]
    port: int
    accounts: Accounts
    names: tuple[str, ...] = ()
    secure: bool = False

    @property
    def token(self) -> str:
        """The token of the home."""
        return self.held()

    @property
    def cookie(self) -> str:
        """The cookie's name; cookies know no ports, and two servers may run at a time."""
        return f"bozzetto-{self.port}"

    def host(self, scope: Scope, headers: Headers) -> str | None:
        """The host that a request names, where it is one of this server's."""
        said = headers.getlist("host")
        host = said[0].lower() if len(said) == 1 else ""
        known = host in self._own(scope) or host in self._named()
        return host if known else None

    def _own(self, scope: Scope) -> set[str]:
        """Names of this machine alone, and the address that was called.

        A page of another site can reach us under a name of its own; under an address it cannot.
        """
        called = address((scope.get("server") or ("", 0))[0])
        return self._with_port("127.0.0.1", "localhost", called) if called else set()

    def _named(self) -> set[str]:
        bare = [name.lower() for name in self.names if not _has_port(name)]
        return {name.lower() for name in self.names} | self._with_port(*bare)

    def _with_port(self, *names: str) -> set[str]:
        found = {f"{name}:{self.port}" for name in names}
        return found | set(names) if self.port == (443 if self.secure else 80) else found

    def local(self, scope: Scope, host: str) -> bool:
        """Whether somebody on this machine calls, and not a proxy for somebody else."""
        name = host.rpartition(":")[0] or host
        return _loopback(_peer(scope)) and name in ("127.0.0.1", "[::1]", "localhost")

    def client(self, scope: Scope, headers: Headers, host: str) -> str:
        """The address of who calls: of a proxy on this machine, the last that it names."""
        peer = _peer(scope)
        if _loopback(peer) and not self.local(scope, host):
            named = ",".join(headers.getlist("x-forwarded-for"))  # what a client says stands first
            told = address(named.rpartition(",")[2].strip())
            return told or peer
        return peer

    def fits(self, token: str) -> bool:
        """Whether this is the token."""
        return same(token, self.token)

    def caller(self, headers: Headers, *, local: bool) -> Caller | None:
        """Who calls; the owner on this machine alone. A wrong key is not made good by a cookie."""
        secret = bearer(headers)
        if secret is None:
            found = self.accounts.by_session(self.session(headers))
        elif secret.startswith("bzk_"):
            found = self.accounts.by_key(secret)
        else:
            found = Caller(None, "admin") if self.fits(secret) else None
        return found if found and (found.name is not None or local) else None

    def again(self, scope: Scope) -> Caller | None:
        """Who calls, looked up once more while a request lasts: what let them in may be gone."""
        headers = Headers(scope=scope)
        host = self.host(scope, headers)
        return self.caller(headers, local=self.local(scope, host)) if host else None

    def session(self, headers: Headers) -> str:
        """What the browser keeps of its session; "" where it keeps none."""
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return ""
        return found.value if found else ""

    def foreign(self, method: str, path: str, headers: Headers, host: str) -> bool:
        """Whether a page of somebody else asks; opening one of our pages is for everyone."""
        site = headers.get("sec-fetch-site", "none")
        if site not in ("none", "same-origin") and path.startswith("/api/"):
            return True
        origins = [one.lower() for one in headers.getlist("origin")]
        if origins:
            return len(origins) > 1 or origins[0] not in self._origins(host)
        return method not in SAFE and bearer(headers) is None

    def _origins(self, host: str) -> set[str]:
        """Our pages' origins; a proxy in front of a name of ours may speak TLS where we do not."""
        own = {f"https://{host}" if self.secure else f"http://{host}"}
        return own | {f"https://{host}"} if host in self._named() else own


def bearer(headers: Headers) -> str | None:
    """The secret of an Authorization header; None where there is none of this kind."""
    scheme, _, secret = headers.get("authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else None


def in_address(query: bytes) -> bool:
    """Whether an address holds a secret, or what is called one: addresses get into logs."""
    text = query.decode("latin-1")
    pairs = parse_qsl(text, keep_blank_values=True)
    named = any(_NAMES.fullmatch(name) for name, _ in pairs)
    return named or any(SECRET.search(part) for part in (text, *(value for _, value in pairs)))


@lru_cache(1024)
def address(text: str) -> str:
    """An address as a host writes it, IPv6 in brackets; "" where it is none."""
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    return f"[{found}]" if found.version == 6 else str(found)


def _peer(scope: Scope) -> str:
    return address((scope.get("client") or ("", 0))[0])


@lru_cache(1024)
def _loopback(host: str) -> bool:
    return bool(host) and ip_address(host.strip("[]")).is_loopback


def _has_port(name: str) -> bool:
    return name.rpartition(":")[2].isdecimal() and not name.endswith("]")
