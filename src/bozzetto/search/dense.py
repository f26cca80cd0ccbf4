"""Search by meaning: the vector indexes of one embedder, one for each view of a prompt.

A prompt's score for a query is its best view's, less its hubness: vectors that are near to
everything are found for everything (Radovanović et al. 2010), so a share of the mean
similarity to a prompt's nearest neighbours in a sample of the library is taken off, as CSLS
does (Conneau et al. 2018).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from bozzetto.errors import DataError
from bozzetto.ports import EmbedderFeatures, ManyVectorIndex, VectorIndex
from bozzetto.search.beside import beside
from bozzetto.search.folders import Stamp, opened, publish, readable, sweep
from bozzetto.search.fuse import Leg, among, best_of
from bozzetto.search.hubs import HUBNESS, Scale, hubness, less_hubs, scale_of, spread
from bozzetto.search.recall import Searchable, sampled_recall
from bozzetto.search.views import View
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Keys, Vectors, Where

__all__ = [
    "Dense",
    "DenseFactory",
    "Lacking",
    "MakeIndex",
    "SearchedView",
    "Sought",
    "ViewIndex",
    "nobody",
    "none_yet",
]

MakeIndex = Callable[[int], VectorIndex]
"""An empty vector index fit for that many rows."""

_DEPTH = 2_000
_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class Lacking:
    """Prompts without a vector in some view: numbers, and the hashes of each view's text."""

    keys: Keys
    hashes: tuple[Keys, ...]


def nobody(views: int) -> Lacking:
    """No prompt lacks a vector."""
    none = np.empty(0, dtype=np.int64)
    return Lacking(none, (none,) * views)


@dataclass(frozen=True, slots=True, eq=False)
class Sought:
    """A unit query for each view, and what the leg is called and weighs that it makes.

    A view without a query is not asked; queries beyond the views there are are no matter.
    """

    queries: Sequence[Vectors | None]
    allow: Keys | None
    name: str
    weight: float = 1.0
    where: Where = Where()  # noqa: RUF009 - frozen
    """What a store is asked for, so that it finds those allowed; no less than these."""

    def query(self, view: int) -> Vectors | None:
        """That for a view."""
        return self.queries[view] if view < len(self.queries) else None


class SearchedView(Protocol):
    """One view of the prompts, wherever its vectors are kept."""

    @property
    def index(self) -> Searchable:
        """What is asked."""
        ...

    @property
    def keys(self) -> Keys:
        """Those inside, ascending."""
        ...

    @property
    def hubs(self) -> Vectors:
        """How near to everything each one is."""
        ...

    def search(self, sought: Sequence[Sought], view: int) -> Iterator[tuple[Keys, Vectors]]:
        """For each query of this view the keys nearest to it, ascending, with their scores."""
        ...


@dataclass(slots=True)
class ViewIndex:
    """The index of one view; its keys, ascending, with how near to everything each one is."""

    index: VectorIndex
    keys: Keys
    hubs: Vectors

    def search(self, sought: Sequence[Sought], view: int) -> Iterator[tuple[Keys, Vectors]]:
        """For each query of this view the keys nearest to it, ascending, with their scores."""
        for keys, scores in self._found(sought, view):
            yield less_hubs(self.keys, self.hubs, keys, scores)

    def _found(self, sought: Sequence[Sought], view: int) -> Sequence[tuple[Keys, Vectors]]:
        asked = [(query, one.allow) for one in sought if (query := one.query(view)) is not None]
        if asked and isinstance(self.index, ManyVectorIndex):
            queries, allow = zip(*asked, strict=True)
            return self.index.search_many(queries, _DEPTH, allow)
        found = [self.index.search(query, _DEPTH, allow) for query, allow in asked]
        orders = [np.argsort(keys) for keys, _ in found]
        return [(keys[at], scores[at]) for (keys, scores), at in zip(found, orders, strict=True)]


