"""The peers: each takes the same prompts and vectors, and gives the rows nearest to an idea.

What a peer does by default is what is measured. A peer imports its library when it is made.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bozzetto.plugins import load
from bozzetto.ports import Embedder, TextIndex, VectorIndex
from bozzetto.types import Vectors

__all__ = ["KINDS", "OURS", "Kind", "Peer", "missing"]

K = 10
OURS = "bozzetto"
_BATCH = 10_000


class Peer(Protocol):
    """A store of prompts that can be searched."""

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Take in prompts and their vectors, one for each, and keep them on the disk."""
        ...

    def build(self) -> None:
        """Build what is not built by `fill`."""
        ...

    def search(self, idea: str) -> Sequence[int]:
        """The rows of the first ten prompts; the idea is embedded on the way."""
        ...

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """The rows of the ten prompts nearest to a vector."""
        ...


class MiniLM:
    """Our embedder with the methods that LangChain and fastembed give theirs."""

    def __init__(self) -> None:
        self._embedder = cast(Embedder, load("embedders", "minilm")())
        self.given: dict[str, Vectors] = {}

    def __call__(self, text: str) -> Vectors:
        found = self.given.get(text)
        return self._embedder.embed([text])[0] if found is None else found

    def embed_query(self, text: str) -> list[float]:
        """LangChain's: one text."""
        return cast("list[float]", self(text).tolist())

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """LangChain's: many texts."""
        return cast("list[list[float]]", self._embedder.embed(texts).tolist())

    def embed(self, texts: list[str]) -> Iterator[Vectors]:
        """fastembed's; a text whose vector was given is not embedded again."""
        return map(self, texts)


class LangChainFaiss:
    """The demo's way: whole prompts as documents in a flat FAISS index, pickled."""

    def __init__(self, folder: Path) -> None:
        from langchain_core.embeddings import Embeddings

        Embeddings.register(MiniLM)
        self._folder, self._embeddings = folder, MiniLM()

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Make the documents and save them as the demo does."""
        from langchain_community.vectorstores import FAISS

        rows = [{"row": row} for row in range(len(texts))]
        pairs = zip(texts, vectors, strict=True)
        self._store = FAISS.from_embeddings(pairs, self._embeddings, metadatas=rows)
        self._store.save_local(str(self._folder))

    def build(self) -> None:
        """Nothing: the index is flat."""

    def search(self, idea: str) -> Sequence[int]:
        """LangChain's own search."""
        return [found.metadata["row"] for found in self._store.similarity_search(idea, k=K)]

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """The same by vector."""
        found = self._store.similarity_search_by_vector(vector.tolist(), k=K)
        return [document.metadata["row"] for document in found]


class Chroma:
    """A persistent collection; its HNSW index is built while rows are added."""

    def __init__(self, folder: Path) -> None:
        import chromadb

        self._embed = MiniLM()
        settings = chromadb.config.Settings(anonymized_telemetry=False)
        self._client = chromadb.PersistentClient(path=str(folder), settings=settings)

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add rows in batches as large as Chroma takes them."""
        self._rows = self._client.create_collection(
            "prompts", embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
        )
        size = min(_BATCH, self._client.get_max_batch_size())
        for start in range(0, len(texts), size):
            part = list(texts[start : start + size])
            self._rows.add(
                ids=[str(row) for row in range(start, start + len(part))],
                documents=part,
                embeddings=vectors[start : start + size],
            )

    def build(self) -> None:
        """Nothing: it has been built."""

    def search(self, idea: str) -> Sequence[int]:
        """Embed and query."""
        return self.nearest(self._embed(idea))

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Query by vector."""
        return [int(i) for i in self._rows.query(query_embeddings=[vector], n_results=K)["ids"][0]]


class LanceExact:
    """A LanceDB table without an index."""

    def __init__(self, folder: Path) -> None:
        import lancedb

        self._embed, self._base = MiniLM(), lancedb.connect(str(folder))

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Write the table in batches."""
        self._table = self._base.create_table(
            "prompts", data=_batches(texts, vectors), schema=_lance_schema(vectors.shape[1])
        )

    def build(self) -> None:
        """Nothing: every vector is looked at."""

    def search(self, idea: str) -> Sequence[int]:
        """Embed and search."""
        return self.nearest(self._embed(idea))

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Search by vector."""
        found = self._table.search(vector).limit(K).select(["row", "text", "_distance"]).to_list()
        return [row["row"] for row in found]


