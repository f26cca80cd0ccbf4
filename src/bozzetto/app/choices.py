"""The embedder and the vector store that somebody named, opened."""

from __future__ import annotations

from dataclasses import replace

from bozzetto.app.parts import open_named_embedder, open_store
from bozzetto.app.proof import probe_of, proven
from bozzetto.app.serving import Serving
from bozzetto.config import Settings
from bozzetto.errors import SetupError
from bozzetto.ports import Embedder
from bozzetto.search.stored import Kept
from bozzetto.store.ledger import Ledger

__all__ = ["Choices"]

_NOTHING = "bozzetto_nothing"
"""No collection of anybody's: asked for, to see whether a store answers."""


class Choices:
    """Opens what serves a home, or what is wished for it."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._settings, self._ledger = settings, ledger

    def embedder(self, name: str) -> Embedder:
        """The embedder "scheme:rest".

        Raises:
            SetupError: it cannot be set up.
        """
        settings = self._settings
        return open_named_embedder(name, timeout=settings.timeout, home=settings.home)

    def own(self, serving: Serving) -> Embedder:
        """The embedder that serves; its first use tells where it is another by now.

        Raises:
            SetupError: it cannot be set up.
        """
        found = self.embedder(serving.embedder)

        def check() -> None:
            if found.features.id != serving.id:
                raise SetupError(
                    f"the library was indexed by {serving.id}, and {serving.embedder} is "
                    f"{found.features.id} now",
                    hint=f"bozzetto index build --embedder {serving.embedder} embeds it anew",
                )

        return proven(found, serving.probe, check)

    def kept(self, address: str) -> Kept | None:
        """The store at an address; None for this machine.

        Raises:
            SetupError: it cannot be set up.
        """
        if not address:
            return None
        settings = self._settings
        store = open_store(address, timeout=settings.timeout, home=settings.home)
        return Kept(store, address, self._ledger)

    def there(self, wish: Serving, now: Serving) -> Serving:
        """What serves now, in the place that is wished; that is asked whether it answers.

        Raises:
            SetupError, BackendError: the store cannot be used; nothing has changed.
        """
        kept = self.kept(wish.vectors)
        if kept is not None:
            try:
                kept.store.count(_NOTHING)
            finally:
                kept.store.close()
        return replace(now, vectors=wish.vectors)

    def complete(self, wish: Serving) -> Serving:
        """A wish with what its embedder says of itself; its store is asked whether it answers.

        Raises:
            SetupError, BackendError: the one or the other cannot be used; nothing has changed.
        """
        self.there(wish, wish)
        if not wish.embedder:
            return Serving(vectors=wish.vectors)
        embedder = self.embedder(wish.embedder)
        features = embedder.features
        probe = probe_of(embedder)
        return Serving(wish.embedder, features.id, features.dim, wish.vectors, probe)
