"""The library's word and modifier counts as a disposable file, renewed when the library changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bozzetto.errors import DataError
from bozzetto.optimize.stats import LibraryStats
from bozzetto.store.store import Store

__all__ = ["library_counts"]

MOST = 200_000
"""Prompts that are counted; of a larger library an even sample, chosen by id."""


def library_counts(store: Store, folder: Path) -> LibraryStats:
    """The counts of the library as it is now, from their file or made anew."""
    path = folder / f"counts-{store.state()}.json"
    try:
        return LibraryStats.load(path)
    except DataError:
        stats = LibraryStats.build(_sample(store))
    folder.mkdir(parents=True, exist_ok=True)
    stats.save(path)
    for old in folder.glob("counts-*.json"):
        if old != path:
            old.unlink(missing_ok=True)
    return stats


def _sample(store: Store) -> Iterator[str]:
    every = -(-store.count() // MOST) or 1
    for row in store.scan():
        if every == 1 or int(row.id[:8], 16) % every == 0:
            yield row.text
