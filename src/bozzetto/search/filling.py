"""Collections of a vector store brought up to date with the library.

What the store was given is noted in a ledger, so that only what has changed goes over the
network, and a load that was broken off goes on; prompts that are gone are deleted there, what
people change of others is put anew. All of it may be dropped and filled anew at any time from
the vectors that are kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from bozzetto.errors import DataError
from bozzetto.ports import Embedder, EmbedderFeatures
from bozzetto.search.dense import Dense, Lacking
from bozzetto.search.folders import Stamp, newest, opened, publish, sweep
from bozzetto.search.fuse import among, lookup
from bozzetto.search.hubs import hubness, scale_of, spread
from bozzetto.search.recall import sampled_recall
from bozzetto.search.stored import Kept, StoredIndex, StoredView, collection_name
from bozzetto.search.views import View
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Keys, Progress, StoreRows, Vectors

__all__ = ["StoredFactory"]

_BLOCK = 16_384

Marks = NDArray[np.bool_]


@dataclass(slots=True)
class _Gathered:
    """The library as it is to be: numbers, texts' hashes a view, facts, who has every vector."""

    keys: Keys
    hashes: list[Keys]
    facts: Keys
    there: Marks
    strong: Marks


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
        self.recipe = f"{self._made_by}@{kept.address}"

    @property
    def title(self) -> str:
        """The index in words, for people."""
        return self.name.split("_")[2]

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
        for place, stamp in newest(self._folder, self.name, self.recipe):
            try:
                return self.load(place, stamp)
            except (DataError, OSError, ValueError, KeyError):
                continue
        return None

    def load(self, place: Path, stamp: Stamp) -> Dense:
        """Read what is noted of the collections.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        own = np.load(place / "own.npz")
        keys = own["keys"]
        views = [
            StoredView(
                StoredIndex(self._kept.store, name, len(keys)),
                keys,
                own[f"hubs-{view.name}"],
                partial(self._vectors_of, at),
            )
            for at, (view, name) in enumerate(zip(self._views, self.collections, strict=True))
        ]
        hashes = tuple(own[f"lacking-{view.name}"] for view in self._views)
        scale = scale_of(own["sample"], views[0].hubs) if self._scaled else None
        return Dense(stamp, views, own["sample"], Lacking(own["lacking"], hashes), place, scale)

    def moved(self, index: Dense) -> bool:
        """Whether anything of the library has changed since the collections were up to date."""
        return index.stamp.state != self._store.state() or self._ratings(index.place) != (
            self._store.ratings()
        )

    def _ratings(self, place: Path) -> int:
        try:
            return int(np.load(place / "own.npz")["ratings"])
        except (OSError, ValueError, KeyError):
            return -1

    def build(self) -> Dense:
        """Bring the collections up to date, and open them.

        Raises:
            SetupError, BackendError: the store cannot be written to; run again, it goes on.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / f"{self.name}.lock"):
            state, ratings = self._store.state(), self._store.ratings()
            rows = self._gather()
            for at, collection in enumerate(self.collections):
                self._bring(collection, at, rows)
            place, stamp = self._publish(rows, state, ratings)
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

    def drop(self) -> tuple[str, ...]:
        """Delete the collections there, and what is noted of them; which there were."""
        names = self.collections
        for name in names:
            self._kept.store.drop(name)
            self._kept.ledger.forget(self._kept.address, name)
        return names

    # What there is to be

    def _gather(self) -> _Gathered:
        keys: list[Keys] = []
        columns: list[list[Keys]] = [[] for _ in self._views]
        facts: list[Keys] = []
        rows, told = self._store.scan(), self._store.scan_facts()
        while page := list(islice(rows, _BLOCK)):
            said = list(islice(told, len(page)))
            if [seq for seq, _ in said] != [row.seq for row in page]:
                raise DataError("the library changed while it was read", hint="run it again")
            keys.append(np.array([row.seq for row in page], dtype=np.int64))
            facts.append(text_hashes([repr(one) for _, one in said]))
            for view, column in zip(self._views, columns, strict=True):
                column.append(text_hashes([view.text(row) for row in page]))
        joined = [_joined(column) for column in columns]
        there, strong = self._present(joined)
        return _Gathered(_joined(keys), joined, _joined(facts), there, strong)

    def _present(self, hashes: Sequence[Keys]) -> tuple[Marks, Marks]:
        """Who can be put in, and who of them has the embedder's own vectors."""
        strong = np.ones(len(hashes[0]), dtype=bool)
        for column in hashes:
            strong &= ~np.isin(column, self._cache.missing(self._features.id, column))
        return (strong if self._student is None else np.ones(len(strong), dtype=bool)), strong

    # Bringing it there

    def _bring(self, collection: str, at: int, rows: _Gathered) -> None:
        """Give a collection what it lacks, and take from it what is gone."""
        kept, address = self._kept, self._kept.address
        wanted = rows.keys[rows.there]
        digests = _digests(rows, at)
        kept.ledger.begin(address, collection, self._features.dim)
        kept.store.create(collection, self._features.dim, len(wanted))
        given, said = self._given(collection)
        gone = given[~among(given, wanted)] if len(given) else given
        if len(gone) and not kept.store.features.deletes:
            self._empty(collection, len(wanted))
            given, said, gone = given[:0], said[:0], gone[:0]
        elif len(gone):
            kept.store.delete(collection, gone)
            kept.ledger.take(address, collection, gone)
        changed = _differ(given, said, wanted, digests)
        self._put(collection, at, np.flatnonzero(rows.there)[changed], digests[changed], rows)
        noted = next(one for one in kept.ledger.collections(address) if one.name == collection)
        if changed.any() or not noted.finished:
            self._tell(collection, len(wanted), len(wanted), f"building the index of {collection}")
            kept.store.finish(collection)
            kept.ledger.finished(address, collection)

    def _given(self, collection: str) -> tuple[Keys, Keys]:
        """What the collection was given; nothing where the store has lost some of it."""
        kept = self._kept
        given, said = kept.ledger.given(kept.address, collection)
        there = kept.store.count(collection)
        if len(given) and (there is None or there < len(given)):
            kept.ledger.forget(kept.address, collection)
            kept.ledger.begin(kept.address, collection, self._features.dim)
            return given[:0], said[:0]
        return given, said

    def _empty(self, collection: str, rows: int) -> None:
        kept = self._kept
        kept.store.drop(collection)
        kept.ledger.forget(kept.address, collection)
        kept.ledger.begin(kept.address, collection, self._features.dim)
        kept.store.create(collection, self._features.dim, rows)

    def _put(self, collection: str, at: int, chosen: Keys, digests: Keys, rows: _Gathered) -> None:
        """Put rows in batches; each is noted as soon as the store has it."""
        kept, view = self._kept, self._views[at]
        batch = min(kept.store.features.batch, _BLOCK)
        done = 0
        for start in range(0, len(chosen), batch):
            some = chosen[start : start + batch]
            keys = rows.keys[some]
            vectors = self._vectors(view, rows.hashes[at][some], rows.strong[some], keys)
            facts = self._store.facts(keys.tolist())
            known = [facts.get(key) for key in keys.tolist()]
            good = [n for n, one in enumerate(known) if one is not None]  # the others went since
            told = StoreRows(keys[good], vectors[good], [one for one in known if one is not None])
            kept.store.put(collection, told)
            kept.ledger.give(kept.address, collection, keys[good], digests[start:][good])
            done += len(some)
            self._tell(collection, done, len(chosen))

    def _vectors(self, view: View, hashes: Keys, strong: Marks, keys: Keys) -> Vectors:
        """Unit vectors: the embedder's own, or the student's of the texts of those keys."""
        vectors = np.empty((len(hashes), self._features.dim), dtype=np.float32)
        if strong.any():
            vectors[strong] = self._cache.get(self._features.id, hashes[strong])
        if self._student is not None and not strong.all():
            records = self._store.records(keys[~strong])
            texts = [view.text(record) for record in records]
            vectors[np.flatnonzero(~strong)[: len(texts)]] = self._student.embed(texts)
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors /= np.where(norms > 0, norms, 1)
        return vectors

    def _vectors_of(self, at: int, keys: Keys) -> tuple[Keys, Vectors]:
        """Keys to those still there with a vector of a view, and these vectors."""
        records = self._store.records(keys)
        hashes = text_hashes([self._views[at].text(record) for record in records])
        there, strong = self._present([hashes])
        seqs = np.array([record.seq for record in records], dtype=np.int64)[there]
        vectors = self._vectors(self._views[at], hashes[there], strong[there], seqs)
        order = np.argsort(seqs)
        return seqs[order], vectors[order]

    # What is noted here

    def _publish(self, rows: _Gathered, state: int, ratings: int) -> tuple[Path, Stamp]:
        before = self.open()
        keys = rows.keys[rows.there]
        last = int(rows.keys[-1]) if len(rows.keys) else 0
        strong = int(rows.strong[rows.there].sum()) if self._student else 0
        stamp = Stamp(self.recipe, state, last, len(rows.keys), len(keys), strong)
        own: dict[str, Vectors | Keys] = {
            "keys": keys,
            "lacking": rows.keys[~rows.there],
            "ratings": np.array(ratings),
        }
        sample = before.sample if before and len(before.sample) else self._sample(rows)
        own["sample"] = sample
        for at, view in enumerate(self._views):
            own[f"lacking-{view.name}"] = rows.hashes[at][~rows.there]
            own[f"hubs-{view.name}"] = self._hubs(at, rows, sample, before)

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
        """How near to everything each prompt is; those of before are taken over."""
        chosen = np.flatnonzero(rows.there)
        keys = rows.keys[chosen]
        old = before.views[at] if before and len(before.sample) else None
        hubs = lookup(old.keys, old.hubs, keys, np.nan) if old else np.full(len(keys), np.nan)
        new = np.flatnonzero(np.isnan(hubs))
        for start in range(0, len(new), _BLOCK):
            some = new[start : start + _BLOCK]
            picked = chosen[some]
            vectors = self._vectors(
                self._views[at], rows.hashes[at][picked], rows.strong[picked], keys[some]
            )
            hubs[some] = hubness(vectors, sample)
        return hubs.astype(np.float32)

    def _tell(self, collection: str, done: int, total: int, message: str = "") -> None:
        place = self._kept.store.features.place
        self._progress(Progress(f"{place}: {collection}", done, total, message=message))


def _joined(parts: Sequence[Keys]) -> Keys:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _digests(rows: _Gathered, at: int) -> Keys:
    """A number for each row to be put in that changes with its vector and its facts."""
    there = rows.there
    mixed = rows.hashes[at][there] * np.int64(3) ^ rows.facts[there] ^ rows.strong[there]
    return np.where(mixed == 0, 1, mixed)


def _differ(given: Keys, said: Keys, wanted: Keys, digests: Keys) -> Marks:
    """Which of the wanted rows are not there, or with another content; both keys ascend."""
    if not len(given):
        return np.ones(len(wanted), dtype=bool)
    at = np.minimum(np.searchsorted(given, wanted), len(given) - 1)
    same: Marks = (given[at] == wanted) & (said[at] == digests)
    return ~same
