"""Index folders: written beside and renamed into place, verified when opened, thrown away at will.

An index lives in `<name>-<state>-<rows>/`; the newest that can be read wins. Its `state.json`
says what it was built from and pins our own files by their CRC (the adapters pin theirs);
the CRCs of all files are there too, for those who ask.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import zlib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, TypeVar

from bozzetto.errors import DataError

__all__ = ["Stamp", "changed", "newest", "opened", "pin", "publish", "readable", "sweep", "trouble"]

_FILE = "state.json"
_VERSION = 1
_BUILDING = ".building-"
_ABANDONED_SECONDS = 6 * 3600

_Opened = TypeVar("_Opened")


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an index was built from.

    `recipe` names embedder, views and format: another recipe is another index. `state` and
    `max_seq` are the library's at that time, `total` its prompts, `rows` how many of them
    are inside (those with vectors), `strong` how many with better vectors than need be.
    """

    recipe: str
    state: int
    max_seq: int
    total: int
    rows: int
    strong: int = 0

    @property
    def waiting(self) -> int:
        """How many prompts had no vectors when it was built."""
        return self.total - self.rows


def publish(folder: Path, name: str, stamp: Stamp, fill: Callable[[Path], tuple[str, ...]]) -> Path:
    """Build an index beside its place and rename it there; readers see all of it or nothing.

    `fill` writes into an empty folder and returns the files to be pinned. Where another
    process was quicker with the same, its index stands.
    """
    folder.mkdir(parents=True, exist_ok=True)
    beside = folder / f"{_BUILDING}{name}-{os.getpid()}"
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir()
    try:
        pins = {file: pin(beside / file) for file in fill(beside)}
        whole = {path.relative_to(beside).as_posix(): pin(path) for path in _files(beside)}
        head = {"version": _VERSION, "stamp": asdict(stamp), "pins": pins, "whole": whole}
        (beside / _FILE).write_text(json.dumps(head, indent=1) + "\n", encoding="utf-8")
        return _move(beside, folder, f"{name}-{stamp.state}-{stamp.rows}")
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _move(beside: Path, folder: Path, name: str) -> Path:
    for attempt in range(100):
        place = folder / (f"{name}-{attempt}" if attempt else name)
        try:
            beside.rename(place)
        except OSError:
            if not place.exists():
                raise
            continue  # there, perhaps broken: the next number wins over it
        return place
    raise DataError(f"{folder} is full of indexes that cannot be replaced", hint=f"delete {folder}")


def newest(folder: Path, name: str, recipe: str) -> list[tuple[Path, Stamp]]:
    """The indexes of that name and recipe whose header and pinned files are whole, newest first."""
    found: list[tuple[Path, Stamp]] = []
    for place in folder.glob(f"{name}-*"):
        stamp = _read(place)
        if stamp is not None and stamp.recipe == recipe:
            found.append((place, stamp))
    return sorted(found, key=_order, reverse=True)


def _order(found: tuple[Path, Stamp]) -> tuple[int, int, int, str]:
    place, stamp = found
    return stamp.state, stamp.rows, stamp.strong, place.name


def _read(place: Path) -> Stamp | None:
    """The stamp of an index, or None where it is no index of this version, or broken."""
    try:
        head = json.loads((place / _FILE).read_text(encoding="utf-8"))
        if head["version"] != _VERSION:
            return None
        if any(pin(place / file) != crc for file, crc in head["pins"].items()):
            return None
        return Stamp(**head["stamp"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def changed(place: Path) -> list[str]:
    """The files of an index that are not, byte for byte, what was written."""
    try:
        head = json.loads((place / _FILE).read_text(encoding="utf-8"))
        whole: dict[str, int] = head.get("whole", {})
    except (OSError, ValueError, AttributeError):
        return [_FILE]
    return sorted(name for name, crc in whole.items() if not _is(place / name, crc))


def _is(path: Path, crc: int) -> bool:
    try:
        return pin(path) == crc
    except OSError:
        return False


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]


Trouble = Literal["none", "newer", "damaged", "stale"]


def trouble(folder: Path, name: str) -> Trouble:
    """Why there is no index of a name to be used: the worst of what lies there."""
    found = {_condition(place) for place in folder.glob(f"{name}-*")}
    order: tuple[Trouble, ...] = ("newer", "damaged", "stale")
    return next((one for one in order if one in found), "none")


def _condition(place: Path) -> Trouble:
    """An index that is whole and yet not used was made by another recipe."""
    try:
        version = json.loads((place / _FILE).read_text(encoding="utf-8"))["version"]
        newer = isinstance(version, int) and version > _VERSION
    except (OSError, ValueError, KeyError, TypeError):
        return "damaged"
    if newer:
        return "newer"
    return "damaged" if _read(place) is None else "stale"


def sweep(folder: Path, name: str, keep: Path) -> None:
    """Delete the other indexes of that name, as far as no one holds them open.

    One of the same recipe that is newer than `keep` stays: another process has just made it,
    and two that swept each other's would leave none.
    """
    kept = _read(keep)
    for place in (*folder.glob(f"{name}-*"), *folder.glob(f"{_BUILDING}{name}-*")):
        if place != keep and not _being_built(place) and not _newer(place, keep, kept):
            shutil.rmtree(place, ignore_errors=True)


def _newer(place: Path, than: Path, kept: Stamp | None) -> bool:
    stamp = _read(place) if kept else None
    if stamp is None or kept is None or stamp.recipe != kept.recipe:
        return False
    return _order((place, stamp)) > _order((than, kept))


def readable(
    folder: Path, name: str, recipe: str, load: Callable[[Path, Stamp], _Opened]
) -> _Opened | None:
    """The newest index of that name and recipe that `load` can read, or None."""
    for place, stamp in newest(folder, name, recipe):
        try:
            return load(place, stamp)
        except (DataError, OSError, ValueError, KeyError):
            continue
    return None


def opened(load: Callable[[], _Opened], newest: Callable[[], _Opened | None]) -> _Opened:
    """What was just built; where another process is sweeping it away, what that one made.

    Raises:
        DataError, OSError: it cannot be read, nor is there another.
    """
    try:
        return load()
    except (DataError, OSError):
        other = newest()
        if other is None:
            raise
        return other


def _being_built(place: Path) -> bool:
    """Whether somebody may still be writing it; what a killed process left goes in time."""
    if not place.name.startswith(_BUILDING):
        return False
    try:
        return time.time() - place.stat().st_mtime < _ABANDONED_SECONDS
    except OSError:
        return True


def pin(path: Path) -> int:
    """The CRC of a file, read in pieces."""
    crc = 0
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            crc = zlib.crc32(piece, crc)
    return crc
