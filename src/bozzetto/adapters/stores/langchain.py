"""Any vector store of LangChain: `rest` is "module:attribute", a function that opens a collection.

    def prompts(embedding: Embeddings, collection: str) -> VectorStore:
        return Chroma(collection, embedding, persist_directory="/data/prompts")

It is called once a process for each collection, and makes what is not there yet. LangChain's
stores embed texts by themselves: they are given an embedding that does nothing but unpack, and
texts which are vectors, packed (base64 of float32). So scores, which mean another thing in each
store, are computed anew from what comes back. Of a store is asked what LangChain's own tests ask:
rows under ids of ours (UUIDs) that replace those there, `delete` and `get_by_ids` by id, and a
search by vector or text.

LangChain knows neither how many rows a store holds nor whether a collection was ever made. Both
stand in a row of ours in the collection itself, under the id 0: the dimension, the number of
rows, and, while some are written or removed, which: after a break those are looked for.
"""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import numpy as np
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore as Store

from bozzetto.adapters.chat.langchain import FAILURES as SHARED
from bozzetto.adapters.failures import Failure, Failures, told
from bozzetto.adapters.langchain import named_object, secrets_of
from bozzetto.adapters.stores.retrying import retried
from bozzetto.adapters.stores.rows import REFILL, absent, expect_dim, ranked
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import VectorStoreFeatures
from bozzetto.types import Facts, Keys, StoreRows, Vectors, Where

__all__ = ["FAILURES", "LangchainStore", "Packed", "open_store", "pack", "unpack"]

FAILURES: Failures = {
    **SHARED,
    "NotFoundError": Failure("absent", "has no such collection", REFILL),
    "NotImplementedError": Failure(
        "setup",
        "lacks what is asked of it",
        "it has to implement add_texts with ids, delete, get_by_ids and a search",
    ),
    "Exception": Failure("backend", "failed"),
}
"""What exceptions mean; one without a row of its own is a failure of the store."""

_BATCH: Final = 500
_HEAD: Final = 0  # the key of our own row; prompts have positive ones
_NEEDED: Final = ("delete", "get_by_ids")
_MORE: Final = 10

T = TypeVar("T")


