"""The modifiers an idea could take, weighed: what the prompts found for it say of their look.

A modifier counts by the votes of the hits that have it, each hit by how well it fits; what
half the library says is worth less than what belongs to this neighbourhood (inverse document
frequency), what a single author said is worth less than what others say too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import islice

from bozzetto.optimize.modifiers import Look, Sides, as_look, clashes, looks, sides
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import stem, words
from bozzetto.types import Hit

__all__ = ["Entry", "gather"]

_PICKED = 4.0
_FADE = 10
"""A hit's vote falls with its rank as 1 / (rank + _FADE)."""
_ATTESTED = 3
_STOCK = 400
_LIBRARY_VOTE = 1e-3


@dataclass(frozen=True, slots=True)
class Entry:
    """A modifier on offer: its weight, the best hit that has it, the ranks of all that do."""

    look: Look
    weight: float
    source: str
    hits: frozenset[int]
    sides: Sides


def gather(
    idea: str, hits: Sequence[Hit], library: LibraryStats, pick: Collection[str] = ()
) -> tuple[Entry, ...]:
    """All modifiers that hits and library offer an idea, best first, ties by text.

    None repeats or contradicts the idea. Picked hits count as if they stood first.
    """
    own = frozenset(stem(word) for word in words(idea))
    stance = sides(idea)
    ranked = sorted(enumerate(hits), key=lambda item: (item[1].id not in pick, item[0]))
    found: dict[str, tuple[Look, float, str, set[int]]] = {}
    for rank, (_, hit) in enumerate(ranked):
        vote = (_PICKED if hit.id in pick else 1.0) / (rank + _FADE)
        for look in looks(hit.prompt, own, library):
            _, votes, source, ranks = found.get(look.key, (look, 0.0, hit.id, set[int]()))
            found[look.key] = (look, votes + vote, source, ranks | {rank})
    for look, share in _stock(library, own):
        found.setdefault(look.key, (look, _LIBRARY_VOTE * share, "library", set()))
    entries = (
        Entry(
            look,
            votes * _worth(look, len(ranks), library),
            source,
            frozenset(ranks),
            sides(look.text),
        )
        for look, votes, source, ranks in found.values()
    )
    fitting = (e for e in entries if not e.look.stems <= own and not clashes(e.sides, stance))
    return tuple(sorted(fitting, key=lambda e: (-e.weight, e.look.key)))


def _worth(look: Look, voters: int, library: LibraryStats) -> float:
    """How much a vote for a modifier is worth, by its frequency in the library."""
    known = max(library.modifiers.get(look.key, 0), voters)
    return float(library.rarity(look.key) ** 0.5 * known / (known + _ATTESTED))


def _stock(library: LibraryStats, own: Set[str]) -> Iterable[tuple[Look, float]]:
    """The library's commonest modifiers, with their share of its prompts."""
    for text, count in islice(library.modifiers.items(), _STOCK):
        look = as_look(text, own, library)
        if look is not None:
            yield look, count / max(1, library.prompts)
