"""From "scheme:rest" to an object, through entry points; imported on first use."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from bozzetto.errors import BozzettoError, MissingExtraError, SetupError

__all__ = ["GROUPS", "load", "names", "split_name"]

GROUPS = ("sources", "embedders", "vectors", "stores", "texts", "chat", "images", "scores")
"""The kinds of plug-in; the entry-point group of each is "bozzetto.<kind>"."""


def split_name(name: str) -> tuple[str, str]:
    """Split "scheme:rest" at the first colon; rest is "" where there is none."""
    scheme, _, rest = name.partition(":")
    return scheme, rest


@cache
def _table(kind: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=f"bozzetto.{kind}"):
        other = found.setdefault(point.name, point)
        if other.value != point.value:
            raise SetupError(
                f"two plug-ins call themselves {point.name!r} among {kind}: "
                f"{other.value} and {point.value}",
                hint="uninstall one of the two packages",
            )
    return found


def names(kind: str) -> tuple[str, ...]:
    """The schemes installed for a kind, sorted."""
    return tuple(sorted(_table(kind)))


def load(kind: str, scheme: str) -> Callable[..., Any]:
    """The factory registered for a scheme.

    Raises:
        SetupError: nobody registered that scheme.
        MissingExtraError: its package is not installed.
    """
    table = _table(kind)
    if scheme not in table:
        close = difflib.get_close_matches(scheme, table, n=1)
        guess = f"; did you mean {close[0]!r}?" if close else ""
        raise SetupError(
            f"no {_WORDS.get(kind, f'{kind} back end')} is called {scheme!r}{guess}",
            hint=_other_kind(kind, scheme) or f"installed: {', '.join(names(kind)) or 'none'}",
        )
    try:
        factory: Callable[..., Any] = table[scheme].load()
    except BozzettoError:
        raise
    except ImportError as error:
        raise MissingExtraError(
            f"{scheme!r} needs the package {error.name or 'named here: ' + str(error)}",
            hint=_pip((error.name or "it").split(".")[0], table[scheme]),
        ) from error
    return factory


_WORDS = {"stores": "vector store", "embedders": "embedder"}


def _other_kind(kind: str, scheme: str) -> str | None:
    """The way out where an embedder was named for a store, or a store for an embedder."""
    other = {"stores": "embedders", "embedders": "stores"}.get(kind)
    if other is None or scheme not in _table(other):
        return None
    option = {"stores": "--vectors", "embedders": "--embedder"}[other]
    return f"{scheme}: is {_WORDS[other]}s' business: {option}"


def _pip(package: str, point: EntryPoint) -> str:
    """The command that installs a package: by the extra of the plug-in's own that brings it."""
    home = point.dist
    for line in (home.requires or ()) if home else ():
        requirement, _, condition = line.partition(";")
        extra = _EXTRA.search(condition)
        if home and extra and _key(_NAME.split(requirement, maxsplit=1)[0]) == _key(package):
            return f"pip install '{home.name}[{extra[1]}]'"
    return f"pip install {package}"


_EXTRA = re.compile(r"""extra\s*==\s*["']([\w.-]+)["']""")
_NAME = re.compile(r"[^\w.-]")


def _key(name: str) -> str:
    """Names of packages as the index compares them: case and the kind of dash do not count."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()