class Packed(Embeddings):  # type: ignore[misc]
    """An embedding whose texts are vectors already, packed."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """The vectors that the texts are."""
        return [unpack(text).tolist() for text in texts]

    def embed_query(self, text: str) -> list[float]:
        """The vector that the text is."""
        return self.embed_documents([text])[0]


def pack(vector: Vectors) -> str:
    """A vector as text, to the last bit of its float32."""
    return base64.b64encode(np.asarray(vector, "<f4").tobytes()).decode("ascii")


def unpack(text: str) -> Vectors:
    """What `pack` was given.

    Raises:
        ValueError: the text is something else.
    """
    return np.frombuffer(base64.b64decode(text, validate=True), "<f4")


@dataclass(frozen=True, slots=True)
class _Head:
    """Our own row: `rows` counts all but the `pending` ones, which may be there or not."""

    dim: int
    rows: int = 0
    pending: tuple[int, ...] = ()


class LangchainStore:
    """Collections in vector stores of LangChain, opened by a function of the user's."""

    def __init__(
        self, name: str, factory: Callable[[Embeddings, str], object], secrets: Sequence[str]
    ) -> None:
        self._name = name
        self._factory = factory
        self._secrets = secrets
        self._open: dict[str, Store] = {}
        self._lock = threading.RLock()

    @property
    def features(self) -> VectorStoreFeatures:
        """What the store is; what it could filter by differs too much to be used."""
        return VectorStoreFeatures(
            "langchain", self._name, batch=_BATCH, filters=False, lists=False
        )

    def create(self, collection: str, dim: int, rows: int) -> None:
        """Make a collection; one of that dimension stays.

        Raises:
            SetupError: it is there with another dimension, or lacks a method that is needed.
        """
        with self._lock:
            store = self._store(collection)
            head = self._head(store)
            if head is None:
                self._note(store, _Head(dim))
            else:
                expect_dim(self._name, collection, head.dim, dim)

    def put(self, collection: str, rows: StoreRows) -> None:
        """Add rows, or put them in the place of those with their keys."""
        for start in range(0, len(rows), _BATCH):
            part = slice(start, start + _BATCH)
            self._put(collection, rows.keys[part].tolist(), rows.vectors[part], rows.facts[part])

    def _put(
        self, collection: str, keys: list[int], vectors: Vectors, facts: Sequence[Facts]
    ) -> None:
        with self._lock:
            store, head = self._known(collection)
            expect_dim(self._name, collection, head.dim, vectors.shape[1])
            head = self._begin(store, head, keys)
            texts = [pack(vector) for vector in vectors]
            self._add(store, keys, texts, list(map(_metadata, keys, facts)))
            self._note(store, _Head(head.dim, head.rows + len(keys)))

    def finish(self, collection: str) -> None:
        """Nothing is left to do: LangChain has no word for it."""
        self._known(collection)

    def delete(self, collection: str, keys: Keys) -> None:
        """Remove rows."""
        for start in range(0, len(keys), _BATCH):
            part = keys[start : start + _BATCH].tolist()
            with self._lock:
                store, head = self._known(collection)
                head = self._begin(store, head, part)
                self._call(partial(store.delete, ids=_ids(part)))
                self._note(store, _Head(head.dim, head.rows))

    def search(
        self,
        collection: str,
        query: Vectors,
        k: int,
        where: Where = Where(),  # noqa: B008 - frozen
        *,
        thorough: bool = False,
    ) -> tuple[Keys, Vectors]:
        """The k best, by inner products that are computed here; `where` is not heeded."""
        store, head = self._known(collection)
        wanted = (_MORE * k if thorough else k) + 1 if k > 0 else 0  # our own row may be among them
        found = self._found(store, query, min(wanted, head.rows + len(head.pending) + 1))
        if not found:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return ranked(
            list(found), np.stack(list(found.values())) @ np.asarray(query, np.float32), k
        )

    def count(self, collection: str) -> int | None:
        """How many rows; after a break, those that were on their way are looked for."""
        store = self._store(collection)
        head = self._head(store)
        return None if head is None else self._rows(store, head)

    def collections(self, prefix: str) -> tuple[str, ...]:
        """None: LangChain cannot list them."""
        return ()

    def drop(self, collection: str) -> None:
        """Delete a collection, at once where the store can, else row by row."""
        with self._lock:
            store = self._store(collection)
            remove = getattr(store, "delete_collection", None)
            if callable(remove):
                self._call(remove)
            elif (head := self._head(store)) is not None:
                self._empty(store, head)
            self._open.pop(collection, None)

    def close(self) -> None:
        """Nothing is let go of: LangChain's stores cannot be closed, and some live in memory."""

    def _empty(self, store: Store, head: _Head) -> None:
        """Remove all that is found, our own row last."""
        query = _unit(head.dim)
        before: set[int] = set()
        while found := set(self._found(store, query, 2 * _BATCH)):
            if found == before:
                raise BackendError(f"{self._name} still finds rows that were removed")
            self._call(partial(store.delete, ids=_ids(found)))
            before = found
        self._call(partial(store.delete, ids=_ids([_HEAD])))

    def _begin(self, store: Store, head: _Head, keys: list[int]) -> _Head:
        """Note which rows are about to change, with the number of all others."""
        rows = self._rows(store, head) - self._there(store, keys)
        head = _Head(head.dim, rows, tuple(keys))
        self._note(store, head)
        return head

    def _rows(self, store: Store, head: _Head) -> int:
        return head.rows + self._there(store, head.pending)

    def _there(self, store: Store, keys: Sequence[int]) -> int:
        if not keys:
            return 0
        return len({_key(one) for one in self._call(partial(store.get_by_ids, _ids(keys)))})

    def _known(self, collection: str) -> tuple[Store, _Head]:
        store = self._store(collection)
        head = self._head(store)
        if head is None:
            raise absent(self._name, collection)
        return store, head

    def _head(self, store: Store) -> _Head | None:
        for one in self._call(partial(store.get_by_ids, _ids([_HEAD]))):
            said = one.metadata
            pending = tuple(map(int, str(said["pending"]).split()))
            return _Head(int(said["dim"]), int(said["rows"]), pending)
        return None

    def _note(self, store: Store, head: _Head) -> None:
        pending = " ".join(map(str, head.pending))
        said = {"key": _HEAD, "dim": head.dim, "rows": head.rows, "pending": pending}
        self._add(store, [_HEAD], [pack(_unit(head.dim))], [said])

    def _add(
        self, store: Store, keys: list[int], texts: list[str], said: list[dict[str, Any]]
    ) -> None:
        self._call(partial(store.add_texts, texts, metadatas=said, ids=_ids(keys)))

    def _found(self, store: Store, query: Vectors, k: int) -> dict[int, Vectors]:
        """The rows that a store finds, by key, without our own."""
        if k <= 0:
            return {}
        if type(store).similarity_search_by_vector is not Store.similarity_search_by_vector:
            ask = partial(store.similarity_search_by_vector, np.asarray(query).tolist(), k=k)
        else:
            ask = partial(store.similarity_search, pack(query), k=k)
        try:
            found = {_key(one): unpack(one.page_content) for one in self._call(ask)}
        except (KeyError, ValueError, binascii.Error):
            raise BackendError(f"{self._name} gave back rows that are not ours") from None
        found.pop(_HEAD, None)
        return found

    def _store(self, collection: str) -> Store:
        with self._lock:
            if collection not in self._open:
                self._open[collection] = self._opened(collection)
            return self._open[collection]

    def _opened(self, collection: str) -> Store:
        made = self._call(partial(self._factory, Packed(), collection))
        if not isinstance(made, Store):
            raise SetupError(
                f"{self._name} made no VectorStore of LangChain, but {type(made).__name__}"
            )
        lacking = [n for n in _NEEDED if getattr(type(made), n) is getattr(Store, n)]
        if lacking:
            raise SetupError(f"{self._name}: {type(made).__name__} has no {lacking[0]}")
        return made

    def _call(self, work: Callable[[], T]) -> T:
        def once() -> T:
            with told(FAILURES, self._name, self._secrets):
                return work()

        return retried(once)


def open_store(rest: str, *, environ: Mapping[str, str], timeout: float) -> LangchainStore:
    """Open the function that a module holds; the module is run, the function not yet.

    Raises:
        SetupError: there is none under that name.
    """
    factory = named_object(rest, cast(type, Callable), environ=environ)
    return LangchainStore(f"langchain:{rest.strip()}", factory, secrets_of(environ))


def _ids(keys: Iterable[int]) -> list[str]:
    """Keys as what every store takes for an id."""
    return [str(UUID(int=key)) for key in keys]


def _key(document: Any) -> int:  # noqa: ANN401 - a Document
    return int(document.metadata["key"])


def _unit(dim: int) -> Vectors:
    unit: Vectors = np.eye(1, dim, dtype=np.float32)[0]
    return unit


def _metadata(key: int, facts: Facts) -> dict[str, Any]:
    """What stands beside a row: plain values only, which every store takes."""
    lists = {"tags": "\n".join(facts.tags), "sources": "\n".join(facts.sources)}
    return {"key": key, **facts._asdict(), **lists}
