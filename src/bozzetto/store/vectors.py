"""Embeddings once computed, in a file that may be thrown away at any time.

A vector is kept under a 64-bit hash of the text that was embedded. Rows are kept in blocks,
for reading a blob of a thousand vectors costs no more than reading a row.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bozzetto.store.database import explain, look_at, patiently, private
from bozzetto.types import Vectors

__all__ = ["Hashes", "VectorCache", "text_hashes"]

Hashes = NDArray[np.int64]
T = TypeVar("T")

_SCHEMA = 1
_BLOCKS = (
    "IF NOT EXISTS blocks (id INTEGER PRIMARY KEY, embedder TEXT NOT NULL,"
    " rows INTEGER NOT NULL, dim INTEGER NOT NULL, checksum INTEGER NOT NULL,"
    " hashes BLOB NOT NULL, vectors BLOB NOT NULL)"
)
_BLOCK_ROWS = 8192
_MANY_BLOCKS = 64
_SMALL_ROWS = 1024


def text_hashes(texts: Sequence[str]) -> Hashes:
    """The keys of texts, shape (len(texts),)."""
    digests = b"".join(
        hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        for text in texts
    )
    return np.frombuffer(digests, dtype="<i8").astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Keys:
    """The hashes an embedder has vectors for, ascending, and where each vector is."""

    hashes: Hashes
    blocks: Hashes
    rows: Hashes

    def find(self, hashes: Hashes) -> Hashes:
        """The place of each hash in these arrays, -1 where there is none."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, dtype=np.int64)
        at = np.minimum(np.searchsorted(self.hashes, hashes), len(self.hashes) - 1)
        return np.where(self.hashes[at] == hashes, at, -1)