class Dense:
    """The opened indexes of one embedder, with the rows that came after them."""

    def __init__(
        self,
        stamp: Stamp,
        views: Sequence[SearchedView],
        sample: Vectors,
        lacking: Lacking,
        place: Path,
        scale: Scale | None = None,
        *,
        waits: bool = False,
    ) -> None:
        self._scale, self._waits = scale, waits
        self.stamp = stamp
        self.place = place
        self._views = views
        self.sample = sample
        self._tail: list[tuple[Keys, Vectors, Vectors]] = []
        self.lacking = self.left_out = lacking
        self.beyond = 0
        """Newer prompts that are searched neither in the indexes nor beside them."""

    @property
    def views(self) -> Sequence[SearchedView]:
        """The index of each view."""
        return self._views

    @property
    def followed(self) -> int:
        """How many rows are searched beside the indexes."""
        return len(self._tail[0][0]) if self._tail else 0

    @property
    def waiting(self) -> int:
        """How many prompts cannot be found by meaning yet."""
        return len(self.lacking.keys) + self.beyond

    def search(self, sought: Sequence[Sought]) -> list[Leg]:
        """For each query the prompts nearest to it, by their best view."""
        parts: list[list[tuple[Keys, Vectors]]] = [[] for _ in sought]
        asked = [
            [row for row, one in enumerate(sought) if one.query(at) is not None]
            for at in range(len(self._views))
        ]

        def ask(at: int) -> list[tuple[Keys, Vectors]]:
            return list(self._views[at].search([sought[row] for row in asked[at]], at))

        # Another program's answers are waited for: then the views are asked side by side.
        with beside(max(1, len(self._views)), long=self._waits) as pool:
            for rows, found in zip(asked, pool.map(ask, range(len(self._views))), strict=True):
                for row, part in zip(rows, found, strict=True):
                    parts[row].append(part)
        legs = [
            best_of(one.name, [*there, *self._newer(one)], one.weight)
            for one, there in zip(sought, parts, strict=True)
        ]
        return legs if self._scale is None else [self._scale.of(leg) for leg in legs]

    def _newer(self, one: Sought) -> Iterator[tuple[Keys, Vectors]]:
        """What is found among the rows beside the indexes."""
        for at, (keys, vectors, hubs) in enumerate(self._tail):
            if (query := one.query(at)) is not None:
                allow = one.allow
                rows = np.arange(len(keys)) if allow is None else np.flatnonzero(among(keys, allow))
                yield keys[rows], vectors[rows] @ query - HUBNESS * hubs[rows]

    def follow(self, keys: Keys, views: Sequence[Vectors], lacking: Lacking) -> None:
        """Take in rows the indexes lack: keys, the vectors of each view, and who has none."""
        self._tail = [(keys, vectors, hubness(vectors, self.sample)) for vectors in views]
        self.lacking = lacking


def none_yet(views: int, folder: Path, waiting: int = 0) -> Dense:
    """Indexes of nothing, where so many prompts wait for one."""
    dense = Dense(Stamp("", 0, 0, 0, 0), (), np.empty((0, 0), np.float32), nobody(views), folder)
    dense.beyond = waiting
    return dense


