"""Search by meaning in a library too large for its embedder: a student stands in for it.

One view, the core. Every prompt has the student's vector until the teacher's is in the cache;
both lie in one index, for the student gives the teacher's vectors, nearly. Building goes in
steps that are kept: killed at any moment, the next build goes on. New prompts and better
vectors go into a copy of the index; the old one serves until the copy is in its place.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from bozzetto.errors import DataError
from bozzetto.ports import Embedder, EmbedderFeatures, VectorIndex
from bozzetto.search.dense import Dense, MakeIndex, ViewIndex, nobody
from bozzetto.search.folders import Stamp, newest, publish, readable, sweep
from bozzetto.search.hubs import hubness, spread
from bozzetto.search.recall import sampled_recall
from bozzetto.search.views import View
from bozzetto.store.reading import ScanRow
from bozzetto.store.store import Store
from bozzetto.store.vectors import VectorCache, text_hashes
from bozzetto.types import Keys, Progress, Vectors

__all__ = ["NAME", "BulkFactory"]

NAME = "bulk"

_CHUNK = 32_768
_STEP = 12
"""Chunks after which a build keeps what it has: some fifteen seconds of work."""

_TRAINING = 90_000
_SAMPLE = 256
_GROWN = 4
"""An index that has grown so many times over since its lists were laid out is built anew."""

Tell = Callable[[Progress], None]
Marks = NDArray[np.bool_]


@dataclass(slots=True)
class _Rows:
    """The rows of an index, ascending: keys, hashes of texts, hubness, who has the teacher's."""

    keys: Keys
    hashes: Keys
    hubs: Vectors
    strong: Marks

    @classmethod
    def none(cls) -> _Rows:
        return cls(
            np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, bool)
        )

    def __len__(self) -> int:
        return len(self.keys)

    def __add__(self, other: _Rows) -> _Rows:
        return _Rows(
            np.concatenate([self.keys, other.keys]),
            np.concatenate([self.hashes, other.hashes]),
            np.concatenate([self.hubs, other.hubs]),
            np.concatenate([self.strong, other.strong]),
        )


@dataclass(slots=True)
class _Build:
    """An index in the making."""

    index: VectorIndex
    rows: _Rows
    sample: Vectors
    begun: int

    def save(self, folder: Path, view: str) -> tuple[str, ...]:
        """Write into an empty folder; the files to be pinned."""
        (folder / view).mkdir()
        self.index.save(folder / view)
        np.savez(folder / "own.npz", keys=self.rows.keys, hubs=self.rows.hubs, sample=self.sample)
        begun = np.array(self.begun)
        np.savez(folder / "rows.npz", hashes=self.rows.hashes, strong=self.rows.strong, begun=begun)
        return "own.npz", "rows.npz"


