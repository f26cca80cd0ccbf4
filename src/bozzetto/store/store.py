"""The library's file as one object: the only door to its SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bozzetto.errors import DataError, NotFoundError
from bozzetto.ports import SourceFeatures
from bozzetto.store import (
    backup,
    candidates,
    editing,
    facets,
    facts,
    families,
    kept,
    meta,
    reading,
    removal,
    spending,
    writing,
)
from bozzetto.store.accounts import Accounts
from bozzetto.store.boards import Boards
from bozzetto.store.candidates import KeptCandidate
from bozzetto.store.database import Database
from bozzetto.store.editing import Edit
from bozzetto.store.entries import Change, Entry
from bozzetto.store.facets import Allowed, SourceInfo, Stats, Values
from bozzetto.store.kept import Kept
from bozzetto.store.migrations import CURRENT
from bozzetto.store.queue import Queue
from bozzetto.store.reading import ScanRow
from bozzetto.store.remembered import Remembered
from bozzetto.store.replays import Replays
from bozzetto.store.schema import prepare, schema_version
from bozzetto.store.writing import Begun
from bozzetto.types import (
    BadRow,
    Candidate,
    Facts,
    Filters,
    Keys,
    OptimizeResult,
    PromptRecord,
    Usage,
)

__all__ = ["FILE", "Store"]

FILE = "library.sqlite"
"""The library's file inside a home."""


