"""An index of the contract server: settings, mapping, documents, and what searches see of them."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bozzetto.testing.search_mapping import Document, Fields, RefusedError, fields_of, parsed

__all__ = ["Action", "Flavour", "Index", "actions_of"]


@dataclass(frozen=True, slots=True)
class Flavour:
    """What one service is: its vectors' type, whether it is managed, how it refreshes (seconds)."""

    name: str
    vector: str
    engines: tuple[str, ...] = ()
    serverless: bool = False
    refresh: float = 0.05
    """Stands for the second, or the minute, after which searches see what is written."""


_MANAGED = {"knn", "knn.algo_param.ef_search"}
_NUMBERS = itertools.count(1)


@dataclass(slots=True)
class Index:
    """`docs` are those that are written; searches see those of the last refresh.

    `sources` are kept of those that are deleted too: until then, a search finds them.
    """

    name: str
    flavour: Flavour
    mappings: Mapping[str, Any]
    fields: Fields
    settings: dict[str, str]
    docs: dict[str, Document] = field(default_factory=dict)
    sources: dict[str, Document] = field(default_factory=dict)
    merged: int = 0
    _seen: dict[str, Document] = field(default_factory=dict)
    _dirty: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @staticmethod
    def made(name: str, body: Mapping[str, Any], flavour: Flavour, zones: int) -> Index:
        """A new index, its body checked; `zones` that replicas have to be spread over evenly."""
        unknown = set(body) - {"settings", "mappings"}
        if unknown:
            raise RefusedError(
                400, "parsing_exception", f"unknown key {sorted(unknown)} for create"
            )
        mappings = body.get("mappings", {})
        index = Index(
            name,
            flavour,
            mappings,
            fields_of(mappings, flavour.vector, flavour.engines),
            {},
        )
        index.set(body.get("settings", {}).get("index", {}), zones, new=True)
        return index

    def set(self, changes: Mapping[str, Any], zones: int, *, new: bool = False) -> None:
        """Change settings; None resets one to what it is by default."""
        explicit = dict(self.settings)
        for name, value in changes.items():
            self._check(name, new)
            explicit.pop(name, None)
            if value is not None:
                explicit[name] = str(value).lower() if isinstance(value, bool) else str(value)
        copies = int(explicit.get("number_of_replicas", max(zones - 1, 1))) + 1
        if zones and copies % zones:
            raise RefusedError(
                400,
                "illegal_argument_exception",
                "Validation Failed: 1: expected total copies needs to be a multiple of total "
                f"awareness attributes [{zones}];",
            )
        self.settings = explicit

    def _check(self, name: str, new: bool) -> None:
        known = {"number_of_shards", "number_of_replicas", "refresh_interval"} if new else {
            "number_of_replicas", "refresh_interval"
        }  # fmt: skip
        if self.flavour.serverless:
            known = set()
        if self.flavour.vector == "knn_vector":
            known |= _MANAGED
        if name not in known:
            raise RefusedError(
                400,
                "illegal_argument_exception",
                f"unknown setting [index.{name}] please check that any required plugins are "
                "installed, or check the breaking changes documentation for removed settings",
            )

    def seen(self) -> dict[str, Document]:
        """What searches see now."""
        with self._lock:
            due = self._dirty is not None and time.monotonic() - self._dirty > self.flavour.refresh
            if due and self.settings.get("refresh_interval") != "-1":
                self._refresh()
            return self._seen

    def refresh(self) -> None:
        """Show everything."""
        with self._lock:
            self._refresh()

    def _refresh(self) -> None:
        self._seen, self._dirty = dict(self.docs), None

    def write(self, id_: str | None, source: Document) -> tuple[str, str]:
        """Index a document; its id, and whether it is created or updated."""
        if self.flavour.serverless and id_ is not None:
            raise RefusedError(
                400,
                "illegal_argument_exception",
                "Document ID is not supported in create/index operation request",
            )
        name = f"{next(_NUMBERS):020d}" if id_ is None else id_
        doc = parsed(source, self.fields, name)
        with self._lock:
            result = "updated" if name in self.docs else "created"
            self.docs[name], self.sources[name] = doc, source
            self._dirty = self._dirty or time.monotonic()
        return name, result

    def remove(self, id_: str) -> bool:
        """Delete a document; whether it was there."""
        with self._lock:
            self._dirty = self._dirty or time.monotonic()
            return self.docs.pop(id_, None) is not None

    def source(self, id_: str, wanted: object) -> dict[str, Any]:
        """What a hit shows of a document."""
        if wanted is False:
            return {}
        kept = dict(self.sources.get(id_, {}))
        for name in self.mappings.get("_source", {}).get("excludes", ()):
            kept.pop(name, None)
        chosen = {name: kept[name] for name in wanted} if isinstance(wanted, list) else kept
        return {"_source": chosen}


@dataclass(frozen=True, slots=True)
class Action:
    """What a bulk request does to one document; "" is the index of the request's path."""

    name: str
    index: str
    id: str | None
    source: Document | None


def actions_of(body: bytes) -> list[Action]:
    """The actions of a bulk body."""
    if not body.endswith(b"\n"):
        raise RefusedError(
            400,
            "illegal_argument_exception",
            "The bulk request must be terminated by a newline [\\n]",
        )
    lines = iter(body.decode().splitlines())
    found: list[Action] = []
    for line in lines:
        ((name, about),) = json.loads(line).items()
        if name not in ("index", "delete") or set(about) - {"_id", "_index"}:
            raise RefusedError(
                400,
                "illegal_argument_exception",
                "Malformed action/metadata line, expected field [create], [delete], [index] or "
                f"[update] but found [{name}]",
            )
        source = json.loads(next(lines)) if name == "index" else None
        found.append(Action(name, about.get("_index", ""), about.get("_id"), source))
    return found
