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
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from bozzetto.errors import SetupError

__all__ = [
    "SECRET",
    "TOKEN_FILE",
    "Kind",
    "TokenFile",
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

LOOK = 1.0
"""Seconds between two looks at whether the file of the token is another."""


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


class TokenFile:
    """The token of a home, also where another program makes a new one meanwhile.

    Raises:
        SetupError: the file cannot be read or written, or holds something else.
    """

    def __init__(self, home: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._token = install_token(home)
        self._home, self._clock = home, clock
        self._looked, self._mark = clock(), self._marked()

    def read(self) -> str:
        """The token, at most a second old."""
        if self._clock() - self._looked >= LOOK:
            self._looked = self._clock()
            mark = self._marked()
            if mark != self._mark:
                self._token, self._mark = self._other(gone=mark is None), mark
        return self._token

    def _marked(self) -> tuple[int, ...] | None:
        """What is another where the file is; None where there is none."""
        try:
            found = (self._home / TOKEN_FILE).stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns, found.st_ctime_ns

    def _other(self, *, gone: bool) -> str:
        """What the file holds now; a file that is no good lets nobody in."""
        try:
            return make("token") if gone else install_token(self._home)
        except SetupError:
            return make("token")


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
