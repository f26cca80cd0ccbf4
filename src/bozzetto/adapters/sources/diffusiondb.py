"""DiffusionDB's metadata from its public place, downloaded once and kept in the home.

Wang et al., "DiffusionDB", ACL 2023; the tables are CC0. `BOZZETTO_DIFFUSIONDB_URL` names
another place that holds the same files.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2

from bozzetto.adapters.sources.parquet import ParquetSource
from bozzetto.errors import BackendError, InputError
from bozzetto.ports import SourceFeatures
from bozzetto.types import Batch, Progress

__all__ = ["BASE_URL", "DiffusionDbSource", "open_source"]

BASE_URL = "https://huggingface.co/datasets/poloclub/diffusiondb/resolve/main"

_FILES = {"2m": "metadata.parquet", "large": "metadata-large.parquet"}
_TRIES = 5
_SECONDS = 30.0
_SETTLED = 1.0
"""Seconds after which the pace of a download tells how long it takes."""

_NOTHING_AFTER = 416


def open_source(rest: str, *, home: Path, name: str | None = None) -> DiffusionDbSource:
    """DiffusionDB's "2m" or "large" metadata as a source.

    Raises:
        InputError: there is no such subset.
    """
    if rest not in _FILES:
        raise InputError(
            f"DiffusionDB has no subset {rest!r}", hint="diffusiondb:2m or diffusiondb:large"
        )
    base = os.environ.get("BOZZETTO_DIFFUSIONDB_URL", BASE_URL).rstrip("/")
    target = home / "cache" / "diffusiondb" / _FILES[rest]
    return DiffusionDbSource(f"{base}/{_FILES[rest]}", target, name or f"diffusiondb:{rest}")


class DiffusionDbSource:
    """The downloaded table; it is fetched when it is first read, if not before."""

    def __init__(self, url: str, target: Path, name: str) -> None:
        self._url = url
        self._target = target
        self._features = SourceFeatures(name, "diffusiondb")

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return self._features

    def fetch(self, progress: Callable[[Progress], None]) -> None:
        """Download the table where it is not here yet, going on where a try broke off.

        Raises:
            BackendError: it could not be downloaded.
        """
        if not self._target.exists():
            _download(self._url, self._target, _Meter(f"download {self._features.name}", progress))

    def fingerprint(self) -> str:
        """A hash of the content.

        Raises:
            BackendError: it could not be downloaded.
        """
        return self._table().fingerprint()

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on."""
        return self._table().read(start)

    def _table(self) -> ParquetSource:
        self.fetch(_silent)
        return ParquetSource(self._target, self._features.name, "diffusiondb")


def _silent(_: Progress) -> None:
    """Tell nobody."""


class _Meter:
    """Tells how far a download is and, from its own pace, how long it still takes."""

    def __init__(self, stage: str, tell: Callable[[Progress], None]) -> None:
        self._stage, self._tell = stage, tell
        self._total: int | None = None
        self._start = self._have = 0
        self._started = 0.0

    def begin(self, have: int, total: int | None) -> None:
        """A connection stands; so much is here already."""
        self._start = self._have = have
        self._total = total
        self._started = time.monotonic()

    def take(self, count: int) -> None:
        """So many bytes more are here."""
        self._have += count
        left = None
        elapsed = time.monotonic() - self._started
        if self._total is not None and elapsed > _SETTLED:
            left = (self._total - self._have) * elapsed / (self._have - self._start)
        self._tell(Progress(self._stage, self._have, self._total, left, unit="bytes"))


def _download(url: str, target: Path, meter: _Meter) -> None:
    """Fetch a file, going on where an earlier try broke off; it appears when it is whole.

    Raises:
        BackendError: the place cannot be reached, refuses, or breaks off again and again.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    with httpx2.Client(follow_redirects=True, timeout=_SECONDS) as client:
        for _ in range(_TRIES):
            before = _size(part)
            try:
                if _fetch(client, url, part, meter):
                    part.replace(target)
                    return
            except httpx2.TransportError as error:
                if _size(part) <= before:
                    raise _failed(url, part, str(error) or type(error).__name__) from error
    raise _failed(url, part, "the connection breaks off again and again")


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _failed(url: str, part: Path, reason: str) -> BackendError:
    got = _size(part)
    kept = f"; {got / 1e6:,.1f} MB are kept and the next try goes on there" if got else ""
    return BackendError(
        f"{url} could not be downloaded: {reason}{kept}",
        hint="check the network, or download the file elsewhere and import it by its path",
        retryable=True,
    )


def _fetch(client: httpx2.Client, url: str, part: Path, meter: _Meter) -> bool:
    """Fetch what is missing of a file; True when all of it is there."""
    have = _size(part)
    marker = part.with_name(f"{part.name}.etag")
    headers = {"Accept-Encoding": "identity"}
    if have and marker.exists():
        headers |= {"Range": f"bytes={have}-", "If-Range": marker.read_text()}
    with client.stream("GET", url, headers=headers) as answer:
        if answer.status_code == _NOTHING_AFTER and "Range" in headers:
            # Killed after the last byte, or the file there has shrunk: start anew.
            part.unlink(missing_ok=True)
            marker.unlink(missing_ok=True)
            return False
        if answer.status_code not in (200, 206):
            raise BackendError(
                f"{url} answered {answer.status_code} {answer.reason_phrase}",
                hint="download the file elsewhere and import it by its path",
                status=answer.status_code,
                retryable=answer.status_code >= 500,
            )
        resumed = answer.status_code == 206
        total = _total(answer, have if resumed else 0)
        etag = answer.headers.get("ETag", "")
        if etag and not etag.startswith("W/"):
            marker.write_text(etag)
        else:
            marker.unlink(missing_ok=True)
        meter.begin(have if resumed else 0, total)
        with part.open("ab" if resumed else "wb") as file:
            for piece in answer.iter_bytes():
                file.write(piece)
                meter.take(len(piece))
    whole = total is None or _size(part) == total
    if whole:
        marker.unlink(missing_ok=True)
    return whole


def _total(answer: httpx2.Response, have: int) -> int | None:
    length = answer.headers.get("Content-Length")
    return have + int(length) if length and length.isdecimal() else None