class BulkFactory:
    """Opens, builds and renews the index of a large library."""

    name = title = NAME

    def __init__(
        self,
        teacher: EmbedderFeatures,
        student: Embedder,
        view: View,
        *,
        store: Store,
        cache: VectorCache,
        folder: Path,
        make: MakeIndex,
        progress: Tell,
    ) -> None:
        self._teacher, self._student, self._view = teacher.id, student, view
        self._store, self._cache, self._folder, self._make = store, cache, folder, make
        self._progress = progress
        self.recipe = f"1:{student.features.id}:{teacher.id}:{view.recipe}"

    @property
    def _partial(self) -> Path:
        return self._folder / f".partial-{NAME}"

    def open(self) -> Dense | None:
        """The newest index that can be read, or None."""
        return readable(self._folder, NAME, self.recipe, self.load)

    def load(self, place: Path, stamp: Stamp) -> Dense:
        """Read an index of ours.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        own = np.load(place / "own.npz")
        keys = own["keys"]
        index = self._make(len(keys))
        index.load(place / self._view.name)
        if len(index) != len(keys):
            raise DataError(f"{place / self._view.name} does not hold what its header says")
        views = [ViewIndex(index, keys, own["hubs"])]
        return Dense(stamp, views, own["sample"], nobody(1), place)

    def follow(self, index: Dense, rows: list[ScanRow]) -> None:
        """Let an index search rows it lacks, by the student's vectors."""
        keys = np.array([row.seq for row in rows], dtype=np.int64)
        vectors = self._student.embed([self._view.text(row) for row in rows])
        index.follow(keys, [vectors], nobody(1))

    def recall(self, index: Dense) -> float | None:
        """The share of the true ten nearest that are found, asked of a sample; None of nothing."""
        rows = _load_rows(index.place)
        marks = dict(zip(rows.keys[rows.strong].tolist(), rows.hashes[rows.strong], strict=True))
        (view,) = index.views
        return sampled_recall(view.index, view.keys, lambda keys: self._truth(keys, marks))

    def _truth(self, keys: Keys, strong: Mapping[int, int]) -> tuple[Keys, Vectors]:
        """The vectors that were put in: the teacher's of rows that have one, or the student's."""
        records = self._store.records(keys)
        vectors = self._student.embed([self._view.text(record) for record in records])
        seqs = np.array([record.seq for record in records], dtype=np.int64)
        at = [row for row, seq in enumerate(seqs.tolist()) if seq in strong]
        if at:
            hashes = np.array([strong[seq] for seq in seqs[at].tolist()], dtype=np.int64)
            vectors[at] = _unit(self._cache.get(self._teacher, hashes))
        return seqs, vectors

    def refined(self, place: Path) -> tuple[int, int]:
        """How many rows of an index have the teacher's vectors, and how many could have."""
        rows = _load_rows(place)
        arrived = int(self._known(rows.hashes[~rows.strong]).sum())
        return int(rows.strong.sum()), int(rows.strong.sum()) + arrived

    def renew(self) -> None:
        """Bring the index up to date with the library and the teacher's vectors.

        One process at a time; another waits. Searches go on with the old index meanwhile.
        """
        with self._alone():
            found = newest(self._folder, NAME, self.recipe)
            if not found or self._partial.exists():
                self._build_anew()
                return
            place, stamp = found[0]
            try:
                build = self._opened(place)
            except (DataError, OSError, ValueError, KeyError):
                self._build_anew()
                return
            gone = stamp.total - self._store.count()
            if gone > stamp.total // 20 or self._store.count() > _GROWN * build.begun:
                self._build_anew()
            else:
                self._extend(build, stamp)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._folder / "build.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            self._progress(
                Progress("index", 0, message="another process builds the index: waiting")
            )
            lock.acquire(poll_interval=0.5)
        try:
            yield
        finally:
            lock.release()

    # From nothing

    def _build_anew(self) -> None:
        plan = self._planned()
        build = self._going_on(plan) or self._begun(plan)
        with ThreadPoolExecutor(1) as beside:
            self._fill(build, plan, beside)
        self._refine(build, ~build.rows.strong)
        self._publish(build, plan.state, plan.max_seq)
        shutil.rmtree(self._partial, ignore_errors=True)

    def _planned(self) -> Stamp:
        """What is built: that of a build broken off, or the library as it is now."""
        path = self._partial / "plan.json"
        try:
            plan = Stamp(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            plan = None
        if plan is not None and plan.recipe == self.recipe and plan.state <= self._store.state():
            return plan
        shutil.rmtree(self._partial, ignore_errors=True)
        self._partial.mkdir(parents=True)
        state, last, count = self._store.state(), self._store.max_seq(), self._store.count()
        plan = Stamp(self.recipe, state, last, count, count)
        path.write_text(json.dumps(asdict(plan)), encoding="utf-8")
        return plan

    def _going_on(self, plan: Stamp) -> _Build | None:
        """The newest step of a build that was broken off, where one can be read."""
        steps = self._partial.glob("step-*")
        for place in sorted(steps, key=lambda path: int(path.name[5:]), reverse=True):
            try:
                return self._opened(place)
            except (DataError, OSError, ValueError, KeyError):
                shutil.rmtree(place, ignore_errors=True)
        return None

    def _opened(self, place: Path) -> _Build:
        rows = _load_rows(place)
        index = self._make(len(rows))
        index.load(place / self._view.name)
        if len(index) != len(rows):
            raise DataError(f"{place} does not hold what its rows say")
        own, more = np.load(place / "own.npz"), np.load(place / "rows.npz")
        return _Build(index, rows, own["sample"], int(more["begun"]))

    def _begun(self, plan: Stamp) -> _Build:
        """An empty index whose lists are laid out by an even sample of the library."""
        step = -(-plan.total // _TRAINING) or 1
        texts = [self._view.text(row) for row in islice(self._store.scan(), 0, None, step)]
        vectors = self._student.embed(texts)
        self._progress(Progress(f"index {NAME}", 0, plan.total))
        index = self._make(plan.total)
        index.begin(vectors, plan.total)
        return _Build(index, _Rows.none(), spread(vectors, _SAMPLE), plan.total)

    def _fill(self, build: _Build, plan: Stamp, beside: ThreadPoolExecutor) -> None:
        """Add what is missing, the student's vectors; another thread sorts them into lists."""
        after = int(build.rows.keys[-1]) if len(build.rows) else 0
        tell = self._telling(plan.total, len(build.rows))
        adding: Future[None] | None = None
        for number, rows in enumerate(_chunks(self._store.scan(after), plan.max_seq), start=1):
            texts = [self._view.text(row) for row in rows]
            keys = np.array([row.seq for row in rows], dtype=np.int64)
            vectors = self._student.embed(texts)
            if adding is not None:
                adding.result()
                tell(len(build.rows))
            if number % _STEP == 0:
                self._keep(build)
            adding = beside.submit(_add, build, keys, text_hashes(texts), vectors)
        if adding is not None:
            adding.result()
            tell(len(build.rows))

    def _telling(self, total: int, had: int) -> Callable[[int], None]:
        """Tells how many rows are in, and how long the others will take at this pace."""
        started = time.monotonic()

        def tell(done: int) -> None:
            pace = (time.monotonic() - started) / max(1, done - had)
            self._progress(Progress(f"index {NAME}", done, total, pace * (total - done)))

        return tell

    def _keep(self, build: _Build) -> None:
        """Keep what there is, so that a build broken off goes on from here."""
        place = self._partial / f"step-{len(build.rows)}"
        beside = self._partial / ".step"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        build.save(beside, self._view.name)
        beside.rename(place)
        for old in self._partial.glob("step-*"):
            if old != place:
                shutil.rmtree(old, ignore_errors=True)

    # From what there is

    def _extend(self, build: _Build, stamp: Stamp) -> None:
        """Add newer rows, and put the teacher's vectors where the student's were."""
        state, last = self._store.state(), self._store.max_seq()
        before = len(build.rows)
        arrived = np.concatenate([~build.rows.strong, np.empty(0, bool)])
        for rows in _chunks(self._store.scan(stamp.max_seq), last):
            texts = [self._view.text(row) for row in rows]
            keys = np.array([row.seq for row in rows], dtype=np.int64)
            _add(build, keys, text_hashes(texts), self._student.embed(texts))
        fresh = np.ones(len(build.rows) - before, dtype=bool)
        changed = self._refine(build, np.concatenate([arrived, fresh]))
        if changed or len(build.rows) > before or state != stamp.state:
            self._publish(build, state, last)

    def _refine(self, build: _Build, candidates: Marks) -> int:
        """Put the teacher's vectors where the cache has them; how many rows got one."""
        rows = np.flatnonzero(candidates)
        rows = rows[self._known(build.rows.hashes[rows])]
        rows = rows[np.argsort(build.rows.hashes[rows], kind="stable")]
        hashes = build.rows.hashes[rows]
        waiting: list[tuple[Keys, Vectors]] = []
        done = 0
        for found, vectors in self._cache.blocks(self._teacher):
            low = np.searchsorted(hashes, found)
            counts = np.searchsorted(hashes, found, side="right") - low
            own = np.repeat(np.arange(len(found)), counts)
            at = np.repeat(low - (np.cumsum(counts) - counts), counts) + np.arange(counts.sum())
            if len(at):
                waiting.append((rows[at], _unit(vectors[own])))
                done += len(at)
            if sum(len(part) for part, _ in waiting) >= 4 * _CHUNK:
                _replace(build, waiting)
                self._progress(Progress(f"index {NAME}, refined", done, len(rows)))
        _replace(build, waiting)
        return done

    def _known(self, hashes: Keys) -> Marks:
        return ~np.isin(hashes, self._cache.missing(self._teacher, hashes))

    def _publish(self, build: _Build, state: int, last: int) -> None:
        strong = int(build.rows.strong.sum())
        stamp = Stamp(self.recipe, state, last, len(build.rows), len(build.rows), strong)
        place = publish(
            self._folder, NAME, stamp, lambda folder: build.save(folder, self._view.name)
        )
        sweep(self._folder, NAME, place)


def _load_rows(place: Path) -> _Rows:
    own, more = np.load(place / "own.npz"), np.load(place / "rows.npz")
    return _Rows(own["keys"], more["hashes"], own["hubs"], more["strong"])


def _chunks(rows: Iterator[ScanRow], last: int) -> Iterator[list[ScanRow]]:
    """The rows up to a number, many at a time."""
    while chunk := [row for row in islice(rows, _CHUNK) if row.seq <= last]:
        yield chunk


def _add(build: _Build, keys: Keys, hashes: Keys, vectors: Vectors) -> None:
    build.index.put(keys, vectors)
    hubs = hubness(vectors, build.sample)
    build.rows = build.rows + _Rows(keys, hashes, hubs, np.zeros(len(keys), dtype=bool))


def _replace(build: _Build, waiting: list[tuple[Keys, Vectors]]) -> None:
    """Put vectors in the place of others, by row; empties the list."""
    if not waiting:
        return
    rows = np.concatenate([part for part, _ in waiting])
    vectors = np.concatenate([part for _, part in waiting])
    build.index.put(build.rows.keys[rows], vectors)
    build.rows.hubs[rows] = hubness(vectors, build.sample)
    build.rows.strong[rows] = True
    waiting.clear()


def _unit(vectors: NDArray[np.float16] | Vectors) -> Vectors:
    out = vectors.astype(np.float32)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return out
