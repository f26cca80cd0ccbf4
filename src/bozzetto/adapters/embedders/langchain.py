"""Any embeddings of LangChain: `rest` is "module:attribute", an object or what makes it.

Texts of the library go through `embed_documents`, ideas through `embed_query`. Objects differ in
whether they bear several callers: one call is open at a time. What cannot be seen from here is
which model an object asks: its `model` or `model_name` is part of the id where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from langchain_core.embeddings import Embeddings

from bozzetto.adapters.chat.langchain import FAILURES as SHARED
from bozzetto.adapters.embedders.remote import Ask, RemoteQueries, Spec
from bozzetto.adapters.failures import Failure, Failures, told
from bozzetto.adapters.langchain import named_object, secrets_of
from bozzetto.ports import EmbedderFeatures

__all__ = ["FAILURES", "LangchainEmbedder", "open_embedder"]

FAILURES: Failures = {**SHARED, "Exception": Failure("backend", "failed")}
"""What exceptions mean; one without a row of its own is a failure of what the user made."""

_TOKENS: Final = 8_192
_TEXTS: Final = 64
_MODEL_NAMES: Final = ("model", "model_name", "model_id")


class LangchainEmbedder(RemoteQueries):
    """Embeddings of LangChain."""

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is; embeds one text, once, to know the dimension.

        Raises:
            SetupError: the key, the model or a package is missing.
            BackendError: it fails, or gives what are no vectors.
        """
        found = super().features
        return replace(found, id=f"{found.id};{found.dim};1")


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> LangchainEmbedder:
    """Open the embeddings that a module holds; the module is run.

    Raises:
        SetupError: there are none under that name, or making them failed.
    """
    made = named_object(rest, Embeddings, environ=environ)
    name = f"langchain:{rest.strip()}"
    named = (getattr(made, field, None) for field in _MODEL_NAMES)
    model = next((one for one in named if isinstance(one, str) and one), None)
    spec = Spec(
        id=f"{name};{model}" if model else name,
        place=name,
        tokens=_TOKENS,
        texts=_TEXTS,
        parallel=1,
    )
    return LangchainEmbedder(spec, _asker(made, name, secrets_of(environ)))


def _asker(made: Any, name: str, secrets: Sequence[str]) -> Ask:  # noqa: ANN401
    def ask(texts: Sequence[str], query: bool) -> Any:  # noqa: ANN401
        with told(FAILURES, name, secrets):
            if query:
                return [made.embed_query(text) for text in texts]
            return made.embed_documents(list(texts))

    return ask
