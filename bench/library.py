"""The prompts of a home as the writing benches need them."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np

import bozzetto
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import words
from bozzetto.types import PromptRecord

__all__ = ["Library"]


class Library:
    """The prompts of a home with what the measures need: counts, postings, families."""

    def __init__(self, a: bozzetto.Assistant, artists: frozenset[str] = frozenset()) -> None:
        self.artists = artists
        store = a._store
        self.rows = store.records([row.seq for row in store.scan()])
        self.stats = LibraryStats.build(row.text for row in self.rows)
        self.family = {row.id: row.family for row in self.rows}
        top = max(1, len(self.rows))
        self.rarity = {w: math.log((top + 1) / (n + 1)) for w, n in self.stats.words.items()}
        self.commonest = frozenset(list(self.stats.modifiers)[:20])
        self._sets = [frozenset(words(row.text)) for row in self.rows]
        self._sizes = np.array([len(own) for own in self._sets])
        postings: dict[str, list[int]] = defaultdict(list)
        for number, own in enumerate(self._sets):
            for word in own:
                postings[word].append(number)
        self.postings = {word: np.array(places) for word, places in postings.items()}

    def shared(self, some: frozenset[str]) -> np.ndarray:
        """How many of some words each prompt has, shape (prompts,)."""
        found = [self.postings[word] for word in some if word in self.postings]
        flat = np.concatenate(found) if found else np.zeros(0, dtype=np.int64)
        return np.bincount(flat, minlength=len(self.rows))

    def nearest(self, prompt: str, idea: str) -> float:
        """Word-set Jaccard to the nearest prompt of the library, idea words aside."""
        aside = frozenset(words(idea))
        own = frozenset(words(prompt)) - aside
        both = self.shared(own)
        union = len(own) + self._sizes - self.shared(aside) - both
        return float((both / np.maximum(union, 1)).max()) if own else 0.0

    def by_words(self, idea: str, k: int) -> list[PromptRecord]:
        """Neighbours by TF-IDF cosine, as a baseline."""
        score = np.zeros(len(self.rows))
        for word in set(words(idea)):
            if word in self.postings:
                score[self.postings[word]] += self.rarity.get(word, 0.0) ** 2
        norm = np.sqrt(np.maximum(self._sizes, 1))
        return [self.rows[n] for n in np.argsort(-score / norm, kind="stable")[:k]]
