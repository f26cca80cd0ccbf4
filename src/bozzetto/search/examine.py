"""What the indexes on the disk are worth, for somebody who asks; nothing is built or deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from bozzetto.errors import DataError
from bozzetto.search.folders import Stamp, newest, trouble

__all__ = ["Factory", "IndexState", "Usable", "compare", "examine"]


@dataclass(frozen=True, slots=True)
class IndexState:
    """How an index stands to the library.

    "complete" and "behind" are searched as they are; "none", "stale", "damaged" and "newer"
    (made by a newer version of the program) are built anew by the next search, those of a
    large library by `bozzetto index build`. `strong` of its `rows` have the embedder's own
    vectors where a student's do for the others; `recall` is asked of a sample, None where
    nothing is to be asked.
    """

    name: str
    state: Literal["complete", "behind", "none", "stale", "damaged", "newer", "unreachable"]
    detail: str
    rows: int = 0
    strong: int = 0
    recall: float | None = None
    size: int = 0
    """Bytes on the disk."""
    stored: int | None = None
    """Rows that a vector store says it holds, of the view with the fewest; None without one."""


class Factory(Protocol):
    """What reads the indexes of one name."""

    @property
    def name(self) -> str:
        """The name that their folders begin with."""
        ...

    @property
    def title(self) -> str:
        """What people know them by."""
        ...

    @property
    def recipe(self) -> str:
        """What they have to be made by."""
        ...

    def load(self, place: Path, stamp: Stamp) -> object:
        """Read one of them.

        Raises:
            DataError: it is truncated, foreign, or of another version.
        """
        ...


_TROUBLES = {
    "none": "none yet",
    "newer": "made by a newer version of the program",
    "damaged": "damaged",
    "stale": "made by another version or for another embedder",
}


@dataclass(frozen=True, slots=True)
class Usable:
    """An index that can be read: its stamp, where it lies, and itself."""

    stamp: Stamp
    place: Path
    index: object

    def size(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.place.rglob("*") if path.is_file())


def examine(folder: Path, factory: Factory) -> Usable | IndexState:
    """The newest index that can be read, or why there is none."""
    reasons: list[str] = []
    for place, stamp in newest(folder, factory.name, factory.recipe):
        try:
            index = factory.load(place, stamp)
        except (DataError, OSError, ValueError, KeyError) as error:
            reasons.append(str(error))
        else:
            return Usable(stamp, place, index)
    if reasons:
        return IndexState(factory.title, "damaged", f"damaged: {reasons[0]}")
    found = trouble(folder, factory.name)
    return IndexState(factory.title, found, _TROUBLES[found])


def compare(name: str, stamp: Stamp, newer: int, count: int) -> IndexState:
    """How an index that can be used stands to a library of `count` prompts."""
    said = list(_lacks(stamp, newer, count))
    if said:
        return IndexState(name, "behind", ", ".join(said))
    return IndexState(name, "complete", f"complete, {stamp.total:,} prompts")


def _lacks(stamp: Stamp, newer: int, count: int) -> Iterator[str]:
    if newer:
        yield f"{newer:,} newer prompts are searched one by one"
    if gone := stamp.total + newer - count:
        yield f"{gone:,} deleted ones are passed over"
    if stamp.waiting:
        yield f"{stamp.waiting:,} had no vector when it was built"
