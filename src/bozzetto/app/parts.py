"""The program's own parts, put together from the plug-ins by name."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from bozzetto.config import load_environ
from bozzetto.embed.bridge import Bridge
from bozzetto.errors import SetupError
from bozzetto.plugins import load, split_name
from bozzetto.ports import (
    ChatModel,
    Embedder,
    ImageGenerator,
    ImageScorer,
    PromptSource,
    VectorStore,
)

__all__ = [
    "EMBEDDERS",
    "load_bridge",
    "open_chat",
    "open_embedder",
    "open_images",
    "open_named_embedder",
    "open_scores",
    "open_source",
    "open_store",
]

EMBEDDERS = ("minilm", "use")
"""The embedders a library is read with: English, and every language."""


@lru_cache(maxsize=4)  # of the homes opened last: each holds a model in memory
def open_embedder(scheme: str, folder: Path | None = None) -> Embedder:
    """One of the program's own embedders, read at first use; `folder` is where it keeps files."""
    return cast(Embedder, load("embedders", scheme)(str(folder or "")))


@cache
def load_bridge() -> Bridge:
    """The fitted map from the many-language space to the English one."""
    return Bridge.load()


def open_named_embedder(name: str, *, timeout: float, home: Path) -> Embedder:
    """The embedder "scheme:rest".

    Raises:
        SetupError: the scheme is unknown, or the key, the model or the package is missing.
    """
    example = "ollama:nomic-embed-text"
    return cast(Embedder, _open("embedders", name, "embedder", example, timeout, home))


def open_store(address: str, *, timeout: float, home: Path) -> VectorStore:
    """The vector store at an address: "scheme:rest", or "scheme+https://host" for its transport.

    Raises:
        SetupError: the scheme is unknown, or the key or the package is missing.
    """
    scheme, rest = split_name(address)
    scheme, plus, transport = scheme.partition("+")
    name = f"{scheme}:{transport}:{rest}" if plus else address
    example = "postgresql://me@host/db"
    return cast(VectorStore, _open("stores", name, "vector store", example, timeout, home))


def open_chat(name: str, *, timeout: float, home: Path | None = None) -> ChatModel:
    """The chat model "scheme:model".

    Raises:
        SetupError: the scheme is unknown, or the key or the model is missing.
    """
    return cast(ChatModel, _open("chat", name, "chat model", "ollama:llama3.2", timeout, home))


def open_source(scheme: str, rest: str, *, home: Path, name: str | None = None) -> PromptSource:
    """The source a scheme reads from a path or an address."""
    return cast(PromptSource, load("sources", scheme)(rest, home=home, name=name))


def open_images(name: str, *, timeout: float, home: Path | None = None) -> ImageGenerator:
    """The image generator "scheme:rest".

    Raises:
        SetupError: the scheme is unknown, or the key, the model or the package is missing.
    """
    return cast(ImageGenerator, _open("images", name, "image generator", "sketch:", timeout, home))


def open_scores(name: str, *, timeout: float, home: Path) -> ImageScorer:
    """The scorer of pictures "scheme:rest".

    Raises:
        SetupError: nobody scores under that name, or its model is not there.
    """
    return cast(ImageScorer, _open("scores", name, "scores", "clip:FOLDER", timeout, home))


def _open(kind: str, name: str, what: str, example: str, timeout: float, home: Path | None) -> Any:  # noqa: ANN401 - a stranger's object, of the kind's port
    scheme, rest = split_name(name)
    if not scheme:
        raise SetupError(f"{name!r} names no {what}", hint=f"for example {example}")
    environ: Mapping[str, str] = load_environ(home) if home else os.environ
    return load(kind, scheme)(rest, environ=environ, timeout=timeout)
