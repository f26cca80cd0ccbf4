"""What hangs below the assistant as `a.index`: the indexes, built, looked at, verified."""

from __future__ import annotations

from dataclasses import replace

from bozzetto.app.indexing import Indexing
from bozzetto.app.serving import HERE, Serving, named, place_of, wished
from bozzetto.config import Settings
from bozzetto.errors import InputError
from bozzetto.search.examine import IndexState

__all__ = ["Index"]


class Index:
    """The indexes of a home."""

    def __init__(self, indexing: Indexing, settings: Settings) -> None:
        self._indexing = indexing
        self._settings = settings

    @property
    def tier(self) -> str:
        """Either "large", where a student stands in for the embedder, or "small"."""
        return "large" if self._indexing.large else "small"

    @property
    def serving(self) -> Serving:
        """Who embeds the library and where its vectors are searched."""
        return self._indexing.serving

    @property
    def waits(self) -> str | None:
        """What the settings ask for and is not in force yet, in words."""
        return self._indexing.wish_that_waits()

    def build(
        self, *, embed: bool = True, embedder: str | None = None, vectors: str | None = None
    ) -> None:
        """Bring every index up to date; what waits for a vector is embedded first.

        `embedder` and `vectors` put another embedder or another place in force, in place of the
        settings of these names ("builtin" and "here" are the program's own). Killed at any
        moment, what was embedded and built is kept and the old indexes serve. Without `embed`
        the vectors that are there have to do.

        Raises:
            InputError: another embedder is asked for, and nothing may be embedded.
            SetupError, BackendError: it cannot be used; what served before still serves.
        """
        now = self._settings
        settings = replace(now, embedder=embedder or now.embedder, vectors=vectors or now.vectors)
        wish = wished(settings, self._indexing.serving)
        if not wish.same(self._indexing.serving) or embedder:
            self._indexing.move(wish, embed=embed, anew=bool(embedder))
        if embed:
            self._indexing.embed()
        else:
            self._indexing.refresh()

    def drop(self, store: str | None = None) -> tuple[str, ...]:
        """Delete all that was made for this home in a vector store; the names of what there was.

        Where no store is named, that which serves. Its vectors are searched on this machine then.

        Raises:
            InputError: no store is named, and none serves.
            SetupError, BackendError: it cannot be reached, or refuses.
        """
        named_here = store is not None and store.strip() == HERE
        address = "" if named_here else place_of(store) if store else self._indexing.serving.vectors
        if not address:
            raise InputError(
                f"no vector store serves: {named(self._indexing.serving)} of this machine do",
                hint="name the store whose collections are to go, as `index build` was told it",
            )
        return self._indexing.drop(address)

    def status(self) -> tuple[IndexState, ...]:
        """How each index stands to the library, and how much of the truth it finds."""
        return self._indexing.examine()

    def verify(self) -> tuple[IndexState, ...]:
        """The same, with every byte of the indexes read and held against what was written."""
        return self._indexing.examine(whole=True)
