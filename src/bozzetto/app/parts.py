"""The program's own parts, put together from the plug-ins by name."""

from __future__ import annotations

import os
from functools import cache, lru_cache
from pathlib import Path
from typing import cast

from bozzetto.embed.bridge import Bridge
from bozzetto.errors import SetupError
from bozzetto.plugins import load, split_name
from bozzetto.ports import ChatModel, Embedder, ImageGenerator, PromptSource

__all__ = ["EMBEDDERS", "load_bridge", "open_chat", "open_embedder", "open_images", "open_source"]

EMBEDDERS = ("minilm", "use")
"""The embedders a library is read with: English, and every language."""


@lru_cache(maxsize=4)  # of the homes opened last: each holds a model in memory
def open_embedder(scheme: str, folder: Path | None = None) -> Embedder:
    """The embedder of a scheme, read at first use; `folder` is where it may keep files."""
    return cast(Embedder, load("embedders", scheme)(str(folder or "")))


@cache
def load_bridge() -> Bridge:
    """The fitted map from the many-language space to the English one."""
    return Bridge.load()


def open_chat(name: str, *, timeout: float) -> ChatModel:
    """The chat model "scheme:model".

    Raises:
        SetupError: the scheme is unknown, or the key or the model is missing.
    """
    scheme, rest = split_name(name)
    if not scheme:
        raise SetupError(f"{name!r} names no chat model", hint="for example ollama:llama3.2")
    return cast(ChatModel, load("chat", scheme)(rest, environ=os.environ, timeout=timeout))


def open_source(scheme: str, rest: str, *, home: Path, name: str | None = None) -> PromptSource:
    """The source a scheme reads from a path or an address."""
    return cast(PromptSource, load("sources", scheme)(rest, home=home, name=name))


def open_images(name: str, *, timeout: float) -> ImageGenerator:
    """The image generator "scheme:rest".

    Raises:
        SetupError: the scheme is unknown, or the key, the model or the package is missing.
    """
    scheme, rest = split_name(name)
    if not scheme:
        raise SetupError(f"{name!r} names no image generator", hint="for example sketch:")
    found = load("images", scheme)(rest, environ=os.environ, timeout=timeout)
    return cast(ImageGenerator, found)
