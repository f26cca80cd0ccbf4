"""CSV and TSV with a header line."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

from bozzetto.adapters.sources.columns import find, prompt_of, require
from bozzetto.adapters.sources.content import (
    LONGEST_LINE,
    Line,
    Reading,
    batches,
    existing,
    fingerprint,
)
from bozzetto.errors import InputError
from bozzetto.ports import SourceFeatures
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["DelimitedSource", "open_csv", "open_tsv"]

_LONGEST_RECORD = 50
"""Lines of a record, quoted line ends among them; what is longer is a quotation mark left open."""


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
        if header is None:
            return
        if isinstance(header, BadRow):
            raise InputError(f"{self._path}, {header.place}: {header.reason}")
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


class _RunawayError(Exception):
    """A record has more lines than one can have."""


class _Feed:
    """The lines a CSV reader asks for, remembering those of the record it is in."""

    def __init__(self, reading: Reading) -> None:
        self._lines = iter(reading)
        self._again: deque[Line] = deque()
        self.taken: list[Line] = []
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self.taken) == _LONGEST_RECORD:
            raise _RunawayError
        line = self._again.popleft() if self._again else next(self._lines, None)
        if line is None:
            self.ended = True
            raise StopIteration
        self.taken.append(line)
        return _given(line)

    def back(self) -> None:
        """Give the lines after the record's first once more."""
        self._again.extendleft(reversed(self.taken[1:]))
        self.ended = False


def _given(line: Line) -> str:
    return line.text.replace("\0", "") + "\n"


def _records(reading: Reading, delimiter: str) -> Iterator[tuple[str, Sequence[str]] | BadRow]:
    """The records with their places; after a bad one reading goes on at the next line.

    A quotation mark left open would take in the good rows after it: its line alone is bad.
    """
    feed = _Feed(reading)
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        feed.taken.clear()
        wrong = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            wrong = str(error)
        except _RunawayError:
            wrong = f"it goes on for more than {_LONGEST_RECORD} lines"
        else:
            if feed.ended or not _closed(feed.taken, delimiter):
                wrong = "it does not end as a field does"
        place = f"line {feed.taken[0].number}"
        if wrong:
            yield BadRow(place, f"no row: {wrong}; a quotation mark left open?")
            feed.back()
            reader = csv.reader(feed, delimiter=delimiter)
        elif any(line.cut for line in feed.taken):
            yield BadRow(place, f"longer than {LONGEST_LINE:,} characters")
        elif cells:
            yield place, cells


def _closed(lines: Sequence[Line], delimiter: str) -> bool:
    """False where a record of several lines ends at a mark that opens another field."""
    if len(lines) == 1:
        return True
    try:
        next(csv.reader(map(_given, lines), delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True
