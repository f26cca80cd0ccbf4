"""Names of back ends and models for whoever gets a picture: without the places of a machine."""

from __future__ import annotations

import re

__all__ = ["without_place", "without_places"]

_SCHEME = re.compile(r"(?!arn:)(?P<scheme>[a-z][a-z0-9_]+):(?!//)(?P<rest>.*)", re.DOTALL)
_ADDRESS = re.compile(r"(?:(?P<name>.*?)@)?https?://.*", re.DOTALL | re.IGNORECASE)
_HUB_ID = re.compile(r"(?!\.{1,2}/)[\w.@+-]+/[\w.@+-]+")
_DRIVE = re.compile(r"\A(?:[A-Za-z]:\s*)+")

_SERVERS = frozenset({"a1111"})
"""Schemes behind which an address stands and nothing else, with "http://" or without."""


def without_place(name: str) -> str:
    """A back end's "scheme:rest" or a model's name without folders, addresses and accounts.

    Of a path, POSIX or Windows, and of an ARN the last part stays; "owner/model" stays whole.
    """
    while (shorter := _shorter(name)) != name:
        name = shorter
    return name


_PLACES = re.compile(
    r"https?://[^\s'\")>,;]+"
    r"|(?<![\w/.])(?:~|\.{1,2})?(?:/[^\s/'\":,;]+){2,}/?"
    r"|(?<!\w)[A-Za-z]:\\(?:[^\s\\'\":,;]+\\)*[^\s\\'\":,;]*"
)
"""Addresses and paths within a sentence."""


def without_places(text: str) -> str:
    """A sentence without the addresses and folders in it; of a path the last part stays."""
    return _PLACES.sub(lambda found: without_place(found[0]) or "...", text)


def _shorter(name: str) -> str:
    found = _SCHEME.fullmatch(name)
    if not found:
        return _last(name)
    rest = "" if found["scheme"] in _SERVERS else _last(found["rest"])
    return f"{found['scheme']}:{rest}"


def _last(text: str) -> str:
    text = text.strip()
    if found := _ADDRESS.fullmatch(text):
        text = (found["name"] or "").strip()
    if _HUB_ID.fullmatch(text):
        return text
    part = re.split(r"[/\\]", text.rstrip("/\\"))[-1].strip()
    return _DRIVE.sub("", part)
