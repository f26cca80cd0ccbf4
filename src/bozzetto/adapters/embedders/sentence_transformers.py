"""Any model of sentence-transformers, in this process, on the quickest device that torch finds.

    sentence-transformers:FOLDER        a model on this machine
    sentence-transformers:MODEL         a model of the Hugging Face hub, fetched at first use:
                                        "all-MiniLM-L6-v2", "BAAI/bge-m3"

Texts of the library are read as documents and ideas as queries, each with the prompt that the
model's own configuration has for it. HF_HUB_OFFLINE, HF_HUB_CACHE, HF_TOKEN and
SENTENCE_TRANSFORMERS_HOME are heeded; code that comes with a model is never run. A small model on
a processor embeds faster in one process a core than in one that spreads each batch by itself.
"""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from bozzetto.adapters.embedders.local import (
    HEAVY,
    RUNNING,
    digest,
    need,
    readable,
    unit_rows,
)
from bozzetto.adapters.failures import told
from bozzetto.adapters.hub import first_line, hub_errors, offline
from bozzetto.errors import BozzettoError, SetupError
from bozzetto.ports import EmbedderFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import Vectors

__all__ = ["SentenceTransformers", "open_embedder"]

_SCHEME: Final = "sentence-transformers"
_HUB_NAME: Final = re.compile(r"[\w][\w.-]*(?:/[\w][\w.-]*)?", re.ASCII)
_ORGANISATION: Final = "sentence-transformers"  # whose models may be named without it
_MARKS: Final = ("modules.json", "config.json", "config_sentence_transformers.json")

_BATCH: Final = 32

_MOST_TOKENS: Final = 8_192
"""Read of a text by a model that names no limit of its own."""

_CHARACTERS: Final = 32
"""Characters a token, at most: so much of a text is tokenised."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: Any
    features: EmbedderFeatures


class SentenceTransformers:
    """The embedder. The model is loaded by the first call, and serves one caller at a time."""

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._environ = environ
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is; loads the model, which alone knows.

        Raises:
            SetupError: the model is not there, or cannot be loaded.
            BackendError: the hub cannot be reached.
        """
        return self._load().features

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed what can be found: float32, shape (len(texts), dim), rows of unit length.

        Raises:
            SetupError: the model is not there, or cannot be loaded.
            BackendError: the hub cannot be reached; the model gives what are no vectors.
        """
        return self._embed("encode_document", texts)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        return self._embed("encode_query", texts)

    def _embed(self, method: str, texts: Sequence[str]) -> Vectors:
        loaded = self._load()
        features = loaded.features
        if not texts:
            return np.empty((0, features.dim), np.float32)
        read = readable(texts, _CHARACTERS * features.max_tokens)
        name = f"{_SCHEME}:{visible(self._name)}"
        with self._lock, told(RUNNING, name):  # a tokeniser cannot be shared
            found = getattr(loaded.model, method)(read, batch_size=_BATCH, show_progress_bar=False)
        return unit_rows(found, texts, name, dim=features.dim, mute=True)

    def _load(self) -> _Loaded:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._name, self._environ)
            return self._loaded


def open_embedder(rest: str, *, environ: Mapping[str, str], timeout: float) -> SentenceTransformers:
    """Open a model by folder or hub name; nothing is loaded yet.

    Raises:
        SetupError: no model is named, or there is no such folder.
        MissingExtraError: the package is not installed.
    """
    name = rest.strip()
    if not name:
        raise SetupError(
            f"{_SCHEME}: names no model", hint=f"{_SCHEME}:FOLDER or {_SCHEME}:OWNER/MODEL"
        )
    need(_SCHEME, "sentence_transformers")
    if not _is_folder(name) and _HUB_NAME.fullmatch(name) is None:
        raise SetupError(
            f"{_SCHEME}: there is no folder {visible(name)}",
            hint=f"{_SCHEME}:FOLDER or {_SCHEME}:OWNER/MODEL of the Hugging Face hub",
        )
    return SentenceTransformers(name, environ)


def _is_folder(name: str) -> bool:
    return Path(name).expanduser().is_dir()


def _load(name: str, environ: Mapping[str, str]) -> _Loaded:
    try:
        _hush()
        if _is_folder(name):
            folder = Path(name).expanduser().resolve()
            model = _open(str(folder), local_files_only=True)
            return _Loaded(model, _features(model, f"{visible(folder.name)}-{digest(folder)}"))
        hint = f"where there is a network: hf download {_full(name)} --local-dir FOLDER; then "
        with hub_errors(f"{_SCHEME}:{name}", f"{hint}{_SCHEME}:FOLDER", environ):
            return _fetched(name, environ)
    except BozzettoError:
        raise
    except Exception as error:
        said = first_line(error)
        raise SetupError(f"{_SCHEME}:{visible(name)} cannot be loaded: {said}") from error


def _fetched(name: str, environ: Mapping[str, str]) -> _Loaded:
    cache = environ.get("SENTENCE_TRANSFORMERS_HOME") or environ.get("HF_HUB_CACHE") or None
    model = _open(
        name,
        cache_folder=cache,
        token=environ.get("HF_TOKEN") or None,
        local_files_only=offline(environ),
    )
    return _Loaded(model, _features(model, f"{name}@{_revision(name, cache)}"))


def _open(name: str, **settings: object) -> Any:  # noqa: ANN401 - the package may be missing
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(name, trust_remote_code=False, **settings)


def _features(model: Any, name: str) -> EmbedderFeatures:  # noqa: ANN401
    dim = model.get_embedding_dimension() or len(model.encode("dog", show_progress_bar=False))
    limit = model.max_seq_length or math.inf
    size = sum(part.numel() * part.element_size() for part in model.parameters())
    return EmbedderFeatures(
        id=f"{_SCHEME}:{name}-1",
        dim=int(dim),
        languages=(),
        max_tokens=int(min(limit, _MOST_TOKENS)),
        remote=model.device.type != "cpu" or size > HEAVY,
    )


def _revision(name: str, cache: str | None) -> str:
    """The first characters of the commit that the cache holds of a hub's model."""
    from huggingface_hub import try_to_load_from_cache

    for mark in _MARKS:
        found = try_to_load_from_cache(_full(name), mark, cache_dir=cache)
        if isinstance(found, str):
            parts = Path(found).parts
            return parts[len(parts) - 1 - parts[::-1].index("snapshots") + 1][:8]
    return "unknown"


def _full(name: str) -> str:
    return name if "/" in name else f"{_ORGANISATION}/{name}"


def _hush() -> None:
    """Keep the libraries' bars and remarks off the terminal."""
    import huggingface_hub
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    huggingface_hub.utils.disable_progress_bars()
    huggingface_hub.utils.logging.set_verbosity_error()  # a line for each try to reach the hub
