"""The modifiers an idea could take, weighed: what the prompts found for it say of their look.

A modifier counts by the votes of the hits that have it, each hit by how well it fits; what
half the library says is worth less than what belongs to this neighbourhood (inverse document
frequency), what a single author said is worth less than what others say too. A mood, an hour,
a weather, a colour says something of what is in the picture: the hits have to agree on it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

from bozzetto.optimize.figures import empty
from bozzetto.optimize.modifiers import (
    Look,
    Sides,
    brings_along,
    clashes,
    doubtful,
    looks,
    senses,
    sides,
    standard,
)
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import stem, words
from bozzetto.types import Hit

__all__ = ["Entry", "gather", "lifted"]

_PICKED = 4.0
_FADE = 30
"""A hit's vote falls with its rank as 1 / (rank + _FADE)."""
_FAINT = 0.05
"""What a hit's core is taken to share with the idea when it shares no word."""
_ATTESTED = 6
_FEWEST = 3
"""Prompts that must have a modifier; one that an author or two made up may mean nothing."""
_USUAL = 0.002
"""Share of the library from which a modifier counts as usual."""
_OFTEN = 20
_LIBRARY_VOTE, _STANDARD_VOTE = 1e-3, 1e-5
_SMALL = 500
"""Prompts from which a library knows better and better than what is standard."""
_TRUST = 12
"""Prompts that being among the standard ones is worth."""
_LADEN = frozenset({"mood", "time", "weather", "palette"})
"""Facets that say something of what is in the picture, too."""
_RATED = {5: 2.0, 4: 1.5, 2: 0.3, 1: 0.0}
"""What the vote of a hit counts by its rating; a picked one is liked for what it is. With twice as
much for five stars half of the modifiers come from what was kept for an idea; four candidates
stay nearly as unlike each other (Vendi 2.9 for 3.1)."""
_LIFT = 1.5
"""How much oftener than the library the hits must have what brings a world or a format along."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A modifier on offer: its weight, the best hit that has it, the ranks of all that do.

    `stale` modifiers are on all lips: how much oftener than in two prompts of a thousand the
    library has them, as a logarithm; 0 for the others. `share` of the library's prompts have it
    (0-1). `said` is the library's own wording where
    the look is told in the words of a model.
    """

    look: Look
    weight: float
    source: str
    hits: frozenset[int]
    sides: Sides
    stale: float = 0.0
    share: float = 0.0
    said: str = ""


@dataclass(slots=True)
class _Found:
    """A modifier while votes are counted."""

    look: Look
    source: str
    votes: float
    ranks: set[int] = field(default_factory=set)
    picked: bool = False
    trusted: bool = False


def gather(
    idea: str,
    hits: Sequence[Hit],
    library: LibraryStats,
    pick: Collection[str] = (),
    agreed: int = 2,
) -> tuple[Entry, ...]:
    """All modifiers that hits and library offer an idea, best first, ties by text.

    None repeats or contradicts the idea. Picked hits fit whatever they show, stand first and
    need nobody to agree with them; of the others `agreed` have to on what is in the picture.
    """
    said = frozenset(words(idea))
    own = frozenset(stem(word) for word in said)
    stance = sides(idea)
    ranked = sorted(enumerate(hits), key=lambda item: (item[1].id not in pick, item[0]))
    fits = _fits(said, [hit for hit in hits if hit.id not in pick], _Masses(library))
    found: dict[str, _Found] = {}
    for rank, (_, hit) in enumerate(ranked):
        picked = hit.id in pick
        vote = (_PICKED if picked else fits[hit.id] ** 2) / (rank + _FADE)
        if not vote:
            continue
        for look in looks(hit.prompt, own, library):
            one = found.setdefault(look.key, _Found(look, hit.id, 0.0, picked=picked))
            one.votes += vote
            one.ranks.add(rank)
    for look, share in _stock(library):
        found.setdefault(look.key, _Found(look, "library", _LIBRARY_VOTE * share))
    standard_vote = _STANDARD_VOTE * math.sqrt(_SMALL / max(_SMALL, library.prompts))
    for look in standard() if library.prompts else ():
        one = found.setdefault(look.key, _Found(look, "guideline", standard_vote))
        one.trusted = True
    entries = (
        _entry(one, library)
        for one in found.values()
        if one.picked
        or one.trusted
        or (_known(one, library) and _agreed(one, own, agreed, len(hits), library))
    )
    meant = senses(idea)
    away = "figure" if empty(idea) else None
    fitting = (
        entry
        for entry in entries
        if not entry.look.stems <= meant
        and not clashes(entry.sides, stance)
        and brings_along(entry.look.key) != away
    )
    return tuple(sorted(fitting, key=lambda e: (-e.weight, e.look.key)))


