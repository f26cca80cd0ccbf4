"""What a user of LangChain may have made: embeddings that know English, a store in memory.

    langchain:bozzetto.testing.langchain_made:embeddings
    langchain:bozzetto.testing.langchain_made:in_memory

Needs the package of `pip install 'bozzetto[langchain]'`.
"""

from __future__ import annotations

from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import InMemoryVectorStore, VectorStore

from bozzetto.embed.student import Student

__all__ = ["StudentEmbeddings", "embeddings", "in_memory"]


class StudentEmbeddings(Embeddings):  # type: ignore[misc]
    """Bozzetto's own student model, as LangChain sees embeddings."""

    model = "student"

    def __init__(self) -> None:
        self._student = Student()

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of texts."""
        found: list[list[float]] = self._student.embed(texts).tolist()
        return found

    def embed_query(self, text: str) -> list[float]:
        """The vector of what is sought: another than that of a text, as with many models."""
        return self.embed_documents([f"a search for {text}"])[0]


embeddings = StudentEmbeddings()


def in_memory(embedding: Embeddings, collection: str) -> VectorStore:
    """A store that lasts as long as the process."""
    return InMemoryVectorStore(embedding)
