"""Which look each call of a chat model is steered to, by which hits.

Candidates differ when their writers see different prompts: the hits are parted into clusters,
one for each call, and what is special about a cluster is named as the look to aim for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.modifiers import Look, Vocabulary, clashes, looks, sides
from bozzetto.text.words import jaccard, stem, words
from bozzetto.types import Candidate, Hit

__all__ = ["REFERENCES", "Revision", "Steer", "references", "steer"]

REFERENCES = 4
"""Prompts that one call gets to see."""

_LOOKED_AT = 12
"""Hits, from the best, that are dealt out; unlike ones further down are unlike the idea too."""

_NAMED = 3
"""Modifiers that name a look."""

_NO_LOOK = frozenset({"quality", "engine", "site", "artist"})
"""What a modifier may speak of without saying how a picture looks."""

_ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget) (?:all|any|every|the|your|previous|prior|above)\b"
    r"|\b(?:system|developer) (?:prompt|message)\b|\breply (?:only|with)\b"
    r"|\b(?:assistant|system|user)\s*:|https?:",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Revision:
    """A candidate to change by a wish in the user's words, or without one to write anew."""

    parent: Candidate
    wish: str | None = None


@dataclass(frozen=True, slots=True)
class Steer:
    """What makes one call differ from the others: its hits, its look, its seed.

    `again` is the seed of its second try. With a `revision`, a candidate is to be changed
    or to be written anew.
    """

    hits: tuple[Hit, ...]
    seed: int
    again: int
    look: str | None = None
    revision: Revision | None = None


def steer(
    brief: Brief, hits: Sequence[Hit], known: Vocabulary, *, n: int, seed: int
) -> tuple[Steer, ...]:
    """The steering of n calls: each its own cluster of hits, its own look, its own seed."""
    groups = references(hits, brief.pick, n)
    idea = {stem(word) for word in words(brief.text)}
    said = {hit.id: looks(hit.prompt, idea, known) for hit in set().union(*groups)}
    spread = Counter(
        key for group in set(groups) for key in {k.key for hit in group for k in said[hit.id]}
    )
    named: list[str | None] = []
    taken: set[str] = set()
    for group in groups:
        offered = [look for hit in group for look in said[hit.id] if look.key not in taken]
        chosen = _look(brief, offered, spread)
        taken |= {look.key for look in chosen}
        named.append(", ".join(look.text for look in chosen) or None)
    return tuple(
        Steer(group, seed + i, seed + n + i, look)
        for i, (group, look) in enumerate(zip(groups, named, strict=True))
    )


def _look(brief: Brief, offered: Sequence[Look], spread: Mapping[str, int]) -> list[Look]:
    """The modifiers that say best what a group of hits looks like, one of a kind.

    Those come first that few other groups have and many hits of this one.
    """
    asked = ", ".join([brief.text, *(wish.text for wish in brief.wanted)])
    stances = [sides(asked)]
    here = Counter(look.key for look in offered)
    chosen: list[Look] = []
    for look in sorted(offered, key=lambda look: (spread[look.key], -here[look.key])):
        side = sides(look.text)
        known = look.facet in _NO_LOOK or look.facet in {other.facet for other in chosen}
        if not known and not any(clashes(side, stance) for stance in stances):
            chosen.append(look)
            stances.append(side)
        if len(chosen) == _NAMED:
            break
    return chosen


def references(hits: Sequence[Hit], pick: Sequence[str], n: int) -> tuple[tuple[Hit, ...], ...]:
    """For each of n calls its own references, so that the n answers differ in look.

    Picked hits go to every call. Of the others n lead, each as unlike the leaders before it
    as possible in its words; what is left joins the leader it is most like.
    """
    chosen = frozenset(pick)
    picked = [hit for hit in hits if hit.id in chosen]
    best = [hit for hit in hits if hit.id not in chosen][:_LOOKED_AT]
    rest = [hit for hit in best if not _ORDERS.search(hit.prompt)]
    sets = {hit.id: frozenset(words(hit.prompt)) for hit in rest}
    leaders: list[Hit] = rest[:1]
    while len(leaders) < min(n, len(rest)):
        others = [hit for hit in rest if hit not in leaders]
        likeness = {
            hit.id: max(jaccard(sets[hit.id], sets[lead.id]) for lead in leaders) for hit in others
        }
        leaders.append(min(others, key=lambda hit: likeness[hit.id]))
    groups = [[lead] for lead in leaders] or [[]]
    for hit in (hit for hit in rest if hit not in leaders):
        near = max(groups, key=lambda group: jaccard(sets[hit.id], sets[group[0].id]))
        near.append(hit)
    return tuple(tuple([*picked, *groups[i % len(groups)]][:REFERENCES]) for i in range(n))
