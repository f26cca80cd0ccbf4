"""Who embeds a library and where its vectors are searched: what serves now, and what is wished.

The one is what the vectors there were made by, and is kept in the home (`serving.json`); the
other comes from the settings and is in force when `bozzetto index build` has brought it about.
Until then the old ones serve, so that no library is ever searched by another embedder than it
was indexed by.
"""

from __future__ import annotations

import json
import re
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from bozzetto.config import Settings
from bozzetto.errors import DataError, SetupError
from bozzetto.plugins import split_name
from bozzetto.ports import EmbedderFeatures

__all__ = [
    "BUILTIN",
    "FILE",
    "HERE",
    "Serving",
    "named",
    "place_of",
    "read",
    "waiting",
    "wished",
    "write",
]

FILE = "serving.json"

BUILTIN = "builtin"
"""The name of the program's own embedders."""

HERE = "here"
"""The address of this machine."""

_FOLDERS = ("chroma", "lancedb", "milvus", "qdrant")
"""Stores that may be a folder or a file of this machine."""

_MODELS = ("fastembed", "sentence-transformers")
"""Embedders that may be a folder of this machine."""

_SECRET = re.compile(r"//.*:.*@", re.DOTALL)
"""A password may hold any character, a "/" or a "@" as well: all before the last "@" counts."""


@dataclass(frozen=True, slots=True)
class Serving:
    """An embedder, "scheme:rest" or "" for the program's own, and a store's address, "" for here.

    `id` and `dim` are the embedder's as it was when it made the vectors, `probe` is what it made
    of one text.
    """

    embedder: str = ""
    id: str = ""
    dim: int = 0
    vectors: str = ""
    probe: str = ""

    @property
    def features(self) -> EmbedderFeatures:
        """The embedder that was named, as far as its vectors tell."""
        return EmbedderFeatures(self.id, self.dim, (), 0)

    def same(self, other: Serving) -> bool:
        """Whether both name the same."""
        return (self.embedder, self.vectors) == (other.embedder, other.vectors)


def read(home: Path) -> Serving | None:
    """What serves a home; None where nothing was ever chosen.

    Raises:
        DataError: the file is none of ours.
    """
    path = home / FILE
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Serving(**found)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise DataError(
            f"{path} cannot be read: {error}",
            hint="delete it: the program's own embedders serve then, until `bozzetto index build "
            "--embedder NAME --vectors STORE` names others",
        ) from None


def write(home: Path, serving: Serving) -> None:
    """Put a choice in force; readers see the old one or the new."""
    beside = home / f".{FILE}-{secrets.token_hex(4)}"
    try:
        beside.write_text(json.dumps(asdict(serving), indent=1) + "\n", encoding="utf-8")
        beside.replace(home / FILE)
    finally:
        beside.unlink(missing_ok=True)


def wished(settings: Settings, now: Serving) -> Serving:
    """What the settings ask for; what they do not name stays as it is.

    Raises:
        SetupError: an address carries a password.
    """
    embedder, vectors = settings.embedder.strip(), settings.vectors.strip()
    found = now
    if embedder:
        name = "" if embedder == BUILTIN else _whole(embedder)
        found = found if name == now.embedder else Serving(name, vectors=now.vectors)
    if vectors:
        found = replace(found, vectors="" if vectors == HERE else place_of(vectors))
    return found


def waiting(now: Serving, wish: Serving) -> str | None:
    """What a person is told where something else is wished than what serves."""
    if wish.same(now):
        return None
    what = named(wish) if wish.embedder != now.embedder else wish.vectors or "this machine"
    return f"searched by {named(now)} until `bozzetto index build` has brought in {what}"


def _whole(embedder: str) -> str:
    """An embedder's name as it is kept: a folder of this machine by its whole path."""
    scheme, rest = split_name(embedder)
    folder = Path(rest).expanduser()
    if scheme in _MODELS and rest and folder.is_dir():
        return f"{scheme}:{folder.absolute()}"
    return embedder


def place_of(address: str) -> str:
    """A store's address as it is kept: whole paths, so that it means the same everywhere.

    Raises:
        SetupError: it carries a password, or names no store.
    """
    if _SECRET.search(address):
        raise SetupError(
            "the address of the vector store carries a password, and addresses are kept and shown",
            hint="leave it out; docs/how-to/stores says which variable takes it, for each store",
        )
    scheme, rest = split_name(address.strip())
    if not scheme or not re.fullmatch(r"[a-z][a-z0-9+.-]*", scheme):
        raise SetupError(
            f"{address!r} names no vector store", hint="for example postgresql://me@host/db"
        )
    if scheme in _FOLDERS and rest and "://" not in rest:
        return f"{scheme}:{Path(rest).expanduser().absolute()}"
    return f"{scheme}:{rest}"


def named(serving: Serving) -> str:
    """A choice in words."""
    who = serving.embedder or "the program's own embedders"
    return f"{who} in {serving.vectors}" if serving.vectors else who