class DenseFactory:
    """Opens, builds and renews the indexes of one embedder."""

    def __init__(
        self,
        name: str,
        features: EmbedderFeatures,
        views: Sequence[View],
        *,
        store: Store,
        cache: VectorCache,
        folder: Path,
        make: MakeIndex,
        scaled: bool = False,
    ) -> None:
        self.name, self._scaled = name, scaled
        self._embedder = features.id
        self._dim = features.dim
        self._views = views
        self._store, self._cache, self._folder, self._make = store, cache, folder, make
        kinds = ",".join(view.recipe for view in views)
        self.recipe = f"1:{features.id}:{kinds}"

    @property
    def title(self) -> str:
        """The index in words, for people."""
        return self.name.partition("_")[0]

    def open(self) -> Dense | None:
        """The newest index that can be read, or None."""
        return readable(self._folder, self.name, self.recipe, self.load)

    def load(self, place: Path, stamp: Stamp) -> Dense:
        """Read an index of ours.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        own = np.load(place / "own.npz")
        keys = own["keys"]
        views: list[ViewIndex] = []
        for view in self._views:
            index = self._make(len(keys))
            index.load(place / view.name)
            if len(index) != len(keys):
                raise DataError(f"{place / view.name} does not hold what its header says")
            views.append(ViewIndex(index, keys, own[f"hubs-{view.name}"]))
        hashes = tuple(own[f"lacking-{view.name}"] for view in self._views)
        scale = scale_of(own["sample"], views[0].hubs) if self._scaled else None
        return Dense(stamp, views, own["sample"], Lacking(own["lacking"], hashes), place, scale)

    def build(self) -> Dense:
        """Build from the library and the vectors there are; the old index goes."""
        state = self._store.state()
        keys, hashes = self._gather(self._store.scan())
        there = self._present(hashes)
        last, total = int(keys[-1]) if len(keys) else 0, len(keys)
        lacking = Lacking(keys[~there], tuple(column[~there] for column in hashes))
        keys, hashes = keys[there], [column[there] for column in hashes]
        stamp = Stamp(self.recipe, state, last, total, len(keys))

        def fill(folder: Path) -> tuple[str, ...]:
            own: dict[str, Vectors | Keys] = {"keys": keys, "lacking": lacking.keys}
            for view, column in zip(self._views, lacking.hashes, strict=True):
                own[f"lacking-{view.name}"] = column
            sample: Vectors | None = None
            for view, column in zip(self._views, hashes, strict=True):
                vectors = self._vectors(column)
                sample = own["sample"] = spread(vectors) if sample is None else sample
                own[f"hubs-{view.name}"] = hubness(vectors, sample)
                index = self._make(len(keys))
                index.build(keys, vectors)
                (folder / view.name).mkdir()
                index.save(folder / view.name)
            np.savez(folder / "own.npz", **own)  # type: ignore[arg-type]
            return ("own.npz",)

        place = publish(self._folder, self.name, stamp, fill)
        sweep(self._folder, self.name, place)
        return opened(lambda: self.load(place, stamp), self.open)

    def follow(self, index: Dense, rows: Sequence[ScanRow]) -> None:
        """Let an index search rows it lacks, exactly, as far as they have vectors."""
        keys, hashes = self._gather(rows)
        there = self._present(hashes)
        vectors = [self._vectors(column[there]) for column in hashes]
        lacking = Lacking(keys[~there], tuple(column[~there] for column in hashes))
        index.follow(keys[there], vectors, lacking)

    def arrived(self, index: Dense) -> int:
        """How many prompts that lacked a vector have them all by now."""
        return int(self._present(index.lacking.hashes).sum()) if index.waiting else 0

    def recall(self, index: Dense) -> float | None:
        """The worst view's share of the true ten nearest, asked of a sample; None of nothing."""
        found = [
            sampled_recall(one.index, one.keys, partial(self._truth, view))
            for view, one in zip(self._views, index.views, strict=True)
        ]
        return min((share for share in found if share is not None), default=None)

    def _truth(self, view: View, keys: Keys) -> tuple[Keys, Vectors]:
        records = self._store.records(keys)
        hashes = text_hashes([view.text(record) for record in records])
        there = self._present([hashes])
        seqs = np.array([record.seq for record in records], dtype=np.int64)
        return seqs[there], self._vectors(hashes[there])

    def _gather(self, rows: Iterator[ScanRow] | Sequence[ScanRow]) -> tuple[Keys, list[Keys]]:
        """Numbers and, for each view, the hashes of the texts; pages keep memory flat."""
        keys: list[int] = []
        columns: list[list[Keys]] = [[] for _ in self._views]
        page: list[ScanRow] = []

        def close() -> None:
            for view, column in zip(self._views, columns, strict=True):
                column.append(text_hashes([view.text(row) for row in page]))
            page.clear()

        for row in rows:
            keys.append(row.seq)
            page.append(row)
            if len(page) == _BLOCK:
                close()
        close()
        return np.array(keys, dtype=np.int64), [np.concatenate(column) for column in columns]

    def _present(self, hashes: Sequence[Keys]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Which rows have a vector in each view."""
        there = np.ones(len(hashes[0]), dtype=bool)
        for column in hashes:
            there &= ~np.isin(column, self._cache.missing(self._embedder, column))
        return there

    def _vectors(self, hashes: Keys) -> Vectors:
        if not len(hashes):
            return np.empty((0, self._dim), dtype=np.float32)
        vectors = self._cache.get(self._embedder, hashes)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
