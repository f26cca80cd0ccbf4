"""Passwords, kept so that a stolen library does not tell them: scrypt of the standard library.

The cost is one of those that OWASP's cheat sheet on password storage names for scrypt:
N 2^15, r 8, p 3, which takes 32 MiB. It stands in what is kept, so that it can grow.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import threading

from bozzetto.errors import InputError

__all__ = ["FEWEST", "MOST", "NOBODY", "check", "fits", "hashed"]

FEWEST, MOST = 12, 1_000
"""Characters of a password."""

LOG_N, R, P = 15, 8, 3
SALT, SIZE = 16, 32

NOBODY = f"scrypt${LOG_N}${R}${P}${base64.b64encode(bytes(SALT)).decode()}$"
"""What no password fits, and takes as long to find out."""

_one = threading.Lock()  # each takes the memory and the time that make it dear to try many


def check(name: str, password: str) -> None:
    """Make sure that a password may be used.

    Raises:
        InputError: it is too short, too long, or the account's name.
    """
    if not FEWEST <= len(password) <= MOST:
        raise InputError(
            f"a password has {FEWEST} to {MOST:,} characters, this one {len(password):,}",
            hint="a few words together are good",
        )
    if name.casefold() in password.casefold() and len(password) < len(name) + FEWEST // 2:
        raise InputError("a password is not the account's name", hint="a few words together are")


def hashed(password: str) -> str:
    """What is kept of a password."""
    salt = os.urandom(SALT)
    found = _scrypt(password, salt, LOG_N, R, P)
    return f"scrypt${LOG_N}${R}${P}${base64.b64encode(salt).decode()}${found}"


def fits(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept."""
    _, log_n, r, p, salt, wanted = kept.split("$")
    found = _scrypt(password, base64.b64decode(salt), int(log_n), int(r), int(p))
    return hmac.compare_digest(found, wanted)


def _scrypt(password: str, salt: bytes, log_n: int, r: int, p: int) -> str:
    n = 2**log_n
    with _one:
        found = hashlib.scrypt(
            password.encode("utf-8", "surrogatepass"),
            salt=salt, n=n, r=r, p=p, dklen=SIZE, maxmem=(n + p + 2) * 128 * r + 2**20,
        )  # fmt: skip
    return base64.b64encode(found).decode()
