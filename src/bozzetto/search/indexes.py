"""The disposable indexes of a library: opened, followed, or built again, as they need."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np

from bozzetto.errors import BackendError, BozzettoError, SetupError
from bozzetto.ports import Embedder, EmbedderFeatures, TextIndex
from bozzetto.search.bulk import NAME, BulkFactory
from bozzetto.search.dense import Dense, DenseFactory, MakeIndex, none_yet
from bozzetto.search.examine import Factory, IndexState, compare, examine
from bozzetto.search.filling import StoredFactory
from bozzetto.search.folders import Stamp, changed, sweep
from bozzetto.search.lexical import Lexical, LexicalFactory
from bozzetto.search.stored import Kept, label
from bozzetto.search.views import ENGLISH, OWN, VIEWS
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Progress, Vectors

__all__ = ["LARGE", "Indexes"]

LARGE = 100_000
"""Prompts above which a static student stands in for the English embedder, and other languages
go through the bridge: embedding them all twice over would take hours."""

_FOLLOWED = 2_000
_FOLLOWED_SHARE = 20
_FOLLOWED_MOST = 5_000
"""Rows newer than an index are searched one by one up to so many, or one in so many, and no
more than the last."""

_CORE = 0
"""The view of the English embedder that a large library is searched by."""

_QUICK = 20_000
"""Prompts up to which an index is read in a few milliseconds: starting threads takes one."""


class Indexes:
    """The indexes of one library. Safe to share between threads."""

    def __init__(
        self,
        store: Store,
        cache: VectorCache,
        folder: Path,
        *,
        embedders: Mapping[str, EmbedderFeatures],
        vectors: MakeIndex,
        texts: Callable[[], TextIndex],
        student: Embedder | None = None,
        large: int = LARGE,
        kept: Kept | None = None,
        progress: Callable[[Progress], None] = lambda _: None,
        serving: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store, self._cache, self._embedders = store, cache, embedders
        self._serving = serving
        self._folder = folder
        self._kept = kept
        self._dense: dict[str, DenseFactory | StoredFactory] = {
            name: StoredFactory(
                label(name, features, kept),
                features,
                VIEWS[name],
                store=store,
                cache=cache,
                folder=folder,
                kept=kept,
                scaled=name == OWN,
                progress=progress,
            )
            if kept
            else DenseFactory(
                label(name, features, None),
                features,
                VIEWS[name],
                store=store,
                cache=cache,
                folder=folder,
                make=vectors,
                scaled=name == OWN,
            )
            for name, features in embedders.items()
        }
        self._bulk = self._bulk_of(student, vectors, progress) if student else None
        self._large = large
        self._lexical = LexicalFactory(store=store, folder=folder, make=texts)
        self._open_dense: dict[str, Dense] = {}
        self._open_lexical: Lexical | None = None
        self._seen: dict[str, int] = {}
        self._counted = (-1, 0)
        self._lock = threading.RLock()

    def _bulk_of(
        self, student: Embedder, make: MakeIndex, progress: Callable[[Progress], None]
    ) -> BulkFactory | StoredFactory:
        """What serves a library too large for its embedder."""
        features, view = self._embedders[ENGLISH], VIEWS[ENGLISH][_CORE]
        if self._kept is not None:
            return StoredFactory(
                label(NAME, features, self._kept),
                features,
                (view,),
                store=self._store,
                cache=self._cache,
                folder=self._folder,
                kept=self._kept,
                student=student,
                progress=progress,
            )
        return BulkFactory(
            features,
            student,
            view,
            store=self._store,
            cache=self._cache,
            folder=self._folder,
            make=make,
            progress=progress,
        )

    @property
    def bulk(self) -> BulkFactory | StoredFactory | None:
        """What builds the one vector index of a library that is large; None where it is not."""
        return self._bulk if self._bulk and self._count() > self._large else None

    def vectors(
        self, name: str, texts: Sequence[str], embed: Callable[[Sequence[str]], Vectors]
    ) -> Vectors:
        """Vectors of an embedder for texts: those that are kept, the others made now."""
        features, hashes = self._embedders[name], text_hashes(texts)
        out = np.empty((len(texts), features.dim), dtype=np.float32)
        absent = np.isin(hashes, self._cache.missing(features.id, hashes))
        if not absent.all():
            out[~absent] = self._cache.get(features.id, hashes[~absent])
        if absent.any():
            out[absent] = embed([texts[row] for row in np.flatnonzero(absent).tolist()])
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        return out

    def close(self) -> None:
        """Let go of a store's connections."""
        if self._kept is not None:
            self._kept.store.close()

    def forget(self) -> None:
        """Delete these indexes, collections in a store too: what they hold is nothing any more.

        Raises:
            SetupError, BackendError: the store cannot be reached, or refuses.
        """
        self._sweep(*(one.name for one in self._factories()))
        for factory in self._stored():
            factory.drop()

    def leave(self, others: Indexes) -> Iterator[tuple[str, BozzettoError]]:
        """Delete these indexes where others serve now, collections in a store too; what stayed.

        What both have is left alone: some choices name the same embedder.
        """
        theirs = {one.name for one in others._factories()}
        held = [pair for one in others._stored() for pair in one.held]
        self._sweep(*(one.name for one in self._factories() if one.name not in theirs))
        for factory in self._stored():
            try:
                factory.drop(held)
            except BozzettoError as error:
                yield f"{factory.title} in {factory.place}", error

    def _stored(self) -> Iterator[StoredFactory]:
        return (one for one in self._factories() if isinstance(one, StoredFactory))

    def _factories(self) -> Iterator[Factory]:
        yield from self._dense.values()
        if self._bulk is not None:
            yield self._bulk

    @property
    def large(self) -> bool:
        """Whether a look at the indexes takes so long that several should go on side by side."""
        far = self._kept is not None and self._kept.store.features.filters
        return far or self._count() > _QUICK

    def serves(self, name: str) -> bool:
        """Whether an embedder has an index in a library of this size."""
        return name in self._dense and (name in (ENGLISH, OWN) or self.bulk is None)

    def dense(self, name: str) -> Dense:
        """The vector indexes of an embedder, as new as the library and its vectors.

        In a large library nothing is built here: what there is serves until `refresh` is done.
        """
        with self._lock:
            state = self._store.state()
            factory, index = self._dense[name], self._open_dense.get(name)
            current = index is not None and self._seen[name] == state
            if (bulk := self.bulk) is not None:
                index = self._served(bulk, name, index, current=current)
            elif isinstance(factory, StoredFactory):
                index = self._there(factory, index)
            elif index is None or not current or factory.arrived(index):
                index = self._renewed(factory, index or factory.open())
            self._open_dense[name], self._seen[name] = index, state
            return index

    def _there(self, factory: StoredFactory, index: Dense | None) -> Dense:
        """What a store holds, up to date; in a large library as it is, with newer rows beside."""
        if index is None or not index.place.exists():
            index = factory.open()
        if index is None:
            self._expect_to_serve(factory)
            return factory.build()
        if self._count() <= self._large and not (factory.moved(index) or factory.arrived(index)):
            return index
        newer = list(islice(self._store.scan(index.stamp.max_seq), _FOLLOWED))
        if self._count() <= self._large:
            self._expect_to_serve(factory)
            index = factory.follow_or_build(index, newer)
        else:
            factory.follow(index, newer)
        index.beyond = max(0, self._count() - index.stamp.total - len(newer))
        return index

    def _expect_to_serve(self, factory: StoredFactory) -> None:
        """A store that another process has just left is not filled again."""
        if not self._serving():
            raise BackendError(
                f"the library is no longer searched in {factory.place}",
                hint="ask again",
                retryable=True,
            )

    def _served(
        self, bulk: BulkFactory | StoredFactory, name: str, index: Dense | None, *, current: bool
    ) -> Dense:
        """The index of a large library that is there, with as many newer rows as are sane."""
        if not self.serves(name):
            return none_yet(len(VIEWS[name]), self._folder)
        ours = index is not None and index.stamp.recipe == bulk.recipe and index.place.exists()
        if index is not None and ours and current:
            return index
        if not ours:
            index = bulk.open() or index or self._dense[name].open()
        if index is None:
            return none_yet(len(VIEWS[name]), self._folder, self._count())
        newer = list(islice(self._store.scan(index.stamp.max_seq), _FOLLOWED))
        if index.stamp.recipe == bulk.recipe:
            bulk.follow(index, newer)
        index.beyond = max(0, self._count() - index.stamp.total - index.followed)
        return index

    def _count(self) -> int:
        state = self._store.state()
        if self._counted[0] != state:
            self._counted = state, self._store.count()
        return self._counted[1]

    def _renewed(self, factory: DenseFactory, index: Dense | None) -> Dense:
        """The index with what it lacks, or a new one."""
        arrived = 0 if index is None else factory.arrived(index)
        rows = None if index is None else self._newer(index.stamp)
        if index is None or rows is None or arrived + index.followed > _limit(index.stamp):
            return factory.build()
        left_out = set(index.left_out.keys.tolist())
        # What follows is taken anew: some of it may have been deleted.
        renewed = bool(rows or arrived or index.followed)
        if left_out and renewed:
            rows = [row for row in self._store.scan() if row.seq in left_out] + rows
        if renewed:
            factory.follow(index, rows)
        return index

    def lexical(self) -> Lexical:
        """The text index, as new as the library; a large library's may be a little behind."""
        with self._lock:
            index = self._words_as_they_are()
            if index is None or (self.bulk is None and not self._words_near(index)):
                index = self._take_words(self._lexical.build())
            return index

    def _words_as_they_are(self) -> Lexical | None:
        """The text index there is, with newer rows beside it as far as that is sane."""
        state, index = self._store.state(), self._open_lexical
        if index is not None and index.place.exists() and self._seen["words"] == state:
            return index
        if index is None or not index.place.exists():
            index = self._lexical.open()
        if index is None:
            return None
        index.follow(list(islice(self._store.scan(index.stamp.max_seq), _limit(index.stamp))))
        self._open_lexical, self._seen["words"] = index, state
        return index

    def _words_near(self, index: Lexical) -> bool:
        """Whether what the index lacks can be searched beside it."""
        if index.stamp.state == self._store.state():
            return True
        return self._newer(index.stamp) is not None

    def _take_words(self, index: Lexical) -> Lexical:
        with self._lock:
            self._open_lexical, self._seen["words"] = index, index.stamp.state
            return index

    def refresh(self) -> None:
        """Bring every index up to date now, so that no search has to wait for it."""
        self.refresh_words()
        if (bulk := self.bulk) is not None:
            bulk.renew()
            self._sweep(*(one.name for one in self._dense.values()))
            self.dense(ENGLISH)
            return
        for name, factory in self._dense.items():
            index = self.dense(name)
            if isinstance(factory, StoredFactory) and (
                factory.moved(index) or not factory.whole(index)
            ):
                factory.build()  # searches do not wait for it, nor do they count
        self._sweep(NAME)

    def refresh_words(self) -> None:
        """Bring the text index up to date; searches go on with the old one meanwhile."""
        with self._lock:
            index = self._words_as_they_are()
        if index is None or not self._words_near(index):
            self._take_words(self._lexical.build())

    def _sweep(self, *names: str) -> None:
        """Delete the indexes of another size of library."""
        for name in names:
            sweep(self._folder, name, self._folder)

    def examine(self, *, whole: bool = False) -> tuple[IndexState, ...]:
        """How each index on the disk stands to the library; nothing is built or deleted.

        `whole` reads every byte of them.
        """
        words = self._examined(self._lexical, lambda _: None, whole)
        dense = self._dense.values() if self.bulk is None else (self.bulk,)
        return (words, *(self._examined(factory, _recall_of(factory), whole) for factory in dense))

    def _examined(
        self, factory: Factory, recall: Callable[[object], float | None], whole: bool
    ) -> IndexState:
        found = examine(self._folder, factory)
        if isinstance(found, IndexState):
            return found
        if whole and (broken := changed(found.place)):
            detail = f"not as it was written: {', '.join(broken)} in {found.place}"
            return IndexState(factory.title, "damaged", detail)
        state = replace(
            self._compared(factory.title, found.stamp),
            rows=found.stamp.rows,
            strong=found.stamp.strong,
            size=found.size(),
        )
        try:
            state = factory.counted(state) if isinstance(factory, StoredFactory) else state
            if state.rows and state.stored == 0:
                return state
            return replace(state, recall=recall(found.index))
        except (BackendError, SetupError) as error:
            return replace(state, state="unreachable", detail=error.message)

    def _compared(self, name: str, stamp: Stamp) -> IndexState:
        newer, count = self._newer(stamp), self._store.count()
        if newer is not None:
            return compare(name, stamp, len(newer), count)
        if self.bulk is not None:
            waiting = f"{max(0, count - stamp.total):,} prompts are not in it yet"
            return IndexState(name, "behind", f"{waiting}: bozzetto index build")
        detail = f"made for {stamp.total:,} prompts of which much has changed since"
        return IndexState(name, "stale", detail)

    def _newer(self, stamp: Stamp) -> list[ScanRow] | None:
        """The rows that came after an index, or None where it must be built anew."""
        limit = _limit(stamp)
        rows = list(islice(self._store.scan(stamp.max_seq), limit + 1))
        gone = stamp.total + len(rows) - self._store.count()
        return rows if len(rows) <= limit and 0 <= gone <= limit else None


def _recall_of(
    factory: DenseFactory | BulkFactory | StoredFactory,
) -> Callable[[object], float | None]:
    return lambda index: factory.recall(index) if isinstance(index, Dense) else None


def _limit(stamp: Stamp) -> int:
    return min(_FOLLOWED_MOST, max(_FOLLOWED, stamp.total // _FOLLOWED_SHARE))
