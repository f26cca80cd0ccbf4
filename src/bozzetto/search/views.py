"""Which texts of a prompt are embedded, and by whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bozzetto.text.gist import gist

__all__ = ["ENGLISH", "MANY", "VIEWS", "Row", "View", "texts_of"]

ENGLISH = "minilm"
"""The embedder that reads English."""

MANY = "use"
"""The embedder that reads many languages in one space."""


class Row(Protocol):
    """A prompt as far as a view reads it: a record, or a row of a scan."""

    @property
    def text(self) -> str:
        """The whole prompt."""
        ...

    @property
    def core(self) -> str:
        """What is in the picture."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """One text of a prompt that stands for it in a vector index. `recipe` names its making."""

    name: str
    recipe: str
    text: Callable[[Row], str]


def _core(row: Row) -> str:
    return row.core or row.text


def _whole(row: Row) -> str:
    return row.text


def _gist(row: Row) -> str:
    return gist(row.text)


VIEWS: dict[str, tuple[View, ...]] = {
    ENGLISH: (View("core", "core-1", _core), View("whole", "whole-1", _whole)),
    MANY: (View("core", "core-1", _core), View("gist", "gist-1", _gist)),
}
"""The views of each embedder; a prompt's score is that of the view that fits best."""


def texts_of(embedder: str, row: Row) -> tuple[str, ...]:
    """The texts of a prompt an embedder has to embed before it is found by meaning."""
    return tuple(view.text(row) for view in VIEWS[embedder])
