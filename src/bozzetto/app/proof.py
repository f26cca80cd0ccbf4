"""That the embedder which answers is the one that made a library's vectors.

A name may come to mean another model: a tag that was pulled anew, a server that was started with
another file, a deployment that was changed. So one text's vector is kept with the choice, and at
the first use of a process the text is embedded again and compared.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Callable, Sequence

import numpy as np

from bozzetto.errors import SetupError
from bozzetto.ports import Embedder, EmbedderFeatures
from bozzetto.types import Vectors

__all__ = ["PROBE", "alike", "probe_of", "proven", "vector_of"]

PROBE = "a cartoon of a small dog"
"""The text."""

_SAME = 0.98
"""The cosine of the same text by the same model: machines and half precision round otherwise."""


def probe_of(embedder: Embedder) -> str:
    """The vector of one text, half precision, in base64.

    Raises:
        SetupError, BackendError: the embedder cannot be asked.
    """
    return b64encode(embedder.embed([PROBE])[0].astype("<f2").tobytes()).decode("ascii")


class _Proven:
    """An embedder that proves itself before it is used first."""

    def __init__(self, inner: Embedder, probe: str, before: Callable[[], None]) -> None:
        self._inner, self._probe, self._before = inner, probe, before
        self._lock = threading.Lock()
        self._good = False

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is."""
        if not self._good:
            self._before()
        return self._inner.features

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts.

        Raises:
            SetupError: another model answers under that name.
        """
        return self._proved(self._inner.embed)(texts)

    def _proved(
        self, work: Callable[[Sequence[str]], Vectors]
    ) -> Callable[[Sequence[str]], Vectors]:
        with self._lock:
            if not self._good:
                self._before()
                if self._probe:
                    _compare(self._inner, self._probe)
                self._good = True
        return work


class _ProvenQueries(_Proven):
    """The same, of one that reads what is sought in another way."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        return self._proved(self._inner.embed_queries)(texts)  # type: ignore[attr-defined]


def proven(embedder: Embedder, probe: str, before: Callable[[], None] = lambda: None) -> Embedder:
    """The embedder, held against a probe at its first use; without one it is taken as it is.

    `before` is called first: not sooner, as the embedder may have to be asked for what it is.
    """
    kind = _ProvenQueries if hasattr(type(embedder), "embed_queries") else _Proven
    return kind(embedder, probe, before)


def vector_of(probe: str) -> Vectors:
    """The vector that a probe holds; an empty one of what is none."""
    try:
        return np.frombuffer(b64decode(probe, validate=True), dtype="<f2").astype(np.float32)
    except (Error, ValueError):
        return np.empty(0, np.float32)


def alike(one: Vectors, other: Vectors) -> bool:
    """Whether one model made both vectors of one text."""
    if one.shape != other.shape:
        return False
    return float(one @ other) >= _SAME * float(np.linalg.norm(one) * np.linalg.norm(other))


def _compare(embedder: Embedder, probe: str) -> None:
    if not alike(embedder.embed([PROBE])[0], vector_of(probe)):
        raise SetupError(
            f"{embedder.features.id} answers otherwise than when the library was indexed by it: "
            "another model has that name now",
            hint="bozzetto index build --embedder NAME embeds the library anew; a name of its own "
            "for each model keeps their vectors apart",
        )
