"""Addresses of stores as users write them, never with a key in them, and the keys beside them.

"http://host:8000" is a server; its key stands in a variable, and goes without encryption only
to this machine and its private network.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["Address", "address_of", "certificates", "encrypted", "is_address", "key_of"]

_WRITTEN = re.compile(r"https?://", re.IGNORECASE)
_STRAY = re.compile(r"[\s\x00-\x1f\x7f]")
_PRIVATE = ("localhost", ".localhost", ".local", ".internal", ".home.arpa", ".lan")
"""Ends of names of private networks: set aside (RFC 6761, 6762, 8375; ICANN), or in use there."""


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and what stands behind it, without slashes at its ends."""

    secure: bool
    host: str
    port: int
    path: str = ""
    query: str = ""

    @property
    def url(self) -> str:
        """Where the server is, as one would type it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http{'s' if self.secure else ''}://{host}:{self.port}"

    @property
    def whole(self) -> str:
        """The same with the path, without the query."""
        return f"{self.url}/{self.path}" if self.path else self.url

    @property
    def private(self) -> bool:
        """Whether it is this machine or in its private network, by its number or its name.

        A name without a dot, such as a container's, is looked up there alone.
        """
        try:
            return not ip_address(self.host).is_global
        except ValueError:
            return "." not in self.host or self.host.endswith(_PRIVATE)


def is_address(rest: str) -> bool:
    """Whether it is meant for a server; else for a file or a folder."""
    return bool(_WRITTEN.match(rest))


def address_of(
    scheme: str, rest: str, *, port: int, instead: str, queried: bool = False
) -> Address:
    """The server that `rest` names; `port` where it names none, 443 over TLS.

    Only where it may be `queried` is a query taken.

    Raises:
        SetupError: it is no address, or carries a key; `instead` says where that belongs.
    """
    if "@" in rest:  # a password may hold a "/" or a "?", so it counts wherever it stands
        raise SetupError(f"{scheme}: the address carries a user name or a password", hint=instead)
    if "#" in rest or ("?" in rest and not queried):  # what stands there may be a key
        raise SetupError(f"{scheme}: the address carries a query or a fragment", hint=instead)
    try:
        url = urlsplit(rest)
        host, given = url.hostname or "", url.port
    except ValueError:
        host, given, url = "", None, urlsplit("")
    if not is_address(rest) or not host or _STRAY.search(rest):
        shown = visible(rest.partition("?")[0])[:200]
        raise SetupError(
            f"{scheme}: {shown!r} is not an address",
            hint=f"such as {scheme}:http://127.0.0.1:{port}",
        )
    secure = url.scheme.lower() == "https"
    usual = 443 if secure else port
    return Address(secure, host, usual if given is None else given, url.path.strip("/"), url.query)


def key_of(environ: Mapping[str, str], variable: str, address: Address) -> str:
    """The key for a server; "" where none is set.

    Raises:
        SetupError: it holds what no key does, or would go there unencrypted.
    """
    key = environ.get(variable, "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise SetupError(
            f"{variable} holds characters that no key has",
            hint="it may have been pasted with a line break or quotes",
        )
    if key:
        encrypted(variable, address)
    return key


def encrypted(variable: str, address: Address) -> None:
    """See to it that a key or a password is not readable by the networks between.

    Raises:
        SetupError: it would be.
    """
    if not address.secure and not address.private:
        raise SetupError(
            f"{address.url} is no private network, and http would send {variable} unencrypted",
            hint=f"write https://, or unset {variable}",
        )


def certificates(environ: Mapping[str, str], variable: str) -> str:
    """The file of certificates to trust that a variable names; "" where it is not set.

    Raises:
        SetupError: there is no such file.
    """
    named = environ.get(variable, "").strip()
    if named and not Path(named).is_file():
        raise SetupError(f"{variable}: {visible(named)} is not a file")
    return named
