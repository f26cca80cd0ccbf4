"""CSV and TSV with a header line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from bozzetto.adapters.sources.columns import find, prompt_of, require
from bozzetto.adapters.sources.content import LONGEST_LINE, Reading, batches, existing, fingerprint
from bozzetto.errors import InputError
from bozzetto.ports import SourceFeatures
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["DelimitedSource", "open_csv", "open_tsv"]


def open_csv(rest: str, *, home: Path, name: str | None = None) -> DelimitedSource:
    """A file of values between commas (or semicolons, tabs, bars) as a source."""
    path = existing(rest)
    return DelimitedSource(path, name or path.name, "csv", ",;\t|")


def open_tsv(rest: str, *, home: Path, name: str | None = None) -> DelimitedSource:
    """A file of values between tabs as a source."""
    path = existing(rest)
    return DelimitedSource(path, name or path.name, "tsv", "\t")


class DelimitedSource:
    """A header line, then a row a record; a row of another length than the header is bad.

    `delimiters` are tried on the header in turn.
    """

    def __init__(self, path: Path, name: str, kind: str, delimiters: str) -> None:
        self._path = path
        self._delimiters = delimiters
        self._features = SourceFeatures(name, kind)

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return self._features

    def fingerprint(self) -> str:
        """A hash of the content."""
        return fingerprint(self._path, self._features.kind)

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on.

        Raises:
            InputError: no column holds prompts.
        """
        reading = Reading(self._path)
        first = next(iter(Reading(self._path)), None)
        if first is None:
            return iter(())
        if first.cut:
            raise InputError(
                f"{self._path}, line 1: the header is longer than {LONGEST_LINE:,} characters"
            )
        delimiter = self._delimiter(first.text)
        return batches(self._items(reading, delimiter), start, reading)

    def _delimiter(self, header: str) -> str:
        for delimiter in self._delimiters:
            if "text" in find(_cells(header, delimiter)):
                return delimiter
        most = max(self._delimiters, key=header.count)
        require(_cells(header, most), f"{self._path}, line 1")
        return most

    def _items(self, reading: Reading, delimiter: str) -> Iterator[SourcePrompt | BadRow]:
        records = _records(reading, delimiter)
        header = next(records, None)
        if header is None or isinstance(header, BadRow):
            return
        names = header[1]
        roles = require(names, f"{self._path}, line 1")
        columns = {role: names.index(name) for role, name in roles.items()}
        for record in records:
            if isinstance(record, BadRow):
                yield record
                continue
            place, cells = record
            if len(cells) != len(names):
                reason = f"{len(cells)} fields where the header has {len(names)}"
                yield BadRow(place, reason)
            else:
                yield prompt_of({role: cells[at] for role, at in columns.items()}, place)


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        return header.split(delimiter)


class _Feed:
    """The lines a CSV reader asks for, remembering whether one of them was cut."""

    def __init__(self, reading: Reading) -> None:
        self._lines = iter(reading)
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.cut = self.cut or line.cut
        return line.text.replace("\0", "") + "\n"


def _records(reading: Reading, delimiter: str) -> Iterator[tuple[str, Sequence[str]] | BadRow]:
    """The records with their places; after a bad one reading goes on at the next line."""
    feed = _Feed(reading)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        first = reader.line_num + 1
        feed.cut = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(f"line {first}", f"no row: {error}; a quotation mark left open?")
            continue
        if feed.cut:
            yield BadRow(f"line {first}", f"longer than {LONGEST_LINE:,} characters")
        elif cells:
            yield f"line {first}", cells
