"""What is common in the library, as disposable files made anew when the library has changed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from bozzetto.embed.phrases import common_phrases
from bozzetto.errors import DataError
from bozzetto.optimize.stats import LibraryStats
from bozzetto.store.store import Store

__all__ = ["library_counts", "library_phrases"]

MOST = 100_000
"""Prompts that are counted; of a larger library an even sample, chosen by id."""

MOST_RATED = 1_000
"""Rated prompts that are weighed; of more an even sample."""

LEAST_PHRASE, MOST_PHRASES = 3, 6_000
"""Prompts that have to hold a phrase before it is looked up, and how many phrases are."""


_making = threading.RLock()
"""One thread at a time makes these files."""


def library_counts(store: Store, folder: Path) -> LibraryStats:
    """How often words and modifiers occur in the library as it is now, ratings beside them."""
    counted = _counts(store, folder)
    return counted.rated(store.kept.rated(_every(store.kept.count_rated(), MOST_RATED)))


def _counts(store: Store, folder: Path) -> LibraryStats:
    with _making:
        path = folder / f"counts-{store.state()}.json"
        try:
            return LibraryStats.load(path)
        except DataError:
            stats = LibraryStats.build(_sample(store))
        folder.mkdir(parents=True, exist_ok=True)
        stats.save(path)
        _sweep(path, "counts-*.json")
        return stats


def library_phrases(store: Store, folder: Path) -> Mapping[str, int]:
    """The common phrases of the library as it is now, with how many prompts hold them."""
    with _making:
        return _phrases(store, folder)


def _phrases(store: Store, folder: Path) -> Mapping[str, int]:
    path = folder / f"phrases-{store.state()}.json"
    try:
        found: dict[str, int] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = common_phrases(_sample(store), LEAST_PHRASE, MOST_PHRASES)
    else:
        return found
    folder.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")
    fresh.replace(path)
    _sweep(path, "phrases-*.json")
    return found


def _sweep(keep: Path, pattern: str) -> None:
    for old in keep.parent.glob(pattern):
        if old != keep:
            old.unlink(missing_ok=True)


def _every(count: int, most: int) -> int:
    """One in how many is taken so that there are not too many."""
    return -(-count // most) or 1


def _sample(store: Store) -> Iterator[str]:
    every = _every(store.count(), MOST)
    for row in store.scan():
        if every == 1 or int(row.id[:8], 16) % every == 0:
            yield row.text
