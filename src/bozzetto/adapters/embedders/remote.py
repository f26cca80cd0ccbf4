"""Embedders that wait on a network: what is the same whatever the service.

Texts are cleaned (`cleaning`), equal ones asked for once, sent in batches by a few threads side
by side, tried again where a failure may pass (`pacing`), and what comes back is proven: as many
rows as texts, of one width, finite, not zero, brought to unit length here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from bozzetto.adapters.embedders.cleaning import EMPTY, readable, size
from bozzetto.adapters.embedders.pacing import Pace
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import EmbedderFeatures, Lifecycle
from bozzetto.types import Vectors

__all__ = ["Ask", "Remote", "RemoteQueries", "Spec", "batches", "open_remote", "unit"]

LARGEST = 65_536
"""Numbers of a vector at most."""

Ask = Callable[[Sequence[str], bool], Any]
"""Ask for the vectors of some texts, in order; whether they are queries. Whatever comes back."""


@dataclass(frozen=True, slots=True)
class Spec:
    """What is known of a model.

    `dim` is None where the first answer tells. Of a text it reads so many `tokens` and
    `characters`; a call carries at most so many `texts`, of so many bytes together.
    `document` and `query` are put before texts by what they are for; `types` says that the
    service does that by itself when it is told. `parallel` calls are open at a time.
    """

    id: str
    place: str
    tokens: int
    texts: int = 1
    characters: int = 100_000
    bytes: int = 250_000
    dim: int | None = None
    document: str = ""
    query: str = ""
    types: bool = False
    parallel: int = 4
    languages: tuple[str, ...] = ()
    lifecycle: Lifecycle | None = None


class Remote:
    """An embedder behind a service. Safe to share between threads.

    An empty text is sent as "."; one that is longer than the model reads is cut, on an estimate
    that is rather too short than too long.
    """

    def __init__(self, spec: Spec, ask: Ask) -> None:
        self._spec, self._ask = spec, ask
        self._pace = Pace(spec.parallel)
        self._lock = threading.Lock()
        self._dim = spec.dim

    @property
    def features(self) -> EmbedderFeatures:
        """What the embedder is; asks once where the model's dimension is not known."""
        dim = self._dim if self._dim is not None else self.embed([EMPTY]).shape[1]
        spec = self._spec
        return EmbedderFeatures(
            id=spec.id,
            dim=dim,
            languages=spec.languages,
            max_tokens=spec.tokens,
            remote=True,
            lifecycle=spec.lifecycle,
        )

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts: float32, shape (len(texts), dim), rows of unit length.

        Raises:
            SetupError: the key, the region or the model is missing or refused.
            BackendError: the service is down, refuses, or answers junk, after some tries.
        """
        return self._embed(texts, self._spec.document, query=False)

    def _embed(self, texts: Sequence[str], prefix: str, *, query: bool) -> Vectors:
        if not texts:
            return np.empty((0, self.features.dim), dtype=np.float32)
        spec = self._spec
        room = max(1, spec.tokens - size(prefix)), max(1, spec.characters - len(prefix))
        sent = [prefix + readable(text, *room) for text in texts]
        places = {text: row for row, text in enumerate(dict.fromkeys(sent))}
        found = self._all(list(places), query)
        return found[[places[text] for text in sent]]

    def _all(self, texts: Sequence[str], query: bool) -> Vectors:
        """The rows of distinct texts; with the first failure the others are called off."""
        parts = list(batches(texts, self._spec.texts, self._spec.bytes))
        ended = threading.Event()
        if len(parts) == 1:
            return self._part(texts, query, ended)
        with ThreadPoolExecutor(min(self._spec.parallel, len(parts)), "bozzetto-embed") as pool:
            futures = [pool.submit(self._part, part, query, ended) for part in parts]
            try:
                done, _ = wait(futures, return_when=FIRST_EXCEPTION)
                for one in done:
                    one.result()
                return np.concatenate([one.result() for one in futures])
            except BaseException:
                ended.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _part(self, texts: Sequence[str], query: bool, ended: threading.Event) -> Vectors:
        try:
            found = self._pace.tried(partial(self._ask, texts, query), ended)
        except SetupError as error:
            raise _ended(error, self._spec.lifecycle) or error from None
        rows = unit(found, len(texts), self._spec.place)
        with self._lock:
            self._dim = self._dim or rows.shape[1]
        if rows.shape[1] != self._dim:
            raise BackendError(
                f"{self._spec.place} sent vectors of {rows.shape[1]} numbers in place of "
                f"{self._dim}",
                hint="another model may answer there now",
            )
        return rows


def _ended(error: SetupError, lifecycle: Lifecycle | None) -> SetupError | None:
    """A refusal of a model that is gone, with what to take in its place."""
    if lifecycle is None or lifecycle.state != "gone":
        return None
    since = f" since {lifecycle.ends}" if lifecycle.ends else ""
    instead = f"; take {lifecycle.instead}" if lifecycle.instead else ""
    return SetupError(error.message, hint=f"the model is gone{since}{instead}")


class RemoteQueries(Remote):
    """An embedder behind a service that is told what is sought and what is found."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed`, for what is sought."""
        return self._embed(texts, self._spec.query, query=True)


def open_remote(spec: Spec, ask: Ask) -> Remote:
    """The embedder of a model, with `embed_queries` where the model tells the two apart."""
    asymmetric = spec.types or spec.document != spec.query
    return RemoteQueries(spec, ask) if asymmetric else Remote(spec, ask)


def batches(texts: Sequence[str], most: int, total: int) -> Iterator[Sequence[str]]:
    """Cut texts, in order, into parts of at most `most`, and of `total` bytes or one text."""
    start, bytes_ = 0, 0
    for at, text in enumerate(texts):
        length = size(text)
        if at > start and (at - start == most or bytes_ + length > total):
            yield texts[start:at]
            start, bytes_ = at, 0
        bytes_ += length
    if texts:
        yield texts[start:]


def unit(found: object, count: int, place: str) -> Vectors:
    """What a service sent, as so many rows of unit length, float32.

    Raises:
        BackendError: it is something else.
    """
    try:
        rows = np.asarray(found, dtype=np.float64)
    except (ValueError, TypeError, OverflowError):
        rows = np.empty(0)
    if rows.ndim != 2 or rows.shape[0] != count or not 0 < rows.shape[1] <= LARGEST:
        raise BackendError(f"{place} sent something else than {count} vectors of one length")
    with np.errstate(over="ignore", invalid="ignore"):  # told below
        lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    if not np.isfinite(lengths).all() or not lengths.all():
        raise BackendError(f"{place} sent a vector that is no direction: zeros, or no numbers")
    units: Vectors = (rows / lengths).astype(np.float32)
    return units
