"""Embeddings and indexes of one home: made, renewed, and handed to the search."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import cast

import numpy as np

from bozzetto.app.counts import library_counts, library_phrases
from bozzetto.app.parts import EMBEDDERS, load_bridge, open_embedder
from bozzetto.config import Settings
from bozzetto.embed.lexicon import Wording
from bozzetto.embed.phrases import PhraseBook
from bozzetto.embed.student import Student
from bozzetto.embed.texts import Progress as EmbedProgress
from bozzetto.embed.texts import embed_texts
from bozzetto.errors import DataError
from bozzetto.optimize.translate import translate_each
from bozzetto.plugins import load
from bozzetto.ports import Embedder, TextIndex, VectorIndex
from bozzetto.search.bulk import NAME as BULK
from bozzetto.search.engine import Searcher
from bozzetto.search.examine import IndexState
from bozzetto.search.indexes import LARGE, Indexes
from bozzetto.search.views import ENGLISH, MANY, texts_of
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import Hashes, VectorCache, text_hashes
from bozzetto.types import Progress, PromptRecord

__all__ = ["Indexing", "findings", "told"]

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

    def close(self) -> None:
        """Let go of the files."""
        self._cache.close()

    @cached_property
    def _student(self) -> Student:
        return Student()

    @cached_property
    def _indexes(self) -> Indexes:
        return Indexes(
            self._store,
            self._cache,
            self.folder,
            embedders={name: open_embedder(name, self._kept).features for name in EMBEDDERS},
            vectors=_make_index,
            texts=lambda: cast(TextIndex, load("texts", "tantivy")()),
            student=self._student,
            progress=self._progress,
        )

    @cached_property
    def searcher(self) -> Searcher:
        """The search over this home."""
        wording = Wording(*(open_embedder(name, self._kept) for name in EMBEDDERS))
        return Searcher(
            self._store,
            self._indexes,
            embedders={name: open_embedder(name, self._kept) for name in EMBEDDERS},
            bridge=lambda vectors: load_bridge().map(vectors),
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
        state = self._store.state()
        asked: dict[str, list[Hashes]] = {name: [] for name in EMBEDDERS}
        large = self._indexes.bulk is not None
        if large:
            self._indexes.refresh()
        self._embed(MANY, _noting(library_phrases(self._store, self.folder), asked[MANY]))
        library_counts(self._store, self.folder)
        for name in (ENGLISH,) if large else EMBEDDERS:
            texts = self._texts(name, 1 if large else None)
            self._embed(name, _noting(texts, asked[name]), self._refining() if large else None)
        self._indexes.refresh()
        if self._store.state() == state:  # else somebody's new vectors might be among them
            for name, hashes in asked.items():
                embedder = open_embedder(name, self._kept).features.id
                self._cache.keep_only(embedder, np.concatenate([text_hashes([]), *hashes]))

    def embed_few(self, records: Sequence[PromptRecord]) -> None:
        """Embed some prompts alone; searches find them at once, without a look at all others."""
        large = self._indexes.bulk is not None
        for name in (ENGLISH,) if large else EMBEDDERS:
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
        embed_texts(
            open_embedder(name, self._kept),
            self._cache,
            texts,
            name=f"{name}:{self._kept}",
            progress=progress or self._tell(name),
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
        return next(filter(None, map(self._lacking, EMBEDDERS)), 0)

    def _lacking(self, name: str) -> int:
        embedder = open_embedder(name, self._kept)
        if not self._cache.size(embedder.features.id):
            return self._store.count()
        rows = self._store.scan()
        lacking = 0
        while some := [texts_of(name, row) for row in islice(rows, _SCANNED)]:
            hashes = text_hashes([text for texts in some for text in texts])
            absent = np.isin(hashes, self._cache.missing(embedder.features.id, hashes))
            lacking += int(absent.reshape(len(some), -1).any(axis=1).sum())
        return lacking

    def _texts(self, name: str, views: int | None = None) -> Iterator[str]:
        for row in self._store.scan():
            yield from texts_of(name, row)[:views]

    def _tell(self, name: str) -> Callable[[EmbedProgress], None]:
        def tell(step: EmbedProgress) -> None:
            self._progress(Progress(f"embed {name}", step.done, step.total, step.seconds_left))

        return tell


class LibraryPhrases:
    """The phrase book of a library as it is when a question comes."""

    def __init__(self, store: Store, cache: VectorCache, folder: Path, embedder: Embedder) -> None:
        self._store, self._cache, self._folder = store, cache, folder
        self._embedder = embedder
        self._book: PhraseBook | None = None
        self._state = -1

    def nearest(self, texts: Sequence[str], k: int) -> list[list[tuple[str, float]]]:
        """For each text, up to k English phrases with their cosine, likeliest first."""
        state = self._store.state()
        if self._book is None or self._state != state:
            phrases = library_phrases(self._store, self._folder)
            self._book, self._state = PhraseBook(self._embedder, phrases, self._cache), state
        return self._book.nearest(texts, k)

    def similar(self, one: str, other: str) -> float:
        """How near two texts of any languages are in meaning, as a cosine."""
        a, b = self._embedder.embed([one, other])
        return float(a @ b)


def _noting(texts: Iterable[str], hashes: list[Hashes]) -> Iterator[str]:
    """The texts as they are, their hashes noted down."""
    rest = iter(texts)
    while some := list(islice(rest, _SCANNED)):
        hashes.append(text_hashes(some))
        yield from some


def _make_index(rows: int) -> VectorIndex:
    scheme = "exact" if rows <= EXACT_UP_TO else "faiss"
    return cast(VectorIndex, load("vectors", scheme)())


Finding = tuple[str, bool, str, str | None]
"""For the doctor: name, whether all is well, what was found, the way out."""


def findings(settings: Settings, store: Store) -> Iterator[Finding]:
    """How embeddings and indexes stand; nothing is embedded, built or mended."""
    cache = VectorCache(settings.home / VECTORS, looking=True)
    indexing = Indexing(settings, store, lambda _: None, cache)
    try:
        yield _embeddings(indexing, cache)
        for found in indexing.examine():
            good = found.state in ("complete", "behind", "none")
            hint = "bozzetto index build builds it anew"
            yield f"index {found.name}", good, told(found), None if good else hint
    finally:
        indexing.close()


def told(found: IndexState) -> str:
    """What is known of an index, in one line."""
    parts = [found.detail]
    if found.rows and found.name == BULK:
        parts.append(f"{found.strong:,} refined by the embedder, the others by its student")
    if found.recall is not None:
        parts.append(f"finds {found.recall:.1%} of the true ten nearest, by a sample")
    return "; ".join(parts)


def _embeddings(indexing: Indexing, cache: VectorCache) -> Finding:
    try:
        cache.check()
        waiting = indexing.waiting()
    except DataError as error:
        hint = "the next command that needs it makes it anew; import of any source embeds again"
        return "embeddings", False, error.message, hint
    if waiting:
        hint = "bozzetto index build goes on with it"
        return "embeddings", False, f"{waiting:,} prompts wait", hint
    tier = (
        f"large, more than {LARGE:,} prompts: a student's vectors until the embedder has come "
        "round, other languages over the bridge"
        if indexing.large
        else "complete"
    )
    return "embeddings", True, f"{tier}, every vector read and sound", None
