"""Where Pinecone is, in which cloud it makes indexes, and whose key it gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from bozzetto.adapters.stores.address import Address, address_of, is_address, key_of
from bozzetto.adapters.stores.pinecone_failures import KEY
from bozzetto.errors import SetupError

__all__ = ["Place", "place_of"]

_HOME = "https://api.pinecone.io"
_HOST = "PINECONE_CONTROLLER_HOST"
_EMULATOR = 5080
_INSTEAD = f"put the key into {KEY}"
_DEFAULTS = {"cloud": "aws", "region": "us-east-1"}
_SAMPLE = "such as pinecone:?cloud=aws&region=us-east-1"
_NO_KEY = "pclocal"  # what the vendor's own emulator is sent: it wants some key and looks at none


@dataclass(frozen=True, slots=True)
class Place:
    """Where to ask, where indexes are made, and how long to bear silence (seconds)."""

    address: str
    cloud: str
    region: str
    timeout: float
    key: str = field(repr=False)

    @property
    def words(self) -> str:
        """The place for messages."""
        return f"Pinecone at {self.address} ({self.cloud} {self.region})"

    @property
    def plain(self) -> bool:
        """Whether it is spoken to without TLS, as emulators are."""
        return self.address.startswith("http://")


def place_of(rest: str, *, environ: Mapping[str, str], timeout: float) -> Place:
    """What "[address][?cloud=...&region=...]" means.

    The key goes to Pinecone, or to the address that PINECONE_CONTROLLER_HOST names: one that
    stands in `rest` alone, an emulator's, is sent none.

    Raises:
        SetupError: it is not of that form, carries a key, or the key is missing.
    """
    text = rest.strip()
    home = _address(environ.get(_HOST, "").strip() or _HOME)
    if text.startswith("?") or not text:
        named, query = home, text[1:]
    elif is_address(text):
        named = address_of("pinecone", text, port=_EMULATOR, instead=_INSTEAD, queried=True)
        query = named.query
    else:  # not shown: it may be a key
        raise SetupError("pinecone: what follows is no address", hint=_SAMPLE)
    return Place(
        address=_shown(named),
        **_settings(query),
        timeout=timeout,
        key=_key(environ, home) if _shown(named) == _shown(home) else _NO_KEY,
    )


def _address(text: str) -> Address:
    """An address; https where none is said."""
    written = text if "://" in text else f"https://{text}"
    return address_of("pinecone", written, port=_EMULATOR, instead=_INSTEAD)


def _shown(found: Address) -> str:
    """Scheme, host and port, and a path where there is one."""
    return f"{found.url.removesuffix(':443')}{'/' if found.path else ''}{found.path}"


def _settings(query: str) -> dict[str, str]:
    given = dict(parse_qsl(query, keep_blank_values=True))
    wrong = next((name for name in given if name not in _DEFAULTS), None)
    if wrong is not None and "key" in wrong.lower():
        raise SetupError("pinecone: a key does not stand here", hint=_INSTEAD)
    if wrong is not None:
        raise SetupError("pinecone: there is no such setting", hint=_SAMPLE)
    return {name: given.get(name) or usual for name, usual in _DEFAULTS.items()}


def _key(environ: Mapping[str, str], home: Address) -> str:
    key = key_of(environ, KEY, home)
    if not key:
        raise SetupError(
            f"pinecone: the key is missing: {KEY} is not set",
            hint=f"make one at https://app.pinecone.io and set {KEY}",
        )
    return key
