"""The phrase book of a library: foreign phrases into English, as far as its prompts say them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bozzetto.app.counts import library_phrases
from bozzetto.embed.phrases import PhraseBook
from bozzetto.ports import Embedder
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache

__all__ = ["LibraryPhrases"]


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
