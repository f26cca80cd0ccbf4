"""Secrets that the program makes: 256 random bits, told by how they begin, kept as a hash.

So much chance needs no slow hash, and a beginning of their own lets logs leave them out.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from pathlib import Path
from typing import Literal

from bozzetto.errors import SetupError

__all__ = [
    "SECRET",
    "TOKEN_FILE",
    "Kind",
    "digest",
    "install_token",
    "make",
    "new_token",
    "same",
    "shared",
]

Kind = Literal["token", "session", "key"]

_STARTS: dict[Kind, str] = {"token": "bzt_", "session": "bzs_", "key": "bzk_"}

SECRET = re.compile(r"bz[tsk]_[A-Za-z0-9_-]{43,}")
"""What a secret of ours looks like, wherever it stands."""

TOKEN_FILE = "server.token"
"""The file in a home that holds its token: whoever can read it is its owner."""


def make(kind: Kind) -> str:
    """A new secret."""
    return _STARTS[kind] + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two secrets are one, in a time that tells nothing."""
    return hmac.compare_digest(digest(one), digest(other))


def install_token(home: Path) -> str:
    """The token of a home, made where there is none; it stays, so bookmarks and scripts do.

    Raises:
        SetupError: the file cannot be read or written, or holds something else.
    """
    path = home / TOKEN_FILE
    try:
        if not path.exists():
            _write(path, replacing=False)
        token = path.read_text("ascii").strip()
    except (OSError, ValueError) as error:
        raise _unusable(path, str(getattr(error, "strerror", None) or "not a text")) from error
    if not SECRET.fullmatch(token):
        raise _unusable(path, "it holds no token")
    return token


def new_token(home: Path) -> str:
    """Another token in the place of the last, which lets nobody in any more.

    Raises:
        SetupError: the file cannot be written.
    """
    try:
        _write(home / TOKEN_FILE, replacing=True)
    except OSError as error:
        raise _unusable(home / TOKEN_FILE, error.strerror or str(error)) from error
    return install_token(home)


def _write(path: Path, *, replacing: bool) -> None:
    """Write a new token beside the file, readable by its owner alone, and put it into place."""
    part = path.with_name(f"{path.name}.{secrets.token_hex(8)}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(make("token") + "\n")
            file.flush()
            os.fsync(file.fileno())
        if replacing or not _linked(part, path):
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _linked(part: Path, path: Path) -> bool:
    """Whether the file is there; of two programs that make it at once the first wins."""
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return True
    except (OSError, NotImplementedError):  # a disk without links
        return path.exists()
    return True


def _unusable(path: Path, reason: str) -> SetupError:
    return SetupError(f"{path}: {reason}", hint="bozzetto serve --new-token makes another")


def shared(path: Path) -> bool:
    """Whether others of this machine may read or write a file; where rights say it (POSIX)."""
    if os.name != "posix" or not path.exists():
        return False
    return bool(path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO))
