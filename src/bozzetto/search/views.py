"""Which texts of a prompt are embedded, and by whom."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bozzetto.text.gist import gist

__all__ = ["ENGLISH", "MANY", "OWN", "VIEWS", "Row", "View", "spelled", "texts_of"]

ENGLISH = "minilm"
"""The embedder that reads English."""

MANY = "use"
"""The embedder that reads many languages in one space."""

OWN = "own"
"""The embedder that the user named in the place of these two."""


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


_EMOJI = re.compile("[\u2600-\u27bf\U0001f300-\U0001faff]")
_SHADE = re.compile("[\ufe0e\ufe0f\u200d\U0001f3fb-\U0001f3ff]")


def spelled(text: str) -> str:
    """A text with each emoji as its name: the encoders read no other letter of it."""
    if text.isascii() or not _EMOJI.search(text):
        return text
    named = _EMOJI.sub(
        lambda match: f" {unicodedata.name(match[0], match[0]).lower()} ", _SHADE.sub("", text)
    )
    return " ".join(named.split())


def _core(row: Row) -> str:
    return spelled(row.core or row.text)


def _whole(row: Row) -> str:
    return spelled(row.text)


def _gist(row: Row) -> str:
    return spelled(gist(row.text))


VIEWS: dict[str, tuple[View, ...]] = {
    ENGLISH: (View("core", "core-2", _core), View("whole", "whole-2", _whole)),
    MANY: (View("core", "core-2", _core), View("gist", "gist-2", _gist)),
    OWN: (View("core", "core-2", _core), View("whole", "whole-2", _whole)),
}
"""The views of each embedder; a prompt's score is that of the view that fits best."""


def texts_of(embedder: str, row: Row) -> tuple[str, ...]:
    """The texts of a prompt an embedder has to embed before it is found by meaning."""
    return tuple(view.text(row) for view in VIEWS[embedder])
