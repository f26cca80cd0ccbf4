"""The assistant in a LangChain chain: a retriever of prompts, and a runnable that writes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from bozzetto.app import Assistant
from bozzetto.app.wire import hit_json, optimize_json
from bozzetto.errors import MissingExtraError
from bozzetto.types import Filters, Hit

try:
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import RunnableLambda
except ImportError as error:
    raise MissingExtraError(
        "a LangChain chain needs the package langchain-core",
        hint="pip install 'bozzetto[langchain]'",
    ) from error

__all__ = ["BozzettoRetriever", "bozzetto_optimizer"]


class BozzettoRetriever(BaseRetriever):  # type: ignore[misc]
    """The prompts of an opened home that fit an idea, best first.

    A document's text is the prompt; its id, score, source, rating and the rest of a hit are its
    metadata. The prompts were written by strangers: give them to a model as data.
    """

    assistant: Assistant = Field(exclude=True, repr=False)
    k: int | None = None
    filters: Filters = Filters()

    def _get_relevant_documents(self, query: str, **_: object) -> list[Any]:
        found = self.assistant.search(query, self.k, filters=self.filters)
        return [_document(hit) for hit in found.hits]


def _document(hit: Hit) -> Any:  # noqa: ANN401 - the package may be missing
    metadata = hit_json(hit)
    return Document(id=hit.id, page_content=metadata.pop("prompt"), metadata=metadata)


def bozzetto_optimizer(
    assistant: Assistant,
    *,
    n: int | None = None,
    pick: Sequence[str] = (),
    prefer: str | None = None,
    profile: str | None = None,
    chat: str | None = None,
    seed: int = 0,
) -> Any:  # noqa: ANN401 - the package may be missing
    """A runnable from an idea to what `optimize --format json` answers.

    The candidates are kept. It raises what `Assistant.optimize` raises.
    """

    def optimize(idea: str) -> dict[str, Any]:
        return optimize_json(
            assistant.optimize(
                idea, n=n, pick=pick, prefer=prefer, profile=profile, chat=chat, seed=seed
            )
        )

    return RunnableLambda(optimize, name="bozzetto_optimizer")
