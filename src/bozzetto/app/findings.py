"""How embeddings and indexes stand, for the doctor and for those who ask."""

from __future__ import annotations

from collections.abc import Iterator

from bozzetto.app.indexing import VECTORS, Indexing
from bozzetto.config import Settings
from bozzetto.errors import DataError
from bozzetto.search.bulk import NAME as BULK
from bozzetto.search.examine import IndexState
from bozzetto.search.indexes import LARGE
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache

__all__ = ["Finding", "findings", "told"]

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
