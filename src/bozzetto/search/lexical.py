"""Search by words: the text index, and how many of an idea's words a prompt holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from bozzetto.ports import TextIndex
from bozzetto.search.folders import Stamp, opened, publish, readable, sweep
from bozzetto.search.fuse import Leg, among
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.text.words import stem, words
from bozzetto.types import Keys

__all__ = ["Lexical", "LexicalFactory", "coverage"]

_RECIPE = "2:core+whole"


class Lexical:
    """The opened text index, with the rows that came after it."""

    def __init__(self, stamp: Stamp, index: TextIndex, place: Path) -> None:
        self.stamp = stamp
        self.place = place
        self._index = index
        self._tail: Sequence[tuple[int, frozenset[str]]] = ()

    def search(self, text: str, content: Sequence[str], k: int, allow: Keys | None) -> Leg:
        """The k best by BM25 (over the best's), and newer rows by their share of the words."""
        terms = tuple(map(stem, content)) if self._tail else ()
        keys, scores = self._index.search(text, k, allow)
        late = [(seq, coverage(terms, held)) for seq, held in self._newer(allow)]
        late = [one for one in late if one[1] > 0]
        best = float(scores.max()) if len(scores) else 1.0
        keys = np.concatenate([keys, np.array([seq for seq, _ in late], dtype=np.int64)])
        scores = np.concatenate(
            [scores / max(best, 1e-6), np.array([part for _, part in late], dtype=np.float32)]
        )
        order = np.argsort(keys, kind="stable")
        return Leg("words", keys[order], scores[order], 0.0)

    def _newer(self, allow: Keys | None) -> Sequence[tuple[int, frozenset[str]]]:
        """The rows beside the index that may be found."""
        if allow is None or not self._tail:
            return self._tail
        kept = among(np.array([seq for seq, _ in self._tail], dtype=np.int64), allow)
        return [row for row, may in zip(self._tail, kept.tolist(), strict=True) if may]

    def follow(self, rows: Sequence[ScanRow]) -> None:
        """Take in the rows that the index lacks."""
        self._tail = [(row.seq, frozenset(words(row.text))) for row in rows]


class LexicalFactory:
    """Opens and builds the text index."""

    def __init__(self, *, store: Store, folder: Path, make: Callable[[], TextIndex]) -> None:
        self._store, self._folder, self._make = store, folder, make
        self.name = self.title = "words"
        self.recipe = f"{_RECIPE}:{make().features.name}"

    def open(self) -> Lexical | None:
        """The newest index that can be read, or None."""
        return readable(self._folder, self.name, self.recipe, self.load)

    def load(self, place: Path, stamp: Stamp) -> Lexical:
        """Read an index of ours.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        index = self._make()
        index.open(place / "text")
        return Lexical(stamp, index, place)

    def build(self) -> Lexical:
        """Build from the library; the old index goes."""
        state, max_seq, total = self._store.state(), self._store.max_seq(), self._store.count()
        stamp = Stamp(self.recipe, state, max_seq, total, total)
        index = self._make()

        def rows() -> Iterator[tuple[int, str]]:
            for row in self._store.scan():
                if row.seq > max_seq:
                    return
                yield row.seq, f"{row.core}\n{row.text}"

        def fill(folder: Path) -> tuple[str, ...]:
            (folder / "text").mkdir()
            index.build(folder / "text", rows())
            return ()

        place = publish(self._folder, self.name, stamp, fill)
        sweep(self._folder, self.name, place)
        return opened(lambda: self.load(place, stamp), self.open)


def coverage(terms: Sequence[str], held: frozenset[str]) -> float:
    """The share of some stems that a set of words holds in any form, 0-1; 0 without terms."""
    if not terms:
        return 0.0
    return sum(_holds(held, term) for term in terms) / len(terms)


def _holds(held: frozenset[str], term: str) -> bool:
    # Words of one stem begin alike, so that few words have to be stemmed.
    start = term[:3]
    return term in held or any(word.startswith(start) and stem(word) == term for word in held)
