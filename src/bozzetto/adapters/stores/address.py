"""Addresses of stores as users write them: "http://host:8000", never with a key in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["Address", "address_of", "is_address"]

_WRITTEN = re.compile(r"https?://", re.IGNORECASE)
_STRAY = re.compile(r"[\s\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and what stands behind it, without slashes at its ends."""

    secure: bool
    host: str
    port: int
    path: str = ""

    @property
    def url(self) -> str:
        """Where the server is, as one would type it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.secure else ''}://{host}:{self.port}"


def is_address(rest: str) -> bool:
    """Whether it is meant for a server; else for a file or a folder."""
    return bool(_WRITTEN.match(rest))


def address_of(scheme: str, rest: str, *, port: int, instead: str) -> Address:
    """The server that `rest` names; `port` where it names none, 443 over TLS.

    Raises:
        SetupError: it is no address, or carries a key; `instead` says where that belongs.
    """
    try:
        url = urlsplit(rest)
        host, given = url.hostname or "", url.port
    except ValueError:
        host, given, url = "", None, urlsplit("")
    if url.username is not None or url.password is not None:
        raise SetupError(f"{scheme}: the address carries a user name or a password", hint=instead)
    if url.query or url.fragment or "?" in rest or "#" in rest:  # what stands there may be a key
        raise SetupError(f"{scheme}: the address carries a query or a fragment", hint=instead)
    if not is_address(rest) or not host or _STRAY.search(rest):
        shown = visible(rest.rpartition("@")[2])[:200]
        raise SetupError(
            f"{scheme}: {shown!r} is not an address",
            hint=f"such as {scheme}:http://127.0.0.1:{port}",
        )
    secure = url.scheme.lower() == "https"
    usual = 443 if secure else port
    return Address(secure, host, usual if given is None else given, url.path.strip("/"))