class VectorCache:
    """Float16 vectors by (embedder, text hash). A damaged file is replaced by an empty one.

    `looking` opens it so that nothing changes: a missing file is empty, damage is an error.
    """

    def __init__(self, path: Path, *, looking: bool = False) -> None:
        self.path = path
        self._looking = looking
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._known: dict[str, _Keys] = {}
        self._version = -1

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._known.clear()

    def size(self, embedder: str) -> int:
        """How many vectors of an embedder there are."""
        return len(self._run(lambda connection: self._keys(connection, embedder)).hashes)

    def missing(self, embedder: str, hashes: Hashes) -> Hashes:
        """Those hashes that have no vector yet, distinct, in their order."""
        _, first = np.unique(hashes, return_index=True)
        wanted = hashes[np.sort(first)]
        keys = self._run(lambda connection: self._keys(connection, embedder))
        return wanted[keys.find(wanted) < 0]

    def get(self, embedder: str, hashes: Hashes) -> Vectors:
        """The vectors of hashes as they were put, float32, shape (len(hashes), dim).

        Raises:
            KeyError: some hash has none, or its block is damaged; ask `missing` again.
        """

        def read(connection: sqlite3.Connection) -> Vectors:
            keys = self._keys(connection, embedder)
            at = keys.find(hashes)
            if (at < 0).any():
                raise KeyError(int(hashes[at < 0][0]))
            return _read(connection, keys.blocks[at], keys.rows[at])

        return self._run(read)

    def blocks(self, embedder: str) -> Iterator[tuple[Hashes, NDArray[np.float16]]]:
        """All vectors of an embedder as they were put, with their hashes, some at a time."""
        query = "SELECT id FROM blocks WHERE embedder = ? ORDER BY id"
        numbers = self._run(lambda c: c.execute(query, (embedder,)).fetchall())
        for (number,) in numbers:
            found = self._run(lambda c, number=number: _whole_block(c, number))  # type: ignore[misc]
            if found is not None:
                yield found

    def put(self, embedder: str, hashes: Hashes, vectors: Vectors | NDArray[np.float16]) -> None:
        """Keep vectors, shape (len(hashes), dim), in one transaction; known ones stay."""

        def write(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            known = self._keys(connection, embedder).find(hashes)
            _, first = np.unique(hashes, return_index=True)
            new = np.sort(first[known[first] < 0])
            _write(connection, embedder, hashes[new], np.asarray(vectors, np.float16)[new])
            _merge_small(connection, embedder)
            connection.execute("COMMIT")
            self._known.pop(embedder, None)

        self._run(write)

    def keep_only(self, embedder: str, hashes: Hashes) -> int:
        """Drop every vector of an embedder but those; returns how many went."""
        stale = np.setdiff1d(self._run(lambda c: self._keys(c, embedder)).hashes, hashes)

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")
            _drop(connection, embedder, stale)
            connection.execute("COMMIT")
            self._known.pop(embedder, None)

        if len(stale):
            self._run(drop)
        return len(stale)

    def check(self) -> None:
        """Read every vector; where it is not opened for looking, damage is mended by this.

        Raises:
            DataError: the file is damaged or of another version.
        """

        def read(connection: sqlite3.Connection) -> None:
            for (number,) in connection.execute("SELECT id FROM blocks").fetchall():
                _block(connection, number)

        self._run(read)

    def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do some work; where the file turns out damaged, do it again on an empty one."""
        with self._lock:
            try:
                return self._once(work)
            except sqlite3.Error as error:
                if self._looking or not _is_damage(error):
                    raise explain(error, self.path) from error
            self.close()
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
            return self._once(work)

    def _once(self, work: Callable[[sqlite3.Connection], T]) -> T:
        connection = self._open()
        try:
            return work(connection)
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            connection = self._connect()
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if self._looking:
            there = self.path.exists() and self.path.stat().st_size
            return look_at(self.path) if there else sqlite3.connect(":memory:")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        private(self.path)
        return sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        if not self._looking:
            patiently(connection, "PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.execute("PRAGMA secure_delete=ON")
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version not in (0, _SCHEMA):
            raise sqlite3.DatabaseError(f"it holds vectors of version {version}, not {_SCHEMA}")
        if version == 0:
            connection.execute(f"CREATE {'TEMP ' if self._looking else ''}TABLE {_BLOCKS}")
        if version == 0 and not self._looking:
            connection.execute(f"PRAGMA user_version={_SCHEMA}")

    def _keys(self, connection: sqlite3.Connection, embedder: str) -> _Keys:
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:  # another process has written
            self._known.clear()
            self._version = version
        if embedder not in self._known:
            self._known[embedder] = _load_keys(connection, embedder)
        return self._known[embedder]


def _is_damage(error: sqlite3.Error) -> bool:
    """False for a full disk and the like, which a new file would not mend."""
    name = getattr(error, "sqlite_errorname", "SQLITE_CORRUPT")
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"))


def _load_keys(connection: sqlite3.Connection, embedder: str) -> _Keys:
    hashes, blocks, rows = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, blob in connection.execute(
        "SELECT id, hashes FROM blocks WHERE embedder = ?", (embedder,)
    ):
        found = np.frombuffer(blob, dtype="<i8")
        hashes.append(found)
        blocks.append(np.full(len(found), number, dtype=np.int64))
        rows.append(np.arange(len(found), dtype=np.int64))
    joined = np.concatenate(hashes)
    order = np.argsort(joined, kind="stable")
    return _Keys(joined[order], np.concatenate(blocks)[order], np.concatenate(rows)[order])


def _read(connection: sqlite3.Connection, blocks: Hashes, rows: Hashes) -> Vectors:
    if not len(rows):
        return np.empty((0, 0), dtype=np.float32)
    parts: list[Vectors] = []
    order = np.argsort(blocks, kind="stable")
    starts = np.flatnonzero(np.diff(blocks[order], prepend=np.int64(-1)))
    for number, picks in zip(blocks[order][starts], np.split(rows[order], starts[1:]), strict=True):
        parts.append(_block(connection, int(number))[picks].astype(np.float32))
    out = np.empty((len(rows), parts[0].shape[1]), dtype=np.float32)
    out[order] = np.concatenate(parts)
    return out


def _block(connection: sqlite3.Connection, number: int) -> NDArray[np.float16]:
    row = connection.execute(
        "SELECT rows, dim, checksum, vectors FROM blocks WHERE id = ?", (number,)
    ).fetchone()
    if row is None:
        raise KeyError(number)
    rows, dim, checksum, blob = row
    if zlib.crc32(blob) != checksum or len(blob) != rows * dim * 2:
        raise sqlite3.DatabaseError("a block of vectors is damaged")
    return np.frombuffer(blob, dtype="<f2").reshape(rows, dim)


def _whole_block(
    connection: sqlite3.Connection, number: int
) -> tuple[Hashes, NDArray[np.float16]] | None:
    """A block, or None where somebody has merged or dropped it since."""
    row = connection.execute("SELECT hashes FROM blocks WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    return np.frombuffer(row[0], dtype="<i8"), _block(connection, number)


def _write(
    connection: sqlite3.Connection, embedder: str, hashes: Hashes, vectors: NDArray[np.float16]
) -> None:
    for start in range(0, len(hashes), _BLOCK_ROWS):
        part = vectors[start : start + _BLOCK_ROWS]
        blob = part.astype("<f2").tobytes()
        keys = hashes[start : start + _BLOCK_ROWS].astype("<i8").tobytes()
        connection.execute(
            "INSERT INTO blocks (embedder, rows, dim, checksum, hashes, vectors)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (embedder, len(part), part.shape[1], zlib.crc32(blob), keys, blob),
        )


def _merge_small(connection: sqlite3.Connection, embedder: str) -> None:
    """Join the small blocks that many small puts leave behind."""
    small = connection.execute(
        "SELECT id, hashes FROM blocks WHERE embedder = ? AND rows < ? ORDER BY id",
        (embedder, _SMALL_ROWS),
    ).fetchall()
    if len(small) < _MANY_BLOCKS:
        return
    hashes = np.concatenate([np.frombuffer(blob, dtype="<i8") for _, blob in small])
    vectors = np.concatenate([_block(connection, number) for number, _ in small])
    connection.executemany("DELETE FROM blocks WHERE id = ?", [(number,) for number, _ in small])
    _write(connection, embedder, hashes, vectors)


def _drop(connection: sqlite3.Connection, embedder: str, hashes: Hashes) -> None:
    for number, blob in connection.execute(
        "SELECT id, hashes FROM blocks WHERE embedder = ?", (embedder,)
    ).fetchall():
        held = np.frombuffer(blob, dtype="<i8")
        stay = ~np.isin(held, hashes)
        if stay.all():
            continue
        left = _block(connection, number)[stay]
        connection.execute("DELETE FROM blocks WHERE id = ?", (number,))
        _write(connection, embedder, held[stay], left)
