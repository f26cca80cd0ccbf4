"""What can be exchanged: Protocols, each with a frozen record of its features.

Ports that compute or read a disk are synchronous; those that wait on a network are
asynchronous and stream. `bozzetto.testing` holds a contract suite for each.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

from bozzetto.types import (
    Batch,
    ChatEvent,
    ChatRequest,
    ImageEvent,
    ImageRequest,
    Keys,
    Progress,
    StoreRows,
    Vectors,
    Where,
)

__all__ = [
    "ChatFeatures",
    "ChatModel",
    "Embedder",
    "EmbedderFeatures",
    "ImageFeatures",
    "ImageGenerator",
    "ImageScorer",
    "Lifecycle",
    "ManyVectorIndex",
    "PromptSource",
    "QueryEmbedder",
    "RemoteSource",
    "SourceFeatures",
    "TextIndex",
    "TextIndexFeatures",
    "VectorIndex",
    "VectorIndexFeatures",
    "VectorStore",
    "VectorStoreFeatures",
]


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a vendor says of a model: "legacy" still answers, "gone" does not.

    `ends` is the day it goes or went (ISO 8601) where that is known, `instead` a model in its
    place.
    """

    state: Literal["active", "legacy", "gone"]
    ends: str | None = None
    instead: str | None = None


@dataclass(frozen=True, slots=True)
class SourceFeatures:
    """`name` labels the source in the library; `kind` is the adapter's scheme."""

    name: str
    kind: str


class PromptSource(Protocol):
    """Prompts to import, read as a stream."""

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        ...

    def fingerprint(self) -> str:
        """A hash of the content: equal for equal content, stable across machines."""
        ...

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on; memory stays bounded.

        Raises:
            InputError: the source as a whole cannot be read (no prompt column, truncated).
        """
        ...


@runtime_checkable
class RemoteSource(PromptSource, Protocol):
    """A source that has to be brought to this machine before it is read."""

    def fetch(self, progress: Callable[[Progress], None]) -> None:
        """Bring it here, going on where an earlier try broke off; at once where it is here.

        Raises:
            BackendError: the place cannot be reached, refuses, or breaks off.
        """
        ...


@dataclass(frozen=True, slots=True)
class EmbedderFeatures:
    """`id` changes whenever vectors would: model, weights, text template, normalisation.

    `languages` are ISO 639-1 codes it was made for, () where nobody says; `max_tokens` what it
    reads of a text. `remote` says that it waits on a network or has processes of its own: ours
    beside it would gain nothing.
    """

    id: str
    dim: int
    languages: tuple[str, ...]
    max_tokens: int
    remote: bool = False
    lifecycle: Lifecycle | None = None


class Embedder(Protocol):
    """Texts to unit vectors."""

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is."""
        ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), dim), rows of unit length, all finite.

        An empty text gives a unit vector too. Equal texts give equal rows whatever stands
        beside them in the batch, up to 1e-3 in cosine.

        Raises:
            SetupError: weights are missing or their hash is wrong; the key or the model is missing.
            BackendError: the back end is down, refuses, or answers junk, after some tries.
        """
        ...


@runtime_checkable
class QueryEmbedder(Embedder, Protocol):
    """An embedder that reads what is sought in another way than what is found."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        ...


@dataclass(frozen=True, slots=True)
class VectorIndexFeatures:
    """`exact` indexes return the true nearest; `filters` says that `allow` is honoured inside."""

    name: str
    exact: bool
    filters: bool


class VectorIndex(Protocol):
    """Nearest vectors by inner product."""

    @property
    def features(self) -> VectorIndexFeatures:
        """What the index is."""
        ...

    def build(self, keys: Keys, vectors: Vectors) -> None:
        """Replace the content: keys shape (n,), distinct; vectors (n, dim), unit rows."""
        ...

    def begin(self, sample: Vectors, rows: int) -> None:
        """Start anew, to `put` about so many rows like those of the sample, shape (n, dim)."""
        ...

    def put(self, keys: Keys, vectors: Vectors) -> None:
        """Add rows; those whose keys are there take the place of the old ones.

        An index that was loaded takes them too; what is on the disk stays as it was.
        """
        ...

    def search(
        self, query: Vectors, k: int, allow: Keys | None = None, *, thorough: bool = False
    ) -> tuple[Keys, Vectors]:
        """The k best for one query of shape (dim,): keys and scores, best first.

        Fewer than k where there are fewer; ties by key; `allow` limits to those keys
        (sorted ascending); a `thorough` search looks at every row, however long it takes.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write into an empty folder."""
        ...

    def load(self, folder: Path) -> None:
        """Read what `save` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of a newer version.
        """
        ...

    def __len__(self) -> int:
        """How many vectors it holds."""
        ...


@runtime_checkable
class ManyVectorIndex(VectorIndex, Protocol):
    """An index that answers several queries at a time in less than the sum of their times."""

    def search_many(
        self, queries: Sequence[Vectors], k: int, allow: Sequence[Keys | None]
    ) -> list[tuple[Keys, Vectors]]:
        """What `search` finds for each query, to the last bit, but in the order of the keys.

        `allow` are the keys that each may find.
        """
        ...


