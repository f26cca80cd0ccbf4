"""What a search is for: an idea, prompts to be like or unlike, and which half of one counts.

A prompt that is liked pulls the idea's vector towards its own, one that is not pushes it away
(Rocchio 1971).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bozzetto.errors import InputError
from bozzetto.search.understand import NOTHING_SAID, Query, understand
from bozzetto.text.split import split
from bozzetto.types import By, PromptRecord, Vectors

__all__ = ["Aim", "aim_at", "toward"]

_LIKE, _UNLIKE = 0.75, 0.25
"""What the mean of the liked counts beside the idea, and that of the others. Of 26 ideas whose
prompt is not among the first ten, one like and one unlike of these bring five there; likes of
.5 to 2 do as well."""

_ASKED: dict[By, tuple[int, ...]] = {"both": (0, 1), "subject": (0,), "look": (1,)}
"""Of the views of an embedder the first is the core, the second holds the look as well."""


def _subject(record: PromptRecord) -> str:
    return record.core or record.text


def _look(record: PromptRecord) -> str:
    return ", ".join(split(record.text).modifiers)


_HALVES: dict[By, Callable[[PromptRecord], str]] = {"subject": _subject, "look": _look}


@dataclass(frozen=True, slots=True)
class Aim:
    """An idea, or none where `like` stands for it, and what goes with it."""

    query: Query
    like: tuple[PromptRecord, ...] = ()
    unlike: tuple[PromptRecord, ...] = ()
    by: By = "both"

    @property
    def families(self) -> tuple[int, ...]:
        """Those of the prompts that are given: a person has them already."""
        return tuple(sorted({record.family for record in (*self.like, *self.unlike)}))

    @property
    def given(self) -> str:
        """What the liked prompts say."""
        return ", ".join(self.seen(record).text for record in self.like)

    @property
    def text(self) -> str:
        """What is said of it: the idea, or what the liked prompts say; of a look, both."""
        if self.by == "look":
            return ", ".join(filter(None, (self.query.text, self.given)))
        return self.query.text or self.given

    def seen(self, record: PromptRecord) -> PromptRecord:
        """A prompt as if the half that counts were all of it."""
        half = _HALVES.get(self.by)
        if half is None:
            return record
        text = half(record)
        return replace(record, text=text, core=text)

    def asks(self, view: int) -> bool:
        """Whether a view of an embedder is searched, by its place."""
        return view in _ASKED[self.by]


def aim_at(
    idea: str | None,
    like: Sequence[str],
    unlike: Sequence[str],
    by: By,
    records: Callable[[Sequence[str]], list[PromptRecord]],
) -> Aim:
    """What a person asks for, ids looked up.

    Raises:
        InputError: there is neither idea nor prompt, an id is unknown or stands on both sides.
    """
    if by not in _ASKED:
        raise InputError(f"by: {by!r} is none of {', '.join(_ASKED)}")
    if idea is None and not like:
        raise InputError(
            "there is nothing to search for", hint="say what you have in mind, or give --like ID"
        )
    for identity in like:
        if identity in unlike:
            raise InputError(f"{identity} is both liked and not", hint="leave one out")
    query = NOTHING_SAID if idea is None else _half(understand(idea), by)
    return Aim(query, _known(like, records), _known(unlike, records), by)


def _half(query: Query, by: By) -> Query:
    """An English idea without its own words on the look, where only the subject counts."""
    core = split(query.text).core if by == "subject" and query.english else query.text
    if core in ("", query.text):
        return query
    said = understand(core)
    return replace(query, text=said.text, kind=said.kind, content=said.content)


def _known(
    ids: Sequence[str], records: Callable[[Sequence[str]], list[PromptRecord]]
) -> tuple[PromptRecord, ...]:
    found = {record.id: record for record in records(ids)}
    for identity in ids:
        if identity not in found:
            raise InputError(
                f"no prompt is called {identity!r}", hint="search and library list show ids"
            )
    return tuple(found.values())


def toward(idea: Vectors, like: Vectors, unlike: Vectors) -> Vectors:
    """A vector (dim,) drawn to some (n, dim) and away from others, of unit length.

    Raises:
        InputError: nothing is left of it.
    """
    total = idea.astype(np.float32)
    for vectors, weight in ((like, _LIKE), (unlike, -_UNLIKE)):
        if len(vectors):
            total += np.float32(weight) * vectors.mean(axis=0)
    length = float(np.linalg.norm(total))
    if length < 1e-6:
        raise InputError("what is liked and what is not cancel out", hint="leave one out")
    drawn: Vectors = total / np.float32(length)
    return drawn
