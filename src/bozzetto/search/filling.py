"""Collections of a vector store brought up to date with the library.

What the store was given is noted in a ledger, so that only what has changed goes over the
network, and a load that was broken off goes on; prompts that are gone are deleted there, what
people change of others is put anew. All of it may be dropped and filled anew at any time from
the vectors that are kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from bozzetto.ports import Embedder, EmbedderFeatures
from bozzetto.search.dense import Dense, Lacking
from bozzetto.search.examine import IndexState
from bozzetto.search.folders import Stamp, opened, publish, readable, sweep
from bozzetto.search.fuse import lookup
from bozzetto.search.hubs import hubness, scale_of, spread
from bozzetto.search.loading import Load, bring, joined
from bozzetto.search.recall import sampled_recall
from bozzetto.search.stored import Kept, StoredIndex, StoredView, collection_name
from bozzetto.search.views import View
from bozzetto.store.ledger import GONE, UNSURE
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Keys, Progress, StoreRows, Vectors

__all__ = ["StoredFactory"]

_BLOCK = 16_384

Marks = NDArray[np.bool_]


@dataclass(slots=True)
class _Gathered:
    """The library as it is to be: numbers, texts' hashes a view, facts, who has every vector.

    `hubs` has a row a view: how near to everything each prompt is whose vector was seen, else NaN.
    """

    keys: Keys
    hashes: list[Keys]
    facts: Keys
    there: Marks
    strong: Marks
    hubs: Vectors


class StoredFactory:
    """Opens the collections of one embedder, and brings them up to date with the library.

    With a `student` prompts that lack the embedder's vector have the student's until it comes.
    """

    def __init__(
        self,
        name: str,
        features: EmbedderFeatures,
        views: Sequence[View],
        *,
        store: Store,
        cache: VectorCache,
        folder: Path,
        kept: Kept,
        student: Embedder | None = None,
        scaled: bool = False,
        progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self.name, self._scaled = name, scaled
        self._features, self._views, self._student = features, views, student
        self._store, self._cache, self._folder, self._kept = store, cache, folder, kept
        self._progress = progress
        kinds = ",".join(view.recipe for view in views)
        stands_in = f"{student.features.id}:" if student else ""
        self._made_by = f"2:{stands_in}{features.id}:{kinds}"
        self._rated: tuple[Path | None, int] = None, -1

    @property
    def recipe(self) -> str:
        """What its notes are made by: a copy of a home does not take them for its own."""
        return f"{self._made_by}@{self._kept.address}#{self._kept.ledger.home()}"

    @property
    def title(self) -> str:
        """The index in words, for people."""
        return self.name.split("_")[2]

    @property
    def _apart(self) -> bool:
        """Whether searches only wait: what a store cannot filter is looked at here."""
        return self._kept.store.features.filters

    @property
    def place(self) -> str:
        """Where the store is, in words."""
        return self._kept.store.features.place

    @property
    def collections(self) -> tuple[str, ...]:
        """The collection of each view."""
        home = self._kept.ledger.home()
        return tuple(collection_name(home, self._made_by, view.name) for view in self._views)

    def open(self) -> Dense | None:
        """What was brought up to date last, or None; the store is not asked."""
        return readable(self._folder, self.name, self.recipe, self.load)

    def load(self, place: Path, stamp: Stamp) -> Dense:
        """Read what is noted of the collections.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        own = np.load(place / "own.npz")
        keys = own["keys"]
        views = [
            StoredView(
                StoredIndex(self._kept, name, len(keys)),
                keys,
                own[f"hubs-{view.name}"],
                partial(self._vectors_of, at),
            )
            for at, (view, name) in enumerate(zip(self._views, self.collections, strict=True))
        ]
        hashes = tuple(own[f"lacking-{view.name}"] for view in self._views)
        scale = scale_of(own["sample"], views[0].hubs) if self._scaled else None
        lacking = Lacking(own["lacking"], hashes)
        return Dense(stamp, views, own["sample"], lacking, place, scale, waits=self._apart)

    def moved(self, index: Dense) -> bool:
        """Whether anything of the library has changed since the collections were up to date."""
        return index.stamp.state != self._store.state() or self._ratings(index.place) != (
            self._store.ratings()
        )

    def _ratings(self, place: Path) -> int:
        if self._rated[0] != place:
            try:
                self._rated = place, int(np.load(place / "own.npz")["ratings"])
            except (OSError, ValueError, KeyError):
                return -1
        return self._rated[1]

    def whole(self, index: Dense) -> bool:
        """Whether the store holds as many rows as are noted."""
        return all(
            there == len(view.keys) for there, view in zip(self.counts(), index.views, strict=True)
        )

    def build(self) -> Dense:
        """Bring the collections up to date, and open them.

        Raises:
            SetupError, BackendError: the store cannot be written to; run again, it goes on.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._lock():
            return self._built()

    def follow_or_build(self, index: Dense, newest: Sequence[ScanRow]) -> Dense:
        """For a search: up to date, or with the newest rows beside it while somebody is at it."""
        try:
            with self._lock().acquire(timeout=0):
                return self._built()
        except Timeout:
            self.follow(index, newest)
            return index

    def _lock(self) -> FileLock:
        return FileLock(self._folder / f"{self.name}.lock")

    def _built(self) -> Dense:
        state, ratings = self._store.state(), self._store.ratings()
        rows, before = self._gather(), self.open()
        sample = before.sample if before and len(before.sample) else self._sample(rows)
        kept = self._kept
        for at, collection in enumerate(self.collections):
            self._bring(kept, collection, at, rows, sample)
        own = {"sample": sample, "ratings": np.array(ratings)}
        for at, view in enumerate(self._views):
            own[f"hubs-{view.name}"] = self._hubs(at, rows, sample, before)
        place, stamp = self._publish(rows, state, own)
        return opened(lambda: self.load(place, stamp), self.open)

    renew = build

    def follow(self, index: Dense, rows: Sequence[ScanRow]) -> None:
        """Let an index search rows that the store lacks, exactly, as far as they have vectors."""
        keys = np.array([row.seq for row in rows], dtype=np.int64)
        hashes = [text_hashes([view.text(row) for row in rows]) for view in self._views]
        there, strong = self._present(hashes)
        vectors = [
            self._vectors(view, column[there], strong[there], keys[there])
            for view, column in zip(self._views, hashes, strict=True)
        ]
        lacking = Lacking(keys[~there], tuple(column[~there] for column in hashes))
        index.follow(keys[there], vectors, lacking)

    def arrived(self, index: Dense) -> int:
        """How many prompts that lacked a vector have them all by now."""
        if not index.waiting or not index.lacking.hashes:
            return 0
        return int(self._present(index.lacking.hashes)[0].sum())

    def recall(self, index: Dense) -> float | None:
        """The worst view's share of the true ten nearest, asked of a sample; None of nothing."""
        found = [
            sampled_recall(one.index, one.keys, partial(self._vectors_of, at))
            for at, one in enumerate(index.views)
        ]
        return min((share for share in found if share is not None), default=None)

    def counts(self) -> tuple[int | None, ...]:
        """How many rows the store says that each collection holds; None of what is not there."""
        return tuple(map(self._kept.store.count, self.collections))

    def counted(self, state: IndexState) -> IndexState:
        """What is known of the index, with what the store itself says that it holds."""
        counts = self.counts()
        fewest = min((count or 0 for count in counts), default=0)
        detail = f"{state.detail}; {self.place} holds {fewest:,} of {state.rows:,}"
        if all(count == state.rows for count in counts):
            return replace(state, stored=fewest, detail=detail)
        return replace(
            state, state="stale", stored=fewest, detail=f"{detail}: bozzetto index build"
        )

    @property
    def held(self) -> frozenset[tuple[str, str]]:
        """The collections with the address of their store: others may be searched by the same."""
        return frozenset((self._kept.address, name) for name in self.collections)

    def drop(self, besides: Collection[tuple[str, str]] = ()) -> None:
        """Delete the collections there, and what is noted of them, besides some."""
        for address, name in sorted(self.held.difference(besides)):
            self._kept.store.drop(name)
            self._kept.ledger.forget(address, name)

    # What there is to be

    def _gather(self) -> _Gathered:
        keys: list[Keys] = []
        columns: list[list[Keys]] = [[] for _ in self._views]
        facts: list[Keys] = []
        rows = self._store.scan()
        while page := list(islice(rows, _BLOCK)):
            told = self._store.facts([row.seq for row in page])
            page = [row for row in page if row.seq in told]  # the others went since
            keys.append(np.array([row.seq for row in page], dtype=np.int64))
            facts.append(text_hashes([repr(told[row.seq]) for row in page]))
            for view, column in zip(self._views, columns, strict=True):
                column.append(text_hashes([view.text(row) for row in page]))
        hashes = [joined(column) for column in columns]
        there, strong = self._present(hashes)
        hubs = np.full((len(hashes), len(there)), np.nan, dtype=np.float32)
        return _Gathered(joined(keys), hashes, joined(facts), there, strong, hubs)

    def _present(self, hashes: Sequence[Keys]) -> tuple[Marks, Marks]:
        """Who can be put in, and who of them has the embedder's own vectors."""
        strong = np.ones(len(hashes[0]), dtype=bool)
        for column in hashes:
            strong &= ~np.isin(column, self._cache.missing(self._features.id, column))
        return (strong if self._student is None else np.ones(len(strong), dtype=bool)), strong

    # Bringing it there

    def _bring(
        self, kept: Kept, collection: str, at: int, rows: _Gathered, sample: Vectors
    ) -> None:
        """Give a collection what it lacks, and take what is gone."""
        places = np.flatnonzero(rows.there)
        load = Load(
            collection,
            self._features.dim,
            rows.keys[places],
            _digests(rows, at),
            lambda some: self._rows(at, rows, places[some], sample),
        )
        bring(kept, load, partial(self._tell, at))

    def _rows(self, at: int, rows: _Gathered, some: Keys, sample: Vectors) -> StoreRows:
        """What a store is given of some prompts, as far as they are still there."""
        keys = rows.keys[some]
        vectors = self._vectors(self._views[at], rows.hashes[at][some], rows.strong[some], keys)
        rows.hubs[at][some] = hubness(vectors, sample)
        facts = self._store.facts(keys.tolist())
        good = vectors.any(axis=1) & np.isin(keys, np.fromiter(facts, np.int64, len(facts)))
        keys = keys[good]
        return StoreRows(keys, vectors[good], [facts[key] for key in keys.tolist()])

    def _vectors(self, view: View, hashes: Keys, strong: Marks, keys: Keys) -> Vectors:
        """Unit vectors: the embedder's own, or the student's of the texts of those keys.

        Zeros for a prompt that went meanwhile.
        """
        vectors = np.zeros((len(hashes), self._features.dim), dtype=np.float32)
        kept = strong & ~np.isin(hashes, self._cache.missing(self._features.id, hashes))
        if kept.any():
            vectors[kept] = self._cache.get(self._features.id, hashes[kept])
        if self._student is not None and not strong.all():
            rows = self._store.rows(keys[~strong])
            at = np.searchsorted(keys, np.array([row.seq for row in rows], dtype=np.int64))
            vectors[at] = self._student.embed([view.text(row) for row in rows])
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.where(norms > 0, norms, 1)
        return vectors

    def _vectors_of(self, at: int, keys: Keys) -> tuple[Keys, Vectors]:
        """Keys to those still there with a vector of a view, ascending, and these vectors."""
        rows = self._store.rows(keys)
        hashes = text_hashes([self._views[at].text(row) for row in rows])
        there, strong = self._present([hashes])
        seqs = np.array([row.seq for row in rows], dtype=np.int64)[there]
        return seqs, self._vectors(self._views[at], hashes[there], strong[there], seqs)

    # What is noted here

    def _publish(
        self, rows: _Gathered, state: int, own: dict[str, Vectors | Keys]
    ) -> tuple[Path, Stamp]:
        own["keys"], own["lacking"] = rows.keys[rows.there], rows.keys[~rows.there]
        for at, view in enumerate(self._views):
            own[f"lacking-{view.name}"] = rows.hashes[at][~rows.there]
        last = int(rows.keys[-1]) if len(rows.keys) else 0
        strong = int(rows.strong[rows.there].sum()) if self._student else 0
        stamp = Stamp(self.recipe, state, last, len(rows.keys), len(own["keys"]), strong)

        def fill(folder: Path) -> tuple[str, ...]:
            np.savez(folder / "own.npz", **own)  # type: ignore[arg-type]
            return ("own.npz",)

        place = publish(self._folder, self.name, stamp, fill)
        sweep(self._folder, self.name, place)
        return place, stamp

    def _sample(self, rows: _Gathered) -> Vectors:
        """Vectors spread evenly over the library, against which hubness is measured."""
        chosen = spread(np.flatnonzero(rows.there))
        keys = rows.keys[chosen]
        hashes, strong = rows.hashes[0][chosen], rows.strong[chosen]
        return self._vectors(self._views[0], hashes, strong, keys)

    def _hubs(self, at: int, rows: _Gathered, sample: Vectors, before: Dense | None) -> Vectors:
        """How near to everything each prompt is; who was not sent now has that of before."""
        chosen = np.flatnonzero(rows.there)
        keys = rows.keys[chosen]
        hubs: Vectors = rows.hubs[at][chosen]
        if before is not None and len(before.sample):
            old = before.views[at]
            hubs = np.where(np.isnan(hubs), lookup(old.keys, old.hubs, keys, np.nan), hubs)
        new = np.flatnonzero(np.isnan(hubs))
        for start in range(0, len(new), _BLOCK):
            some = new[start : start + _BLOCK]
            picked = chosen[some]
            vectors = self._vectors(
                self._views[at], rows.hashes[at][picked], rows.strong[picked], keys[some]
            )
            hubs[some] = hubness(vectors, sample)
        return hubs

    def _tell(self, at: int, done: int, total: int, message: str = "") -> None:
        what = f"{self.title}, {self._views[at].name}, in {self._kept.store.features.place}"
        said = f"{what}: {message}" if message else None
        self._progress(Progress(what, done, total, message=said))


def _digests(rows: _Gathered, at: int) -> Keys:
    """A number for each row to be put in that changes with its vector and its facts."""
    there = rows.there
    mixed = rows.hashes[at][there] * np.int64(3) ^ rows.facts[there] ^ rows.strong[there]
    return np.where((mixed == GONE) | (mixed == UNSURE), mixed + 2, mixed)
