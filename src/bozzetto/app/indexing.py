"""Embeddings and indexes of one home: made, renewed, and handed to the search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import TypeVar, cast

import numpy as np

from bozzetto.app.choices import Choices
from bozzetto.app.counts import library_counts, library_phrases
from bozzetto.app.parts import EMBEDDERS, load_bridge, open_embedder
from bozzetto.app.phrasing import LibraryPhrases
from bozzetto.app.proof import PROBE, alike, vector_of
from bozzetto.app.served import InForce, Parts, Served
from bozzetto.app.serving import Serving, read, waiting, wished, write
from bozzetto.config import Settings
from bozzetto.embed.lexicon import Wording
from bozzetto.embed.student import Student
from bozzetto.embed.texts import Progress as EmbedProgress
from bozzetto.embed.texts import embed_texts
from bozzetto.errors import InputError, SetupError
from bozzetto.optimize.translate import translate_each
from bozzetto.plugins import load
from bozzetto.ports import Embedder, EmbedderFeatures, TextIndex, VectorIndex
from bozzetto.search.engine import Searcher
from bozzetto.search.examine import IndexState
from bozzetto.search.indexes import Indexes
from bozzetto.search.views import ENGLISH, MANY, OWN, texts_of
from bozzetto.store.ledger import FILE as LEDGER
from bozzetto.store.ledger import Ledger
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import Hashes, VectorCache, text_hashes
from bozzetto.types import Progress, PromptRecord

__all__ = ["VECTORS", "Indexing"]

T = TypeVar("T")

EXACT_UP_TO = 50_000
"""Rows up to which every vector is looked at: quicker than loading an index library."""

_SCANNED = 20_000

_RENEWED_AFTER = 100_000
"""Texts after which a large library's index takes in their vectors; then at each doubling."""

VECTORS = "vectors.sqlite"
INDEXES = "indexes"
KEPT = "cache"