class Store:
    """A library. Safe to share between threads; other processes may hold it open as well.

    Every method is one transaction: on the disk when it returns, or never there.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self._database = database
        self.queue = Queue(folder, database)
        self.boards = Boards(database)
        self.kept = Kept(database)
        self.accounts = Accounts(database)
        self.replays = Replays(database)
        self._remembered = Remembered(database)
        self._allowed: tuple[tuple[int, int, Filters, float], Allowed] | None = None

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the library of a home, making it or bringing it to the current schema.

        Raises:
            NewerSchemaError: a newer version wrote it; it is left untouched.
            DataError: the file is damaged or foreign.
        """
        folder.mkdir(parents=True, exist_ok=True)
        database = Database(folder / FILE)
        try:
            prepare(database, folder / "backups")
        except BaseException:
            database.close()
            raise
        return cls(folder, database)

    @classmethod
    def look(cls, folder: Path) -> Self:
        """Open the library of a home so that no file of it changes.

        Raises:
            NotFoundError: there is none.
            NewerSchemaError: a newer version wrote it.
            DataError: the file is damaged or foreign, or of an older schema.
        """
        path = folder / FILE
        if not path.exists():
            raise NotFoundError(f"no library in {folder}", hint="bozzetto import SOURCE makes one")
        version = schema_version(path)
        if version != CURRENT:
            raise DataError(
                f"{path} has schema {version}, this version of the program uses {CURRENT}",
                hint=f"the next command brings it there, with a backup in {folder / 'backups'}",
            )
        return cls(folder, Database(path, looking=True))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def state(self) -> int:
        """A number that grows with each change of prompts."""
        with self._database.bare() as connection:
            return meta.get(connection, "state")

    def ratings(self) -> int:
        """A number that grows with each change of what people say of prompts."""
        with self._database.bare() as connection:
            return meta.get(connection, "ratings")

    def count(self, filters: Filters | None = None) -> int:
        """How many prompts there are, in all or as filters want them."""
        with self._database.read() as connection:
            return facets.count(connection, filters or Filters())

    def max_seq(self) -> int:
        """The highest number in use; 0 where there is none."""
        with self._database.read() as connection:
            return int(
                connection.execute("SELECT coalesce(max(seq), 0) FROM prompts").fetchone()[0]
            )

    def schema(self) -> int:
        """The schema of the file."""
        return schema_version(self._database.path)

    # Reading

    def records(self, seqs: Sequence[int] | Keys) -> list[PromptRecord]:
        """The records of those numbers that are there, in the order given."""
        return self._remembered.records(seqs)

    def by_ids(self, ids: Sequence[str]) -> list[PromptRecord]:
        """The records of those ids that are there, in the order given."""
        if not ids:
            return []
        with self._database.read() as connection:
            return reading.by_ids(connection, ids)

    def scan(self, after: int = 0) -> Iterator[ScanRow]:
        """Stream (seq, id, text, core) of every prompt after a number, in order."""
        return reading.scan(self._database, after)

    def rows(self, seqs: Sequence[int] | Keys) -> list[ScanRow]:
        """What an index needs of the prompts of those numbers that are there, ascending."""
        with self._database.read() as connection:
            return reading.rows(connection, seqs)

    def facts(self, seqs: Sequence[int]) -> dict[int, Facts]:
        """What filters ask of some prompts that are there, ascending numbers."""
        return facts.facts_of(self._database, seqs)

    def allowed(self, filters: Filters, nsfw_limit: float, *, apart: Sequence[int] = ()) -> Allowed:
        """The prompts that may be found, and how many the NSFW limit alone hides.

        Those of the families `apart` are left out, and not counted. The last answer is kept
        while the prompts stay as they are, for a million keys take long.
        """
        with self._database.read() as connection:
            numbers = meta.get(connection, "state"), meta.get(connection, "ratings")
            key = (*numbers, filters, nsfw_limit)
            last = self._allowed
            if last is None or last[0] != key or filters.source:  # seen again in another source
                last = self._allowed = key, facets.allowed(connection, filters, nsfw_limit)
            found = last[1]
            return Allowed(facets.apart(connection, found.keys, apart), found.hidden)

    def page(
        self, filters: Filters | None = None, after: int = 0, limit: int = 50
    ) -> list[PromptRecord]:
        """The next records in order of number; go on after the last one's `seq`."""
        with self._database.read() as connection:
            seqs = facets.page(connection, filters or Filters(), after, limit)
            return reading.records(connection, seqs)

    def sources(self) -> tuple[SourceInfo, ...]:
        """Every source, in the order of import."""
        with self._database.read() as connection:
            return facets.sources(connection)

    def source(self, fingerprint: str) -> tuple[SourceInfo, tuple[BadRow, ...]] | None:
        """A source by its content, with its bad rows as far as they are kept."""
        with self._database.read() as connection:
            for info in facets.sources(connection):
                if info.fingerprint == fingerprint:
                    return info, facets.bad_rows(connection, fingerprint)
        return None

    def values(self) -> Values:
        """What filters can ask for, with how many prompts have it."""
        with self._database.read() as connection:
            return facets.values(connection)

    def stats(self) -> Stats:
        """The library in numbers."""
        with self._database.read() as connection:
            return facets.stats(connection)

    # Importing

    def begin_source(
        self, features: SourceFeatures, fingerprint: str, *, actor: str, now: str
    ) -> Begun:
        """Find a source by its content or note a new one."""
        with self._database.write() as connection:
            return writing.begin_source(connection, features, fingerprint, Change(actor, now))

    def add_batch(
        self,
        begun: Begun,
        entries: Sequence[Entry],
        bad: Sequence[BadRow],
        *,
        start: int,
        position: int,
    ) -> int:
        """Keep what was read from `start` up to `position`; returns how many are new."""
        with self._database.write() as connection:
            return writing.add_batch(connection, begun, entries, bad, start, position)

    def finish_source(self, begun: Begun) -> None:
        """Note that every row of a source is in."""
        with self._database.write() as connection:
            writing.finish_source(connection, begun)

    def starter_removed(self) -> bool:
        """True once somebody deleted the starter library."""
        with self._database.read() as connection:
            return bool(meta.get(connection, "starter_removed"))

    # Families

    def families_stale(self) -> bool:
        """True when prompts have changed since families were worked out."""
        with self._database.read() as connection:
            return families.stale(connection)

    def set_families(self, variants: Iterable[tuple[int, int]], state: int) -> None:
        """Set all families: (prompt, family) for each prompt that is not its family's first.

        `state` is the library's when the prompts were read.
        """
        with self._database.write() as connection:
            families.replace(connection, variants, state)

    def family_sizes(self, numbers: Sequence[int]) -> dict[int, int]:
        """How many prompts each family has."""
        with self._database.read() as connection:
            return families.sizes(connection, numbers)

    def family(self, number: int) -> list[PromptRecord]:
        """The members of a family."""
        with self._database.read() as connection:
            return reading.records(connection, families.members(connection, number))

    # Candidates

    def save_candidates(
        self, result: OptimizeResult, settings: Mapping[str, Any], *, actor: str, now: str
    ) -> None:
        """Keep the candidates of a result with their idea, hits and settings."""
        with self._database.write() as connection:
            candidates.save(connection, result, settings, Change(actor, now))

    def candidate(self, identity: str) -> KeptCandidate | None:
        """A kept candidate by its id."""
        with self._database.read() as connection:
            return candidates.candidate(connection, identity)

    def children(self, identity: str) -> list[Candidate]:
        """The kept candidates that were made from a candidate, oldest first."""
        with self._database.read() as connection:
            return candidates.children(connection, identity)

    def spend(self, day: str, chat: str, usage: Usage) -> None:
        """Note what a chat model took on a day, "2026-01-31"."""
        with self._database.write() as connection:
            spending.add(connection, day, chat, usage)

    def spent(self, day: str) -> Usage:
        """What all chat models together took on a day."""
        with self._database.read() as connection:
            return spending.of_day(connection, day)

    # Keeping house

    def edit(self, identity: str, wanted: Edit, *, actor: str, now: str) -> str | None:
        """Edit a prompt; its id, which is another where the text is. None: there is no such prompt.

        Raises:
            InputError: another prompt has that text already.
        """
        with self._database.write() as connection:
            return editing.edit(connection, identity, wanted, Change(actor, now))

    def delete(self, ids: Sequence[str], *, actor: str, now: str) -> int:
        """Delete prompts for good, by id; returns how many there were."""
        with self._database.write() as connection:
            return removal.delete_ids(connection, ids, Change(actor, now))

    def delete_source(self, name: str, *, actor: str, now: str) -> int:
        """Delete a source and the prompts seen nowhere else; returns how many went.

        Raises:
            NotFoundError: no source has that name.
        """
        with self._database.write() as connection:
            campaign = any(
                info.name == name and info.kind == kept.KIND for info in facets.sources(connection)
            )
            gone = removal.delete_source(connection, name, Change(actor, now))
            if campaign:
                kept.forget(connection, name, Change(actor, now))
        if gone is None:
            known = ", ".join(dict.fromkeys(info.name for info in self.sources()))
            raise NotFoundError(
                f"no source is called {name!r}", hint=f"there are: {known or 'none'}"
            )
        return gone

    def check(self) -> None:
        """Read the whole file.

        Raises:
            DataError: it is damaged.
        """
        backup.check(self._database.path)

    def backup(self, target: Path) -> None:
        """Write a consistent copy to a file, complete or not at all."""
        backup.copy_to(self._database, target)
