"""Where Weaviate is: its REST address, its gRPC address, and the key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bozzetto.adapters.stores.address import Address, address_of, encrypted, is_address, key_of
from bozzetto.errors import SetupError

__all__ = ["KEY", "Place", "place_of"]

KEY = "WEAVIATE_API_KEY"

_SAMPLE = "such as weaviate:http://127.0.0.1:8080 or weaviate:https://xyz.weaviate.cloud"
_INSTEAD = f"put the key into {KEY}"
_REST = 8080
_GRPC = 50051
_CLOUD = re.compile(r".+\.(weaviate\.(cloud|network)|weaviate\.io)")


@dataclass(frozen=True, slots=True)
class Place:
    """Two addresses of one server, both with TLS or neither; `timeout` in seconds."""

    host: str
    port: int
    secure: bool
    grpc_host: str
    grpc_port: int
    timeout: float
    key: str = field(repr=False)

    @property
    def words(self) -> str:
        """The place for messages."""
        scheme = "https" if self.secure else "http"
        return f"Weaviate at {scheme}://{self.host}:{self.port} (gRPC {self.grpc_port})"


def place_of(rest: str, *, environ: Mapping[str, str], timeout: float) -> Place:
    """What "http[s]://host[:port][?grpc=[host:]port]" means.

    REST is at port 8080 (443 over TLS), gRPC at port 50051 of the same host; in Weaviate's cloud
    that is at grpc-<host>:443. The key is that of WEAVIATE_API_KEY; a server of one's own may
    want none.

    Raises:
        SetupError: it is not of that form, or carries a password.
    """
    text = rest.strip()
    if not is_address(text):  # not shown: it may be a key
        raise SetupError("weaviate: what follows is no address", hint=_SAMPLE)
    rest_at = address_of("weaviate", text, port=_REST, instead=_INSTEAD, queried=True)
    if rest_at.path:
        raise SetupError("weaviate: the address has a path", hint=_SAMPLE)
    host, port = rest_at.host, rest_at.port
    named = _grpc(rest_at.query)
    usual = _cloud(host) if _CLOUD.fullmatch(host) else (host, _GRPC)
    grpc_host, grpc_port = (named[0] or host, named[1]) if named else usual
    if (grpc_host, grpc_port) == (host, port):
        raise SetupError(f"weaviate: REST and gRPC are both said to be at {host}:{port}")
    key = key_of(environ, KEY, rest_at)
    if key:  # both are sent it
        encrypted(KEY, Address(rest_at.secure, grpc_host, grpc_port))
    return Place(host, port, rest_at.secure, grpc_host, grpc_port, timeout, key)


def _cloud(host: str) -> tuple[str, int]:
    """Where the cloud speaks gRPC, as the vendor's client finds it."""
    if host.endswith(".weaviate.network"):
        name, _, domain = host.partition(".")
        return f"{name}.grpc.{domain}", 443
    return f"grpc-{host}", 443


def _grpc(query: str) -> tuple[str, int] | None:
    """The gRPC address that is named, if one is: "host:port" or a port."""
    given = dict(parse_qsl(query, keep_blank_values=True))
    wrong = next((name for name in given if name != "grpc"), None)
    if wrong is not None and "key" in wrong.lower():
        raise SetupError("weaviate: a key does not stand here", hint=_INSTEAD)
    if wrong is not None:
        raise SetupError("weaviate: there is no such setting", hint="only ?grpc=host:50051")
    if "grpc" not in given:
        return None
    host, _, port = given["grpc"].rpartition(":")
    if not port.isdecimal() or not 0 < int(port) < 65_536:
        raise SetupError(
            "weaviate: what grpc= says is no address",
            hint="such as ?grpc=127.0.0.1:50051",
        )
    return host, int(port)
