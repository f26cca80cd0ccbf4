"""A source into the library: batch by batch, so that it can stop anywhere and go on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice

from filelock import FileLock, Timeout

from bozzetto.errors import DataError
from bozzetto.library.reading import Reader, Worked
from bozzetto.ports import PromptSource
from bozzetto.store.entries import Entry
from bozzetto.store.store import Store
from bozzetto.store.writing import Begun
from bozzetto.types import BadRow, Batch, ImportReport, Progress

__all__ = ["import_source"]

_ROWS = 65_536
"""Rows of a transaction: ids are scattered, so in a big library every transaction rewrites
most of their index, however few rows it brings."""

_WAIT_SECONDS = 0.5


def import_source(
    store: Store,
    source: PromptSource,
    *,
    actor: str,
    now: str,
    progress: Callable[[Progress], None] | None = None,
    processes: int | None = None,
) -> ImportReport:
    """Bring every row of a source into the library; families are left to `families.renew`.

    The rows of a batch and the position after them are one transaction: killed anywhere and
    run again, the import goes on after the last batch and ends as one clean run would. A
    source whose content is in already changes nothing. Only one import runs at a time; a
    second waits. `processes` (default: one a processor) work on the text of a big source.

    Raises:
        InputError: the source as a whole cannot be read.
        DataError: the disk is full or the library damaged; what was reported done is kept.
    """
    tell = progress or _silent
    fingerprint = source.fingerprint()
    lock = FileLock(store.folder / "import.lock")
    _acquire(lock, source.features.name, tell)
    try:
        # A source that cannot be read at all leaves no trace, so its beginning is read first.
        opened = None if store.source(fingerprint) else _opened(source)
        begun = store.begin_source(source.features, fingerprint, actor=actor, now=now)
        if not begun.complete:
            many = (os.cpu_count() or 1) if processes is None else processes
            batches = source.read(begun.position) if opened is None else opened
            _run(store, source.features.name, batches, begun, tell, many)
            store.finish_source(begun)
    finally:
        lock.release()
    return _report(store, fingerprint, begun.complete)


def _silent(_: Progress) -> None:
    pass


def _acquire(lock: FileLock, name: str, tell: Callable[[Progress], None]) -> None:
    try:
        lock.acquire(timeout=0)
    except Timeout:
        tell(Progress("import", 0, message=f"{name} waits for another import to end"))
        lock.acquire(poll_interval=_WAIT_SECONDS)


def _opened(source: PromptSource) -> Iterator[Batch]:
    """All batches of a source, the first of them read already."""
    batches = source.read()
    return chain(list(islice(batches, 1)), batches)


def _run(
    store: Store,
    name: str,
    batches: Iterator[Batch],
    begun: Begun,
    tell: Callable[[Progress], None],
    processes: int,
) -> None:
    stage = f"import {name}"
    pending = _Pending(store, begun, begun.position)
    done = 0
    try:
        with Reader(processes) as reader:
            for batch, worked in reader.stream(_texts(batches)):
                pending.take(batch, worked)
                done += len(batch.rows) + len(batch.bad)
                tell(Progress(stage, done, _total(done, batch.done)))
    finally:
        pending.keep()  # also where the source turned out torn or somebody stopped us


class _Pending:
    """Batches worked out and not yet in the library, each with the position after it.

    A batch enters whole, by one append: an interrupt leaves no half of one.
    """

    def __init__(self, store: Store, begun: Begun, start: int) -> None:
        self._store = store
        self._begun = begun
        self._start = start
        self._batches: list[tuple[list[Entry], list[BadRow], int]] = []
        self._rows = 0

    def take(self, batch: Batch, worked: Sequence[Worked]) -> None:
        """Add a batch; where there is enough, keep it."""
        entries, bad = _sort_out(batch, worked)
        self._rows += len(entries) + len(bad)
        self._batches.append((entries, bad, batch.position))
        if self._rows >= _ROWS:
            self.keep()

    def keep(self) -> None:
        """Put all that is pending into the library, in one transaction."""
        batches, start = self._batches, self._start
        self._batches, self._rows = [], 0
        if batches:
            self._start = batches[-1][2]
            entries = [entry for some, _, _ in batches for entry in some]
            bad = [row for _, some, _ in batches for row in some]
            self._store.add_batch(self._begun, entries, bad, start=start, position=self._start)


def _sort_out(batch: Batch, worked: Sequence[Worked]) -> tuple[list[Entry], list[BadRow]]:
    known = dict(zip(dict.fromkeys(row.text for row in batch.rows), worked, strict=True))
    entries: list[Entry] = []
    bad = list(batch.bad)
    for row in batch.rows:
        number, text, core = known[row.text]
        if number is None:
            bad.append(BadRow(row.place, text))
        else:
            entries.append(Entry(number, text, core, row))
    return entries, bad


def _total(done: int, share: float | None) -> int | None:
    return max(done, round(done / share)) if share else None


def _texts(batches: Iterator[Batch]) -> Iterator[tuple[Batch, list[str]]]:
    """Each batch with its texts: one picture a row, so many of them repeat."""
    for batch in batches:
        yield batch, list(dict.fromkeys(row.text for row in batch.rows))


def _report(store: Store, fingerprint: str, already: bool) -> ImportReport:
    found = store.source(fingerprint)
    if found is None:
        raise DataError("the source was deleted while it was imported", hint="import it again")
    info, bad = found
    new = 0 if already else info.new
    return ImportReport(
        source=info.name,
        rows=info.rows,
        new=new,
        known=info.rows - info.bad - new,
        bad=bad,
        bad_count=info.bad,
        already_complete=already,
        deleted=info.deleted,
    )
