"""Modifiers as the tags of models that were trained on Danbooru: retrieval decides, this says it.

A modifier without a tag is left out: such models know their tags, and read the rest badly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from bozzetto.optimize.figures import Figures
from bozzetto.optimize.modifiers import Look, brings_along, key, senses, sides, table
from bozzetto.optimize.pool import Entry, lifted
from bozzetto.text.weights import Piece, Syntax, write
from bozzetto.text.words import words

__all__ = ["Tag", "as_tags", "tag_of"]

_LONGEST = 4
"""Words of a modifier that are looked up together, at most."""

_USUAL = 0.01
"""Share of the library from which a tag counts as usual: it stands for many modifiers."""


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, what it speaks of, and what must be in the picture ("people", "figure" or "")."""

    text: str
    facet: str
    needs: str

    def fits(self, there: Figures) -> bool:
        """Whether it can be said of a picture with such figures."""
        if self.needs == "people":
            return there.people
        return not self.needs or there.people or there.animals


def as_tags(entries: Iterable[Entry], there: Figures, syntax: Syntax, hits: int) -> list[Entry]:
    """The entries that have a tag, as that tag, the strongest first.

    Modifiers of one tag count together; `said` is what the strongest of them was. `hits` is how
    many prompts the entries are from: a tag that brings a world with it needs many of them.
    """
    found: dict[str, Entry] = {}
    for entry in entries:
        tag = tag_of(entry.look.text)
        if tag is None or not tag.fits(there):
            continue
        known = found.get(tag.text)
        found[tag.text] = _joined(known, entry) if known else _translated(tag, entry, syntax)
    fitting = (
        one
        for one in found.values()
        if not brings_along(one.look.key) or lifted(len(one.hits), hits, one.share)
    )
    return sorted(map(_aged, fitting), key=lambda one: (-one.weight, one.look.key))


def _joined(known: Entry, more: Entry) -> Entry:
    return replace(
        known,
        weight=known.weight + more.weight,
        hits=known.hits | more.hits,
        share=known.share + more.share,
    )


def _aged(entry: Entry) -> Entry:
    return replace(entry, stale=math.log(max(entry.share, _USUAL) / _USUAL))


def _translated(tag: Tag, entry: Entry, syntax: Syntax) -> Entry:
    text = write([Piece(tag.text)], syntax)
    bare = tag.text.partition(" (")[0]
    look = Look(text, key(bare), tag.facet, senses(bare))
    said = entry.look.text if entry.look.text != text else ""
    return replace(entry, look=look, sides=sides(tag.text), said=said)


@lru_cache(maxsize=1 << 14)
def tag_of(modifier: str) -> Tag | None:
    """The tag of the longest words of a modifier that have one, the last of equals; or None."""
    said = _plain(modifier)
    known = _tags()
    for size in range(min(_LONGEST, len(said)), 0, -1):
        for start in range(len(said) - size, -1, -1):
            tag = known.get(said[start : start + size])
            if tag:
                return tag if tag.facet else None
    return None


@cache
def _tags() -> Mapping[tuple[str, ...], Tag]:
    found: dict[tuple[str, ...], Tag] = {}
    for text, about, needs, modifiers in table("tags.tsv"):
        for one in (text, *modifiers.split("|")):
            found.setdefault(_plain(one), Tag(text, about, needs))
    return found


def _plain(text: str) -> tuple[str, ...]:
    """Words without plural and in American spelling; "colors" must not be "colorful"."""
    return tuple(w.replace("colour", "color").removesuffix("s") for w in words(text))
