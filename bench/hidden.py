"""Does retrieval earn its place? Real prompts out of sight, and what their authors added."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import bozzetto
from bench.library import Library
from bozzetto import profiles
from bozzetto.optimize.brief import make_brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.modifiers import key
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.split import split
from bozzetto.text.tokens import clip_tokens
from bozzetto.types import Hit

__all__ = ["Hidden", "earned", "hidden_of", "ours", "peers"]

PROFILE = profiles.load("sdxl")
SHORT = 25
WIDE = 64
CANDIDATES = 4


@dataclass(frozen=True, slots=True)
class Hidden:
    """A real prompt out of sight: its core is the idea, its author's modifiers are wanted."""

    core: str
    wanted: frozenset[str]
    family: int


def hidden_of(library: Library, count: int, seed: int = 0) -> list[Hidden]:
    """Prompts with at least five modifiers and a core that leaves room for more."""
    found = []
    for row in library.rows:
        halves = split(row.text)
        wanted = frozenset(map(key, halves.modifiers))
        if len(wanted) >= 5 and 0 < clip_tokens(halves.core) <= SHORT:
            found.append(Hidden(halves.core, wanted - library.commonest, row.family))
    return random.Random(seed).sample(found, min(count, len(found)))


def _share(library: Library, one: Hidden, suggested: Sequence[str]) -> float:
    """Of the first five modifiers suggested (commonest aside), the share the author used."""
    given = [look for look in map(key, suggested) if look not in library.commonest]
    return sum(look in one.wanted for look in given[:5]) / 5


def earned(
    library: Library, hidden: Sequence[Hidden], suggest: Callable[[Hidden], Sequence[str]]
) -> float:
    """The mean share over the hidden prompts."""
    return float(np.mean([_share(library, one, suggest(one)) for one in hidden]))


def ours(a: bozzetto.Assistant, library: Library, hidden: Sequence[Hidden]) -> list[float]:
    """The mean share of each of our candidates; neither hits nor counts know a hidden prompt."""
    away = {one.family for one in hidden}
    known = LibraryStats.build(row.text for row in library.rows if row.family not in away)
    shares = np.zeros((len(hidden), CANDIDATES))
    for number, one in enumerate(hidden):
        found = a._indexing.searcher.neighbours(one.core, 2 * WIDE)
        hits: list[Hit] = [h for h in found if library.family[h.id] != one.family][:WIDE]
        brief = make_brief(one.core, language="en", profile=PROFILE)
        for place, made in enumerate(compose(brief, hits, known, n=CANDIDATES, seed=0)):
            added = [phrase.text for phrase in made.phrases if phrase.source != "idea"]
            shares[number, place] = _share(library, one, added)
    return [float(value) for value in shares.mean(axis=0)]


def peers(library: Library) -> Mapping[str, Callable[[Hidden], Sequence[str]]]:
    """Other ways to find modifiers for a core."""
    rng = random.Random(0)
    keys, weights = zip(*library.stats.modifiers.items(), strict=True)

    def votes(one: Hidden) -> Sequence[str]:
        rows = [r for r in library.by_words(one.core, 60) if r.family != one.family][:20]
        counts = Counter(key(m) for row in rows for m in split(row.text).modifiers)
        return [look for look, _ in counts.most_common(40)]

    return {
        "TF-IDF neighbours": votes,
        "popularity": lambda _: keys[:60],
        "random": lambda _: rng.choices(keys, weights=weights, k=60),
    }