@dataclass(frozen=True, slots=True)
class VectorStoreFeatures:
    """`name` is the scheme, `place` where it is in words, never with a secret.

    `exact` stores return the true nearest; `batch` is how many rows a `put` likes. `filters`,
    `deletes` and `lists` say that it can do what those methods promise: where not, the caller
    looks at the results itself, fills a collection anew, or remembers its collections. `lag` is how
    many seconds later it may count and find what it was given.
    """

    name: str
    place: str
    exact: bool = False
    batch: int = 1_000
    filters: bool = True
    deletes: bool = True
    lists: bool = True
    lag: float = 0.0


class VectorStore(Protocol):
    """Collections of vectors kept by another program, by inner product of unit vectors.

    What it holds can be filled anew from the library at any time. Names of collections are
    of a-z, 0-9 and "_", begin with a letter and are at most 60 long. Safe to share between
    threads.

    Every method raises SetupError where credentials, region, extension or package are missing
    or refused, and BackendError where the store is down, refuses or breaks off.
    """

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is."""
        ...

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make a collection for about so many rows, without an index where that loads faster.

        One that is there already with that dimension is left as it is.

        Raises:
            SetupError: it is there with another dimension; says both.
        """
        ...

    def put(self, collection: str, rows: StoreRows) -> None:
        """Add rows, any number; those whose keys are there take the place of the old ones.

        What it was given is safe when it returns.
        """
        ...

    def finish(self, collection: str) -> None:
        """After loading: build the index that searches need, and make every row searchable."""
        ...

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows; keys that are not there are no matter."""
        ...

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best for one query of shape (dim,): keys and inner products, best first.

        Fewer than k where there are fewer, or where the store gives no more; ties by key among
        what it gives. Everything in a finished collection is found, what was put since as well,
        at the latest some seconds later. `thorough` looks at more, at every row where it can.

        Raises:
            NotFoundError: there is no such collection.
        """
        ...

    def count(self, collection: str) -> int | None:
        """How many rows a collection holds; None where there is none."""
        ...

    def collections(self, prefix: str) -> tuple[str, ...]:
        """The names that begin so, sorted; () where the store cannot list them."""
        ...

    def drop(self, collection: str) -> None:
        """Delete a collection, and all that `create` and `finish` made for it; none is fine."""
        ...

    def close(self) -> None:
        """Let go of connections; a later call opens its own."""
        ...


@dataclass(frozen=True, slots=True)
class TextIndexFeatures:
    """`name` of the engine."""

    name: str


class TextIndex(Protocol):
    """Best matching texts by words (BM25)."""

    @property
    def features(self) -> TextIndexFeatures:
        """What the index is."""
        ...

    def build(self, folder: Path, rows: Iterable[tuple[int, str]]) -> None:
        """Write an index of (key, text) rows into an empty folder and open it."""
        ...

    def open(self, folder: Path) -> None:
        """Open what `build` wrote.

        Raises:
            DataError: the folder is truncated, foreign, or of a newer version.
        """
        ...

    def search(self, text: str, k: int, allow: Keys | None = None) -> tuple[Keys, Vectors]:
        """The k best for some words, best first; `text` is words, never a query language.

        `allow` limits to those keys (sorted ascending) and changes no score.
        """
        ...

    def __len__(self) -> int:
        """How many rows it holds."""
        ...


@dataclass(frozen=True, slots=True)
class ChatFeatures:
    """`name` is the full "scheme:model" a candidate is signed with.

    `fixed` says that the name always means the same model, so that answers may be remembered.
    """

    name: str
    seeds: bool = True
    fixed: bool = True
    lifecycle: Lifecycle | None = None


class ChatModel(Protocol):
    """A model that answers a chat, streaming."""

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatEvent]:
        """Stream one answer: `Delta`s, at most one `Usage`, exactly one `Finish` at the end.

        Raises:
            SetupError: the key or the model is missing.
            BackendError: the back end is down, refuses, or breaks off.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


@dataclass(frozen=True, slots=True)
class ImageFeatures:
    """`name` is the full "scheme:rest" a picture is signed with.

    `seeds` says that the same request gives the same picture; `negative` that there are negative
    prompts; `parallel` how many requests it likes to have open at once; `previews` that
    `ImageProgress` may carry pictures.
    """

    name: str
    seeds: bool = True
    negative: bool = True
    parallel: int = 1
    previews: bool = False
    lifecycle: Lifecycle | None = None


class ImageGenerator(Protocol):
    """A model that draws, one picture a request."""

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        ...

    def stream(self, request: ImageRequest) -> AsyncIterator[ImageEvent]:
        """Make one picture: any number of `ImageProgress`, then one `ImageMade` or `ImageFiltered`.

        What of the request cannot be had is left out and told in `Effective.notes`; a size that
        the model does not make gives way to the nearest it does. Closing the iterator early
        cancels, at the back end too where that can be done.

        Raises:
            InputError: the request can never be met (a prompt that is too long).
            SetupError: the key, the model or a package is missing.
            BackendError: the back end is down, refuses the call, or answers junk.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections and of memory."""
        ...


class ImageScorer(Protocol):
    """Numbers for pictures, to sort and pre-select by; higher is better.

    No port of the path: nothing waits for it, and it never stands in for a person.
    """

    def score(self, images: Sequence[tuple[bytes, str]]) -> list[dict[str, float]]:
        """The scores of each picture (the bytes of its file) for its prompt, by name, in order.

        Raises:
            SetupError: the model is not there or may not be loaded.
            BackendError: the place it comes from cannot be reached.
            DataError: a picture cannot be read.
        """
        ...
