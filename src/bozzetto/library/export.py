"""The library as JSON Lines, every field of every prompt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from bozzetto.store.store import Store
from bozzetto.types import Filters, PromptRecord

__all__ = ["export", "line_of"]

_PAGE = 2000


def export(store: Store, filters: Filters | None = None) -> Iterator[dict[str, Any]]:
    """Stream the prompts as objects for JSON; imported again, they get the same ids."""
    after = 0
    while page := store.page(filters, after, _PAGE):
        yield from map(line_of, page)
        after = page[-1].seq


def line_of(record: PromptRecord) -> dict[str, Any]:
    """A prompt as an object for JSON; numbers that hold inside one library only stay out."""
    fields = asdict(record)
    del fields["seq"], fields["family"]
    fields["prompt"] = fields.pop("text")
    first = {name: fields.pop(name) for name in ("id", "prompt", "negative")}
    return first | fields
