"""The prompts that come with the program, for a library that holds nothing yet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.resources import files
from typing import Any

from bozzetto.library.families import renew
from bozzetto.library.importer import import_source
from bozzetto.ports import SourceFeatures
from bozzetto.store.removal import STARTER
from bozzetto.store.store import Store
from bozzetto.types import Batch, Progress, SourcePrompt

__all__ = ["KIND", "NAME", "StarterSource", "load"]

NAME = STARTER
"""The source's name, by which it is filtered and deleted."""

KIND = STARTER
"""What tells it from another source that somebody gave the same name."""

_FILE = "starter.jsonl"

_MANY = 5_000
"""A library of more prompts is in use; what its sources hold need not be counted first."""


def load(
    store: Store,
    *,
    actor: str,
    now: str,
    progress: Callable[[Progress], None] | None = None,
) -> bool:
    """Load the starter prompts where the library holds nothing and nobody removed them.

    A load that was killed is finished. Returns whether anything was loaded.
    """
    if store.starter_removed() or store.count() > _MANY:
        return False
    begun = [info for info in store.sources() if info.kind == KIND and not info.complete]
    if not begun and _in_use(store):
        return False
    import_source(store, StarterSource(), actor=actor, now=now, progress=progress)
    renew(store, progress)
    return True


def _in_use(store: Store) -> bool:
    """True where prompts are or were kept, or an import is under way.

    A source that ended without a single prompt does not count.
    """
    sources = store.sources()
    return bool(store.count()) or any(not i.complete or i.rows > i.bad for i in sources)


class StarterSource:
    """The file inside the package as a source; one batch."""

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return SourceFeatures(NAME, KIND)

    def fingerprint(self) -> str:
        """A hash of the content."""
        return f"starter:{sha256(_content()).hexdigest()}"

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield the rows after a position."""
        rows = [_prompt(line, at) for at, line in enumerate(_lines(), 1)]
        if start < len(rows):
            yield Batch(rows[start:], (), len(rows), 1.0)


def _content() -> bytes:
    return files("bozzetto.library").joinpath(_FILE).read_bytes()


def _lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in _content().decode("utf-8").splitlines() if line]


def _prompt(line: dict[str, Any], at: int) -> SourcePrompt:
    return SourcePrompt(
        text=line["prompt"],
        place=f"line {at}",
        negative=line.get("negative"),
        tags=tuple(tag.casefold() for tag in line.get("tags", ())),
        use=line.get("use"),
        model_family=line.get("model_family"),
    )