def _fits(said: Set[str], hits: Sequence[Hit], masses: _Masses) -> dict[str, float]:
    """How well each hit fits, its rating taken in; 0 for those that nothing is taken from.

    What was kept for an idea fits that idea to the letter: it counts no more than the best that
    nobody has rated, times its stars, or whatever is written next would be the same again.
    """
    fits = {hit.id: _FAINT + _likeness(said, hit.core or hit.prompt, masses) for hit in hits}
    most = max((fits[hit.id] for hit in hits if hit.rating is None), default=1.0)
    return {
        hit.id: fits[hit.id]
        if hit.rating is None
        else min(fits[hit.id], most) * math.sqrt(_RATED.get(hit.rating, 1.0))
        for hit in hits
    }


def _known(one: _Found, library: LibraryStats) -> bool:
    """Whether enough prompts have a modifier for it to mean something; in a small library all."""
    least = _FEWEST if library.prompts >= _SMALL else 1
    return max(library.worth(one.look.key), len(one.ranks)) >= least


def _agreed(one: _Found, own: Set[str], agreed: int, hits: int, library: LibraryStats) -> bool:
    """Whether enough hits have a modifier for what it says of the picture."""
    if brings_along(one.look.key):
        share = library.modifiers.get(one.look.key, 0) / max(1, library.prompts)
        return len(one.ranks) > agreed and lifted(len(one.ranks), hits, share)
    return len(one.ranks) >= agreed or not _laden(one.look, own)


def lifted(having: int, hits: int, share: float) -> bool:
    """Whether hits have something clearly oftener than a share (0-1) of the library has it."""
    return having >= _LIFT * share * hits


def _laden(look: Look, own: Set[str]) -> bool:
    """Whether a modifier says something of what is in the picture, or has a word of no table."""
    return look.facet in _LADEN or any(stem(word) not in own for word in doubtful(look.key))


class _Masses(dict[str, float]):
    """Words to the square of their rarity in a library."""

    def __init__(self, library: LibraryStats) -> None:
        self._library = library

    def __missing__(self, word: str) -> float:
        self[word] = found = self._library.word_rarity(word) ** 2
        return found

    def of(self, some: Iterable[str]) -> float:
        """The sum over some words."""
        return sum(map(self.__getitem__, some))


def _likeness(said: Set[str], core: str, masses: _Masses) -> float:
    """Cosine of the words of idea and core by their rarity, 0-1.

    Prompts of one subject share a look most of all when they share its words: of the first
    five modifiers, .169 are the author's own with this weight, .119 by rank alone.
    """
    theirs = frozenset(words(core))
    shared = said & theirs
    if not shared:
        return 0.0
    both = masses.of(shared)
    return both / math.sqrt(masses.of(said) * masses.of(theirs)) if both else 0.0


def _entry(one: _Found, library: LibraryStats) -> Entry:
    """A modifier with its worth: more when attested, less when on all lips."""
    known = max(library.modifiers.get(one.look.key, 0), len(one.ranks), _TRUST * one.trusted)
    share = known / max(1, library.prompts)
    stale = math.log(share / _USUAL) if share > _USUAL and known >= _OFTEN else 0.0
    attested = max(0.0, known + library.liked.get(one.look.key, 0.0))
    worth = attested**2 / (attested**2 + _ATTESTED**2)
    ranks = frozenset(one.ranks)
    stance = sides(one.look.text)
    return Entry(one.look, one.votes * worth, one.source, ranks, stance, stale, share)


def _stock(library: LibraryStats) -> Iterable[tuple[Look, float]]:
    """The library's commonest modifiers that fit any idea, with their share of its prompts."""
    for text, about in library.stock.items():
        yield _stocked(text, about), library.worth(text) / max(1, library.prompts)


@lru_cache(maxsize=1 << 12)
def _stocked(text: str, about: str) -> Look:
    return Look(text, text, about, senses(text))