class Indexing:
    """What makes a library searchable by meaning and by words."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        progress: Callable[[Progress], None],
        cache: VectorCache | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._progress = progress
        self._cache = cache or VectorCache(settings.home / VECTORS)
        self.folder = settings.home / INDEXES
        self._kept = settings.home / KEPT
        self.ledger = Ledger(settings.home / LEDGER, looking=cache is not None)
        self._choices = Choices(settings, self.ledger)
        parts = Parts(self._choices.own, self._indexes_of, self._searcher_of)
        self._in_force = InForce(settings.home, parts)

    def close(self) -> None:
        """Let go of the files, and of a store."""
        self._in_force.close()
        self.ledger.close()
        self._cache.close()

    # Who embeds, and where vectors are searched

    @property
    def serving(self) -> Serving:
        """What the library is searched by now; another process may put something else in force."""
        return self._in_force.serving

    @property
    def _indexes(self) -> Indexes:
        return self._in_force.now.indexes

    @property
    def wish(self) -> Serving:
        """What the settings ask for."""
        return wished(self._settings, self.serving)

    def wish_that_waits(self) -> str | None:
        """What a person is told where the settings ask for something else than what serves."""
        return waiting(self.serving, self.wish)

    @property
    def names(self) -> tuple[str, ...]:
        """The embedders the library is read with."""
        return (OWN,) if self.serving.embedder else EMBEDDERS

    def _embedder(self, name: str) -> Embedder:
        return self._in_force.now.own if name == OWN else open_embedder(name, self._kept)

    def _features(self, name: str) -> EmbedderFeatures:
        """The features of an embedder; one that was named is not opened for it."""
        return self.serving.features if name == OWN else open_embedder(name, self._kept).features

    def _adopt(self) -> None:
        """In a home where nothing was embedded yet the settings' wish serves from the start."""
        wish = self.wish
        if wish.same(self.serving) or any(
            self._cache.size(self._features(n).id) for n in EMBEDDERS
        ):
            return
        if read(self._settings.home) is None:
            target = self._choices.complete(wish)
            self._trusted(target)
            write(self._settings.home, target)

    def move(self, wish: Serving, *, embed: bool = True, anew: bool = False) -> None:
        """Bring a wish about; what serves now serves until all is there. Resumable.

        `anew` holds the embedder against its vectors even where it is the one that serves.

        Raises:
            InputError: another embedder is wished, and nothing may be embedded.
            SetupError, BackendError: it cannot be done; run again, it goes on.
        """
        before = self.serving
        stays = wish.embedder == before.embedder and not anew
        target = self._choices.there(wish, before) if stays else self._choices.complete(wish)
        if not stays and not self._trusted(target):
            self._indexes_of(target, coming=True).forget()
        if target == before:
            return
        if target.embedder != before.embedder and not embed:
            raise InputError(
                "another embedder needs every prompt embedded anew", hint="leave out --no-embed"
            )
        if target.embedder:
            embedder = self._choices.embedder(target.embedder) if embed else None
            if embedder is not None:
                self._embed_by(embedder, target.embedder, self._texts(OWN))
        elif before.embedder:
            for name in EMBEDDERS:
                self._embed(name, self._texts(name))
        old = self._left()
        new = self._indexes_of(target, coming=True)
        new.refresh()
        new.close()  # a folder may be open once
        write(self._settings.home, target)
        for place, error in old.leave(new) if old else ():
            self._progress(Progress("index", 0, message=f"{place} was left as it is: {error}"))

    def _trusted(self, target: Serving) -> bool:
        """Whether what is kept under an embedder's name is its own; it is forgotten where not."""
        if not target.embedder:
            return True
        hashes, made = text_hashes([PROBE]), vector_of(target.probe)[None, :]
        known = not len(self._cache.missing(target.id, hashes))
        good = not known or alike(self._cache.get(target.id, hashes)[0], made[0])
        if not good:
            self._cache.keep_only(target.id, hashes[:0])
        self._cache.put(target.id, hashes, made)
        return good

    def _left(self) -> Indexes | None:
        """The indexes that serve; None where their store cannot even be opened."""
        try:
            return self._indexes
        except SetupError as error:
            self._progress(Progress("index", 0, message=f"left as it is: {error}"))
            return None

    def drop(self, address: str) -> tuple[str, ...]:
        """Delete all that was made for this home in a store; which collections there were.

        Those that are noted, and those that carry this home's name: a note may have been lost.
        """
        kept = self._choices.kept(address)
        if kept is None:
            return ()
        try:
            prefix = f"bozzetto_{self.ledger.home()}_"
            noted = {one.name for one in self.ledger.collections(address)}
            names = sorted(noted | set(kept.store.collections(prefix)))
            there = [name for name in names if kept.store.count(name) is not None]
            serving = self.serving
            if serving.vectors == address:  # before they go: who searches must not miss them
                self.move(replace(serving, vectors=""), embed=False)
            for name in names:
                kept.store.drop(name)
                self.ledger.forget(address, name)
        finally:
            kept.store.close()
        return tuple(there)

    @cached_property
    def _student(self) -> Student:
        return Student()

    def _indexes_of(self, serving: Serving, *, coming: bool = False) -> Indexes:
        """The indexes that some choice asks for; those `coming` are filled before they serve."""
        own = bool(serving.embedder)
        builtin = {name: open_embedder(name, self._kept).features for name in EMBEDDERS}
        return Indexes(
            self._store,
            self._cache,
            self.folder,
            embedders={OWN: serving.features} if own else builtin,
            vectors=_make_index,
            texts=lambda: cast(TextIndex, load("texts", "tantivy")()),
            student=None if own else self._student,
            kept=self._choices.kept(serving.vectors),
            progress=self._progress,
            serving=lambda: coming or self.serving == serving,
        )

    @property
    def searcher(self) -> Searcher:
        """The search by what serves now; where another may come meanwhile, `ask`."""
        return self._in_force.now.searcher

    def ask(self, work: Callable[[Searcher], T]) -> T:
        """What a search over this home gives, by what serves it at that moment."""
        return self._in_force.ask(work)

    def _searcher_of(self, served: Served) -> Searcher:
        builtin = {name: open_embedder(name, self._kept) for name in EMBEDDERS}
        wording = Wording(*builtin.values())
        own = bool(served.serving.embedder)
        return Searcher(
            self._store,
            served.indexes,
            embedders={OWN: served.own} if own else builtin,
            bridge=None if own else lambda vectors: load_bridge().map(vectors),
            translate=self._english,
            held=wording.held,
            answers=wording.answers,
            look=self._student.embed,
            learn=wording.learn,
        )

    def _english(self, texts: Sequence[tuple[str, str]]) -> list[str | None]:
        said = translate_each(texts, self.phrase_book)
        return [
            new if new != old else None for (old, _), (new, *_) in zip(texts, said, strict=True)
        ]

    @cached_property
    def phrase_book(self) -> LibraryPhrases:
        """English phrases for foreign ones; nothing is read before it is asked."""
        return LibraryPhrases(
            self._store, self._cache, self.folder, open_embedder(MANY, self._kept)
        )

    def warm(self) -> None:
        """Put together what searches and writers share, which no two threads may do at once."""
        self.searcher  # noqa: B018
        self.phrase_book  # noqa: B018

    def embed(self) -> None:
        """Embed what has no vector yet, then bring every index up to date.

        Vectors that nothing asks for any more, as those of deleted prompts, go at the end:
        texts are shared between prompts, so only a look at all of them tells which. A large
        library is indexed by its student first, and better while the embedder goes through it.
        """
        self._adopt()
        serving, state, names = self.serving, self._store.state(), self.names
        asked: dict[str, list[Hashes]] = {name: [] for name in (*names, MANY)}
        large = self._indexes.bulk is not None
        if large:
            self._indexes.refresh()
        self._embed(MANY, _noting(library_phrases(self._store, self.folder), asked[MANY]))
        library_counts(self._store, self.folder)
        for name in (ENGLISH,) if large else names:
            texts = self._texts(name, 1 if large else None)
            self._embed(name, _noting(texts, asked[name]), self._refining() if large else None)
        self._indexes.refresh()
        # Else somebody's new vectors might be among them.
        if (self._store.state(), self.serving) == (state, serving):
            for name in names:  # what others have embedded is kept, for a way back
                hashes = np.concatenate([text_hashes([PROBE]), *asked[name]])
                self._cache.keep_only(self._features(name).id, hashes)

    def embed_few(self, records: Sequence[PromptRecord]) -> None:
        """Embed some prompts alone; searches find them at once, without a look at all others."""
        large = self._indexes.bulk is not None
        for name in (ENGLISH,) if large else self.names:
            for record in records:
                row = ScanRow(record.seq, record.id, record.text, record.core)
                self._embed(name, texts_of(name, row)[: 1 if large else None])

    def refresh(self) -> None:
        """Bring every index up to date with the vectors there are."""
        self._indexes.refresh()

    def _refining(self) -> Callable[[EmbedProgress], None]:
        """Tells how far the embedder is, and renews the index each time that doubles."""
        tell, due = self._tell(ENGLISH), [_RENEWED_AFTER]

        def refine(step: EmbedProgress) -> None:
            tell(step)
            if step.done >= due[0]:
                due[0] = 2 * step.done
                self._indexes.refresh()

        return refine

    def _embed(
        self,
        name: str,
        texts: Iterable[str],
        progress: Callable[[EmbedProgress], None] | None = None,
    ) -> None:
        if name == OWN:
            self._embed_by(self._embedder(OWN), self.serving.embedder, texts)
            return
        embed_texts(
            open_embedder(name, self._kept),
            self._cache,
            texts,
            name=f"{name}:{self._kept}",
            progress=progress or self._tell(name),
            processes=self._settings.workers or None,
        )

    def _embed_by(self, embedder: Embedder, name: str, texts: Iterable[str]) -> None:
        """Embed by an embedder that was named; processes of ours are of use to a local one."""
        embed_texts(
            embedder,
            self._cache,
            texts,
            name="" if embedder.features.remote else name,
            progress=self._tell(name),
            processes=self._settings.workers or None,
        )

    def refresh_words(self) -> None:
        """Bring the text index up to date."""
        self._indexes.refresh_words()

    def examine(self, *, whole: bool = False) -> tuple[IndexState, ...]:
        """How each index on the disk stands to the library; `whole` reads every byte."""
        return self._indexes.examine(whole=whole)

    @property
    def large(self) -> bool:
        """Whether the library is searched by its student's vectors where there are no better."""
        return self._indexes.bulk is not None

    def waiting(self) -> int:
        """How many prompts lack a vector, of the first embedder that lacks any."""
        if self._indexes.bulk is not None:
            return self._indexes.dense(ENGLISH).waiting
        return next(filter(None, map(self._lacking, self.names)), 0)

    def _lacking(self, name: str) -> int:
        embedder = self._features(name).id
        if not self._cache.size(embedder):
            return self._store.count()
        rows = self._store.scan()
        lacking = 0
        while some := [texts_of(name, row) for row in islice(rows, _SCANNED)]:
            hashes = text_hashes([text for texts in some for text in texts])
            absent = np.isin(hashes, self._cache.missing(embedder, hashes))
            lacking += int(absent.reshape(len(some), -1).any(axis=1).sum())
        return lacking

    def _texts(self, name: str, views: int | None = None) -> Iterator[str]:
        for row in self._store.scan():
            yield from texts_of(name, row)[:views]

    def _tell(self, name: str) -> Callable[[EmbedProgress], None]:
        def tell(step: EmbedProgress) -> None:
            self._progress(Progress(f"embed {name}", step.done, step.total, step.seconds_left))

        return tell


def _noting(texts: Iterable[str], hashes: list[Hashes]) -> Iterator[str]:
    """The texts as they are, their hashes noted down."""
    rest = iter(texts)
    while some := list(islice(rest, _SCANNED)):
        hashes.append(text_hashes(some))
        yield from some


def _make_index(rows: int) -> VectorIndex:
    scheme = "exact" if rows <= EXACT_UP_TO else "faiss"
    return cast(VectorIndex, load("vectors", scheme)())
