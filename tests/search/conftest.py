from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest

from bozzetto.plugins import load
from bozzetto.ports import (
    Embedder,
    EmbedderFeatures,
    SourceFeatures,
    TextIndex,
    VectorIndex,
    VectorStore,
)
from bozzetto.search.engine import Bridge, Held, Searcher
from bozzetto.search.indexes import LARGE, Indexes
from bozzetto.search.stored import Kept
from bozzetto.search.views import texts_of
from bozzetto.store.entries import Entry, hash_of
from bozzetto.store.ledger import Ledger
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.text.normalise import normalise, prompt_id
from bozzetto.text.split import split
from bozzetto.text.words import words
from bozzetto.types import SourcePrompt, Vectors

NOW = "2026-01-02T03:04:05Z"


class WordEmbedder:
    """An embedder of its own: each word has a direction, a text is their sum."""

    def __init__(self, name: str, dim: int = 64) -> None:
        self.features = EmbedderFeatures(f"{name}:test-1", dim, ("en",), 512)

    def embed(self, texts: Sequence[str]) -> Vectors:
        rows = [self._one(text) for text in texts]
        return np.stack(rows) if rows else np.empty((0, self.features.dim), np.float32)

    def _one(self, text: str) -> Vectors:
        total = np.zeros(self.features.dim)
        for word in words(text) or ("",):
            total += np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.features.dim)
        return (total / np.linalg.norm(total)).astype(np.float32)


class _Same:
    """A student as good as its teacher."""

    def __init__(self, teacher: Embedder) -> None:
        self.features, self.embed = teacher.features, teacher.embed


@dataclass
class Shelf:
    """A library with everything a search needs."""

    home: Path
    store: Store
    cache: VectorCache
    embedders: dict[str, Embedder]
    bridge: Bridge | None = None
    held: Held | None = None
    opened: list[VectorIndex] = field(default_factory=list)
    elsewhere: VectorStore | None = None
    """A store that its vectors are searched in."""

    def fill(self, prompts: Sequence[str | SourcePrompt], source: str = "first") -> None:
        features = SourceFeatures(source, "text")
        begun = self.store.begin_source(features, f"of {source}", actor="ada", now=NOW)
        entries = []
        for prompt in prompts:
            row = prompt if isinstance(prompt, SourcePrompt) else SourcePrompt(prompt, "line 1")
            text = normalise(row.text)
            entries.append(Entry(hash_of(prompt_id(text)), text, split(text).core, row))
        self.store.add_batch(begun, entries, (), start=0, position=1)
        self.store.finish_source(begun)

    def embed(self, most: int | None = None) -> None:
        """Embed the first prompts, or all."""
        for name, embedder in self.embedders.items():
            rows = list(self.store.scan())[:most]
            texts = sorted({text for row in rows for text in texts_of(name, row)})
            if texts:
                self.cache.put(embedder.features.id, text_hashes(texts), embedder.embed(texts))

    def indexes(
        self, large: int | None = None, serving: Callable[[], bool] = lambda: True
    ) -> Indexes:
        """The indexes; above so many prompts as a large library's, its student a perfect one."""
        return Indexes(
            self.store,
            self.cache,
            self.home / "indexes",
            embedders={name: one.features for name, one in self.embedders.items()},
            vectors=self.vectors,
            texts=self.texts,
            student=None if large is None else _Same(self.embedders["minilm"]),
            large=LARGE if large is None else large,
            kept=self.kept,
            serving=serving,
        )

    @cached_property
    def kept(self) -> Kept | None:
        if self.elsewhere is None:
            return None
        return Kept(self.elsewhere, "memory:", Ledger(self.home / "stores.sqlite"))

    def texts(self) -> TextIndex:
        index: TextIndex = load("texts", "tantivy")()
        return index

    def vectors(self, rows: int) -> VectorIndex:
        index: VectorIndex = load("vectors", "exact")()
        self.opened.append(index)
        return index

    def searcher(self) -> Searcher:
        return Searcher(
            self.store,
            self.indexes(),
            embedders=self.embedders,
            bridge=self.bridge,
            held=self.held,
        )


@pytest.fixture
def make_shelf(tmp_path: Path) -> Iterator[Callable[..., Shelf]]:
    made: list[Shelf] = []

    def make(embedders: dict[str, Embedder] | None = None, home: Path = tmp_path) -> Shelf:
        shelf = Shelf(
            home,
            Store.open(home),
            VectorCache(home / "vectors.sqlite"),
            embedders or {"minilm": WordEmbedder("minilm"), "use": WordEmbedder("use")},
        )
        made.append(shelf)
        return shelf

    yield make
    for shelf in made:
        if shelf.kept is not None:
            shelf.kept.ledger.close()
        shelf.cache.close()
        shelf.store.close()


@pytest.fixture
def shelf(make_shelf: Callable[..., Shelf]) -> Shelf:
    return make_shelf()


@pytest.fixture(scope="session")
def real_embedders() -> dict[str, Embedder]:
    return {name: load("embedders", name)() for name in ("minilm", "use")}
