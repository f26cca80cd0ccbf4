"""Plain text: a prompt a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bozzetto.adapters.sources.content import LONGEST_LINE, Reading, batches, existing, fingerprint
from bozzetto.ports import SourceFeatures
from bozzetto.types import BadRow, Batch, SourcePrompt

__all__ = ["LinesSource", "open_source"]


def open_source(rest: str, *, home: Path, name: str | None = None) -> LinesSource:
    """A text file as a source."""
    path = existing(rest)
    return LinesSource(path, name or path.name)


class LinesSource:
    """A prompt a line; empty lines stand between prompts and are none."""

    def __init__(self, path: Path, name: str) -> None:
        self._path = path
        self._features = SourceFeatures(name, "text")

    @property
    def features(self) -> SourceFeatures:
        """What the source is."""
        return self._features

    def fingerprint(self) -> str:
        """A hash of the content."""
        return fingerprint(self._path, "text")

    def read(self, start: int = 0) -> Iterator[Batch]:
        """Yield batches from a position on."""
        reading = Reading(self._path)
        return batches(_items(reading), start, reading)


def _items(reading: Reading) -> Iterator[SourcePrompt | BadRow]:
    for line in reading:
        place = f"line {line.number}"
        if line.cut:
            yield BadRow(place, f"longer than {LONGEST_LINE:,} characters")
        elif line.text and not line.text.isspace():
            yield SourcePrompt(line.text, place)
