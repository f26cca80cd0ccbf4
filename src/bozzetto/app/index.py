"""What hangs below the assistant as `a.index`: the indexes, built, looked at, verified."""

from __future__ import annotations

from bozzetto.app.indexing import Indexing
from bozzetto.search.examine import IndexState

__all__ = ["Index"]


class Index:
    """The indexes of a home."""

    def __init__(self, indexing: Indexing) -> None:
        self._indexing = indexing

    @property
    def tier(self) -> str:
        """Either "large", where a student stands in for the embedder, or "small"."""
        return "large" if self._indexing.large else "small"

    def build(self, *, embed: bool = True) -> None:
        """Bring every index up to date; what waits for a vector is embedded first.

        Killed at any moment, what was embedded and built is kept and the old indexes serve.
        Without `embed` the vectors that are there have to do.
        """
        if embed:
            self._indexing.embed()
        else:
            self._indexing.refresh()

    def status(self) -> tuple[IndexState, ...]:
        """How each index stands to the library, and how much of the truth it finds."""
        return self._indexing.examine()

    def verify(self) -> tuple[IndexState, ...]:
        """The same, with every byte of the indexes read and held against what was written."""
        return self._indexing.examine(whole=True)
