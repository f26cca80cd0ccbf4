"""A collection of a vector store brought to what it is to hold, in batches that can break off.

Before rows are put or deleted it is noted that the collection may or may not have them, and
afterwards what it has: wherever a load breaks off, the next one knows every row that may be
there, sends again no more than the last batch, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bozzetto.errors import BackendError, NotFoundError
from bozzetto.search.beside import beside
from bozzetto.search.fuse import among
from bozzetto.search.stored import Kept
from bozzetto.store.ledger import UNSURE
from bozzetto.types import Keys, StoreRows

__all__ = ["Load", "Row", "Tell", "bring", "joined"]

Row = NDArray[np.int64]
"""Rows of a load by their places, ascending."""

Tell = Callable[[int, int, str], None]
"""Told how many rows are done of how many there are to send, and what goes on otherwise."""

_MOST = 16_384


@dataclass(frozen=True, slots=True, eq=False)
class Load:
    """What a collection is to hold: keys, ascending, and a digest of each one's content.

    `rows` reads those at some places, as far as they are still there.
    """

    collection: str
    dim: int
    keys: Keys
    digests: Keys
    rows: Callable[[Row], StoreRows]


def bring(kept: Kept, load: Load, tell: Tell) -> None:
    """Give a collection what it lacks, and take what is gone.

    Raises:
        SetupError, BackendError: the store cannot be written to; run again, it goes on.
    """
    try:
        _bring(kept, load, tell)
    except NotFoundError as error:
        raise BackendError(
            f"{kept.store.features.place}: {load.collection} was dropped while it was filled",
            hint="run it again, it begins anew",
        ) from error


def _bring(kept: Kept, load: Load, tell: Tell) -> None:
    kept.ledger.begin(kept.address, load.collection, load.dim)
    kept.store.create(load.collection, load.dim, len(load.keys))
    given, said = _given(kept, load)
    gone = given[~among(given, load.keys)]
    if len(gone) and not kept.store.features.deletes:
        _begin_anew(kept, load)
        given, said = given[:0], said[:0]
    elif len(gone):
        _delete(kept, load, gone)
    changed = np.flatnonzero(_differ(given, said, load.keys, load.digests))
    _put(kept, load, changed, tell)
    if not kept.ledger.is_finished(kept.address, load.collection):
        tell(len(changed), len(changed), "building its index")
        kept.store.finish(load.collection)
        kept.ledger.finished(kept.address, load.collection)


def _given(kept: Kept, load: Load) -> tuple[Keys, Keys]:
    """What the collection was given; all of it unsure where the store has lost some."""
    given, said = kept.ledger.given(kept.address, load.collection)
    sure = int((said != UNSURE).sum())
    there = _counted(kept, load.collection, sure)
    if there is not None and there >= sure:
        return given, said
    kept.ledger.reopen(kept.address, load.collection)
    kept.ledger.doubt(kept.address, load.collection, given)
    return given, np.full(len(given), UNSURE, dtype=np.int64)


def _counted(kept: Kept, collection: str, least: int) -> int | None:
    """How many rows there are; as many as noted where it may not count the latest of them yet."""
    lag = kept.store.features.lag
    if lag and kept.ledger.since(kept.address, collection) <= lag:
        return least
    return kept.store.count(collection)


def _begin_anew(kept: Kept, load: Load) -> None:
    """Empty a collection of a store that cannot delete rows."""
    kept.store.drop(load.collection)
    kept.ledger.forget(kept.address, load.collection)
    kept.ledger.begin(kept.address, load.collection, load.dim)
    kept.store.create(load.collection, load.dim, len(load.keys))


def _delete(kept: Kept, load: Load, gone: Keys) -> None:
    kept.ledger.doubt(kept.address, load.collection, gone)
    kept.store.delete(load.collection, gone)
    kept.ledger.take(kept.address, load.collection, gone)


def _put(kept: Kept, load: Load, chosen: Row, tell: Tell) -> None:
    """Put rows in batches; while the store takes one the next is read."""
    if not len(chosen):
        return
    batch = min(kept.store.features.batch, _MOST)
    parts = [chosen[start : start + batch] for start in range(0, len(chosen), batch)]
    kept.ledger.reopen(kept.address, load.collection)
    kept.ledger.doubt(kept.address, load.collection, load.keys[chosen])
    done = 0
    with beside(1, long=len(parts) > 1) as putting:
        rows = load.rows(parts[0])
        for part, later in zip(parts, [*parts[1:], None], strict=True):
            put = putting.submit(kept.store.put, load.collection, rows)
            after = rows if later is None else load.rows(later)
            put.result()
            _note(kept, load, part, rows)
            rows, done = after, done + len(part)
            tell(done, len(chosen), "")


def _note(kept: Kept, load: Load, part: Row, rows: StoreRows) -> None:
    """Note what was put; what went from the library since may be in the collection from before."""
    put = among(load.keys[part], np.sort(rows.keys))
    kept.ledger.give(kept.address, load.collection, load.keys[part[put]], load.digests[part[put]])


def _differ(given: Keys, said: Keys, wanted: Keys, digests: Keys) -> NDArray[np.bool_]:
    """Which of the wanted rows are not there, or with another content; both keys ascend."""
    if not len(given):
        return np.ones(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(given, wanted), len(given) - 1)
    same: NDArray[np.bool_] = (given[at] == wanted) & (said[at] == digests)
    return ~same


def joined(parts: list[Keys]) -> Keys:
    """One array of several."""
    return np.concatenate([np.empty(0, np.int64), *parts])
