"""What is known of vendors' models: one TOML file a vendor, a table `[[model]]` a model or family.

    [[model]]
    id = "anthropic.claude-v2*"   # as the vendor names it; "*" stands for any ending
    kind = "chat"                 # "chat", "embed" or "image"
    state = "gone"                # "active", "legacy" or "gone"
    ends = "2025-07-21"           # the day it goes or went, where it is known
    instead = "anthropic.claude-..."
    api = "converse"              # further keys are what the adapter of that vendor reads

Vendors retire models: a new row is a change of data. A model without a row is tried as it is.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from bozzetto.ports import Lifecycle

__all__ = ["Known", "known", "rows"]

_COMMON = ("id", "kind", "state", "ends", "instead")


@dataclass(frozen=True, slots=True)
class Known:
    """A row: the pattern of ids, the kind, how long it lives, and what the adapter reads."""

    id: str
    kind: str
    lifecycle: Lifecycle
    more: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@cache
def rows(vendor: str) -> tuple[Known, ...]:
    """All that is known of a vendor's models, in the order of its file."""
    text = files(__name__).joinpath(f"{vendor}.toml").read_text(encoding="utf-8")
    return tuple(map(_known, tomllib.loads(text)["model"]))


def _known(row: Mapping[str, Any]) -> Known:
    lifecycle = Lifecycle(row["state"], row.get("ends"), row.get("instead"))
    more = {name: value for name, value in row.items() if name not in _COMMON}
    return Known(row["id"], row["kind"], lifecycle, MappingProxyType(more))


def known(vendor: str, kind: str, model: str) -> Known | None:
    """The first row of a vendor's file whose id a model fits; None where nothing is known."""
    fitting = (row for row in rows(vendor) if row.kind == kind and fnmatchcase(model, row.id))
    return next(fitting, None)
