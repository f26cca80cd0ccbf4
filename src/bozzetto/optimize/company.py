"""What modifiers keep company with what, counted in a library's own prompts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bozzetto.optimize.modifiers import facet, names_someone
from bozzetto.text.words import words

__all__ = ["bonds", "learned_facets", "places"]

_PAIRED = 1_000
"""Modifiers, the commonest, of which pairs are counted."""

_PAIRS = 30_000
"""Pairs kept at most: those that say most."""

_EXPECTED = 3.0
"""Prompts that chance would give a pair, or that have it, before its company says anything."""

_TELLING = 0.5
"""Nats of oftener or seldomer than chance from which a pair is kept."""

_SMOOTH = 0.5
_PLACED = 5_000
_TYPED = 20_000
_LEAST = 5
"""Prompts that have a modifier before its place, or its unnamed facet, is worked out."""

_SMALL = 3
"""Letters of a word that may be no more than grammar."""


def bonds(lists: Sequence[Sequence[str]], counts: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Ten times the pointwise mutual information of pairs, in nats, the lesser name first."""
    names = sorted(islice(counts, _PAIRED))
    together = _together(lists, names)
    alone = np.array([counts[name] for name in names], dtype=float)
    chance = np.outer(alone, alone) / max(1, len(lists))
    value = np.log((together + _SMOOTH) / (chance + _SMOOTH))
    known = np.triu(np.maximum(together, chance) >= _EXPECTED, 1) & (np.abs(value) >= _TELLING)
    first, second = np.nonzero(known)
    evidence = -np.abs(value[first, second]) * np.sqrt(np.maximum(together, chance)[first, second])
    found: dict[str, dict[str, int]] = {}
    for at in np.argsort(evidence, kind="stable")[:_PAIRS]:
        one, other = int(first[at]), int(second[at])
        found.setdefault(names[one], {})[names[other]] = round(10 * float(value[one, other]))
    return found


def _together(lists: Iterable[Sequence[str]], names: Sequence[str]) -> NDArray[np.int32]:
    """In how many lists two names stand, shape (names, names)."""
    number = {name: at for at, name in enumerate(names)}
    found = np.zeros((len(names), len(names)), dtype=np.int32)
    for own in lists:
        at = [number[name] for name in own if name in number]
        if len(at) > 1:
            found[np.ix_(at, at)] += 1
    return found


def places(lists: Iterable[Sequence[str]], counts: Mapping[str, int]) -> dict[str, int]:
    """Where a modifier stands among those of its prompt: 0 first, 100 last, on average."""
    wanted = {name for name in islice(counts, _PLACED) if counts[name] >= _LEAST}
    total: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    for own in lists:
        for at, name in enumerate(own):
            if name in wanted and len(own) > 1:
                total[name] += round(100 * at / (len(own) - 1))
                seen[name] += 1
    return {name: round(total[name] / seen[name]) for name in counts if seen[name]}


def learned_facets(counts: Mapping[str, int]) -> dict[str, str]:
    """What the modifiers speak of that no table names, by the words that a table does name.

    Most of a phrase's words have to speak of one matter and none of another: "detailed and
    intricate environment" is about quality. What its unnamed words bring in is for the hits
    to agree on.
    """
    unnamed = (name for name in islice(counts, _TYPED) if counts[name] >= _LEAST)
    found = ((name, _by_words(words(name))) for name in unnamed if facet(name) is None)
    return {name: about for name, about in found if about and not names_someone(name)}


def _by_words(said: Sequence[str]) -> str | None:
    matters = [about for about in map(facet, said) if about]
    agreed = len(set(matters)) == 1 and len(matters) * 2 >= sum(len(w) > _SMALL for w in said)
    return matters[0] if agreed and len(said) > 1 else None
