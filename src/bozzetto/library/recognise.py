"""What kind of source a file is, by its content and its name."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from bozzetto.errors import InputError, NotFoundError

__all__ = ["Found", "Skipped", "expand", "recognise"]

_SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".txt": "text",
    ".text": "text",
}
_HEAD = 65_536


@dataclass(frozen=True, slots=True)
class Found:
    """A file to import, the scheme that reads it, and the name its source gets."""

    path: Path
    scheme: str
    name: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file of a folder that is left out, and why."""

    path: Path
    reason: str


def expand(path: Path, kind: str | None = None) -> tuple[list[Found], list[Skipped]]:
    """The files a path stands for: itself, or those inside it in order of name.

    `kind` decides how they are read; else each is recognised. Links to folders are not
    followed.

    Raises:
        NotFoundError: nothing is there.
        InputError: the file, or every file of the folder, is of no known kind.
    """
    if not path.exists():
        raise NotFoundError(f"there is no file or folder {path}", hint="check the path")
    if not path.is_dir():
        scheme = kind or recognise(path)
        if scheme is None:
            raise InputError(
                f"{path} is of no kind we read", hint="say what it is: --as text, csv, jsonl ..."
            )
        return [Found(path, scheme, path.name)], []
    found: list[Found] = []
    skipped: list[Skipped] = []
    for file in _inside(path):
        scheme = kind or recognise(file) if os.access(file, os.R_OK) else None
        if scheme is None:
            skipped.append(Skipped(file, "of no kind we read, or not readable"))
        else:
            found.append(Found(file, scheme, f"{path.name}/{file.relative_to(path).as_posix()}"))
    if not found:
        raise InputError(f"the folder {path} holds no file we read", hint="name a file, with --as")
    return found, skipped


def _inside(folder: Path) -> list[Path]:
    """The plain files below a folder, hidden ones left out, in order of name."""
    files: list[Path] = []
    for name, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        files += (Path(name) / n for n in names if not n.startswith("."))
    return sorted(file for file in files if file.is_file())


def recognise(path: Path, name: str | None = None) -> str | None:
    """The scheme that reads a file, or None: content first, then the name's ending.

    `name` is what it is called where its path does not say.
    """
    if path.suffix.startswith(".sqlite"):  # closing one that is open here takes its locks away
        return None
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if head.startswith(b"PAR1"):
        return "parquet"
    by_name = _SUFFIXES.get(Path(name or path).suffix.lower())
    if by_name is not None:
        return by_name
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    if _is_json_line(head):
        return "jsonl"
    return None if b"\0" in head or not head else "text"


def _is_json_line(head: bytes) -> bool:
    first = head.lstrip(b"\xef\xbb\xbf \r\n\t").split(b"\n", 1)[0]
    try:
        return isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False