class LanceIndex(LanceExact):
    """A LanceDB table with the index that it makes unless told otherwise."""

    def build(self) -> None:
        """IVF_PQ, as of version 0.40."""
        self._table.create_index("vector")


class Words:
    """BM25 alone: tantivy over whole prompts."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._index = folder, cast(TextIndex, load("texts", "tantivy")())

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Index the words."""
        self._index.build(self._folder, enumerate(texts))

    def build(self) -> None:
        """Nothing: it has been built."""

    def search(self, idea: str) -> Sequence[int]:
        """The words of the idea."""
        return cast("list[int]", self._index.search(idea, K)[0].tolist())

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Words have no vectors."""
        return []


class OurVectors:
    """Our FAISS index with the vectors given: the part of ours that is like the peers."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._embed = folder, MiniLM()
        self._index = cast(VectorIndex, load("vectors", "faiss")())

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Build and save; texts are not its business."""
        self._index.build(np.arange(len(texts)), vectors)
        self._index.save(self._folder)

    def build(self) -> None:
        """Nothing: it has been built."""

    def search(self, idea: str) -> Sequence[int]:
        """Embed and search."""
        return self.nearest(self._embed(idea))

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Search by vector."""
        return cast("list[int]", self._index.search(vector, K)[0].tolist())


class MyGens:
    """mygens-ai's store and hybrid search, MiniLM in the place of the model it downloads."""

    def __init__(self, folder: Path) -> None:
        from mygens.core import db, embeddings

        self._model = embeddings._model = MiniLM()
        self._connection: sqlite3.Connection = db.get_connection(folder / "mygens.db")
        db.init_db(self._connection)
        self._rows: dict[str, int] = {}

    def fill(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Create the generations one by one, as it has no other way."""
        from mygens.core.generation import create_generation
        from mygens.core.models import GenerationCreate, Platform

        self._model.given = dict(zip(texts, vectors, strict=True))
        for row, text in enumerate(texts):
            new = GenerationCreate(prompt_text=text, platform=Platform.SD_A1111)
            self._rows[create_generation(self._connection, new).id] = row
        self._model.given = {}

    def build(self) -> None:
        """Nothing: every vector is looked at."""

    def search(self, idea: str) -> Sequence[int]:
        """Words first, meaning after them."""
        from mygens.core.search import hybrid_search

        return [self._rows[found.id] for found in hybrid_search(self._connection, idea, limit=K)]

    def nearest(self, vector: Vectors) -> Sequence[int]:
        """Through the text that stands for the vector."""
        from mygens.core.embeddings import semantic_search

        self._model.given = {"": vector}
        found = semantic_search(self._connection, "", limit=K)
        self._model.given = {}
        return [self._rows[identity] for identity, _ in found]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a peer is called, made, and which packages it needs.

    A `part_of_ours` stands beside synthetic prompts, as what the peers are most like.
    """

    title: str
    make: Callable[[Path], Peer] | None
    packages: tuple[str, ...] = ()
    part_of_ours: bool = False


KINDS: Mapping[str, Kind] = {
    OURS: Kind("bozzetto", None),
    "vectors": Kind("our FAISS index alone", OurVectors, part_of_ours=True),
    "langchain": Kind(
        "LangChain, flat FAISS", LangChainFaiss, ("langchain_community", "langchain_core")
    ),
    "chroma": Kind("Chroma", Chroma, ("chromadb",)),
    "lance": Kind("LanceDB, default index", LanceIndex, ("lancedb",)),
    "lance-exact": Kind("LanceDB, exact", LanceExact, ("lancedb",)),
    "bm25": Kind("BM25 (tantivy)", Words),
    "mygens": Kind("mygens-ai, MiniLM", MyGens, ("mygens", "uuid_extensions")),
}
"""The rows of the table, in their order."""


def missing(kind: Kind) -> str | None:
    """Why a peer cannot take part, or None."""
    absent = [name for name in kind.packages if find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None


def _lance_schema(dim: int) -> pa.Schema:
    vector = pa.list_(pa.float32(), dim)
    return pa.schema([("row", pa.int64()), ("text", pa.string()), ("vector", vector)])


def _batches(texts: Sequence[str], vectors: NDArray[np.float32]) -> Iterator[pa.RecordBatch]:
    schema = _lance_schema(vectors.shape[1])
    for start in range(0, len(texts), _BATCH):
        part = np.ascontiguousarray(vectors[start : start + _BATCH])
        columns = [
            pa.array(range(start, start + len(part))),
            pa.array(texts[start : start + _BATCH]),
            pa.FixedSizeListArray.from_arrays(pa.array(part.reshape(-1)), vectors.shape[1]),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
