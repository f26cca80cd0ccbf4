"""A file's content: that it can be read, its hash, its lines."""

from __future__ import annotations

import codecs
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bozzetto.errors import InputError, NotFoundError
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["LONGEST_LINE", "Line", "Reading", "batches", "existing", "fingerprint"]

LONGEST_LINE = 1_000_000
"""Characters of a line that are read; what is longer cannot be a row of prompts."""

_ROWS = 16_384
_CHARACTERS = 16_000_000
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text, without its end; `cut` where only its beginning was read."""

    number: int
    text: str
    cut: bool = False


def existing(rest: str) -> Path:
    """The file that a source names.

    Raises:
        NotFoundError: there is none.
        InputError: it is no file that can be read to its end.
    """
    path = Path(rest).expanduser()
    if not path.exists():
        raise NotFoundError(f"there is no file {rest}", hint="check the path")
    if not path.is_file():
        raise InputError(f"{rest} is no file", hint="give a file, or the folder it is in")
    if path.suffix.startswith(".sqlite"):  # closing one that is open here takes its locks away
        raise InputError(f"{rest} is a database, no file of prompts", hint="bozzetto restore FILE")
    return path


def fingerprint(path: Path, reader: str) -> str:
    """The SHA-256 of a file and of how it is read.

    Raises:
        InputError: it may not be read.
    """
    try:
        with path.open("rb") as file:
            return f"{reader}:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


class Reading:
    """The lines of a text file in UTF-8, UTF-16 with its mark, or else Windows-1252.

    A line ends at LF, CR LF or CR alone. One that is not UTF-8 is taken as Windows-1252 by
    itself, so that one bad byte does not spoil a file. `done` is the share of the file read so far.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = max(1, path.stat().st_size)
        self._read = 0

    @property
    def done(self) -> float:
        """The share of the file read so far, 0-1."""
        return min(1.0, self._read / self._size)

    def __iter__(self) -> Iterator[Line]:
        with self._path.open("rb") as file:
            head = file.read(3)
            wide = head.startswith(_UTF16)
            file.seek(3 if head == codecs.BOM_UTF8 else 0)
            # Latin-1 gives each byte a character, which `_decode` takes back.
            text = io.TextIOWrapper(
                file, encoding="utf-16" if wide else "latin-1", errors="replace", newline=None
            )
            try:
                yield from self._lines(text, wide)
            finally:
                text.detach()  # the file is closed by who opened it

    def _lines(self, text: io.TextIOWrapper, wide: bool) -> Iterator[Line]:
        number = 0
        while line := text.readline(LONGEST_LINE):
            number += 1
            self._count(line, wide)
            cut = len(line) == LONGEST_LINE and not line.endswith("\n")
            while cut and (more := text.readline(LONGEST_LINE)):
                self._count(more, wide)
                if more.endswith("\n"):
                    break
            line = line.removesuffix("\n")
            yield Line(number, line if wide else _decode(line.encode("latin-1")), cut)

    def _count(self, line: str, wide: bool) -> None:
        self._read += len(line) * (2 if wide else 1)


def _decode(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def batches(
    items: Iterable[SourcePrompt | BadRow], start: int, reading: Reading
) -> Iterator[Batch]:
    """Cut items into batches, leaving out the first `start`; a position counts items."""
    rows: list[SourcePrompt] = []
    bad: list[BadRow] = []
    position = size = 0
    for item in items:
        position += 1
        if position <= start:
            continue
        if isinstance(item, BadRow):
            bad.append(item)
        else:
            rows.append(item)
            size += len(item.text)
        if len(rows) + len(bad) >= _ROWS or size >= _CHARACTERS:
            yield Batch(rows, bad, position, reading.done)
            rows, bad, size = [], [], 0
    if rows or bad:
        yield Batch(rows, bad, position, 1.0)
