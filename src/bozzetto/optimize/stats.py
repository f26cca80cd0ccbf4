"""What is common in a library: how many of its prompts have a modifier, or a word.

And what goes with what: which modifiers stand together more or less often than chance has it,
where in a prompt they stand, what those speak of that no table names. Counted once when the
library is indexed and kept as a small file; optimizing reads it.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path

from bozzetto.errors import DataError
from bozzetto.optimize.company import bonds, learned_facets, places
from bozzetto.optimize.modifiers import as_look, facet, key
from bozzetto.text.split import split
from bozzetto.text.weights import strip_weights
from bozzetto.text.words import words

__all__ = ["LibraryStats"]

_KEPT = 50_000
_FORMAT = 3
_STOCK = 500
_BY = re.compile(r"\b(?:by|style of) ([^.,;|:()]+)", re.I)
_RARE = 2000
_FREQUENT = 20
_LIKED = {5: 2.0, 4: 1.0, 2: -0.5, 1: -1.0}
"""What a rating adds to the one prompt that a modifier's prompt counts for."""


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """Document frequencies: modifiers (lower-case), words, and words said after "by".

    `prompts` is the size of the library they were counted in. `bonds` holds, for pairs of
    modifiers with the lesser first, ten times the log of how much oftener than chance they
    stand together; `places` where a modifier stands among those of its prompt, 0-100;
    `facets` what modifiers speak of that no table names; `stock` are common modifiers that
    may be added to any idea, with what they speak of. `liked` is what ratings add to the count
    of a modifier where it is asked how much that is worth.
    """

    prompts: int = 0
    modifiers: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    after_by: Mapping[str, int] = field(default_factory=dict)
    bonds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    facets: Mapping[str, str] = field(default_factory=dict)
    stock: Mapping[str, str] = field(default_factory=dict)
    liked: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def build(cls, prompts: Iterable[str]) -> LibraryStats:
        """Count the texts of a library; the commonest 50,000 of each kind are kept."""
        lists: list[tuple[str, ...]] = []
        modifiers: Counter[str] = Counter()
        seen: Counter[str] = Counter()
        after_by: Counter[str] = Counter()
        for prompt in prompts:
            plain = strip_weights(prompt)
            own = tuple(dict.fromkeys(key(piece) for piece in _modifiers(plain)))
            lists.append(own)
            modifiers.update(filter(None, own))
            seen.update(set(words(plain)))
            after_by.update({word for piece in _BY.findall(plain) for word in words(piece)})
        top = _top(modifiers)
        found = cls(
            prompts=len(lists),
            modifiers=top,
            words=_top(seen),
            after_by=_top(after_by),
            bonds=bonds(lists, top),
            places=places(lists, top),
            facets=learned_facets(top),
        )
        return replace(found, stock=dict(found._stock()))

    def rated(self, prompts: Iterable[tuple[str, int]]) -> LibraryStats:
        """The same with ratings (1-5) of some of the prompts taken in."""
        liked: dict[str, float] = {}
        for prompt, rating in prompts:
            if plus := _LIKED.get(rating):
                for name in _keys(prompt):
                    liked[name] = liked.get(name, 0.0) + plus
        return replace(self, liked=liked)

    def worth(self, key: str) -> float:
        """How many prompts a modifier counts for, with what ratings add to that; at least 0."""
        return max(0.0, self.modifiers.get(key, 0) + self.liked.get(key, 0.0))

    def _stock(self) -> Iterator[tuple[str, str]]:
        for name in islice(self.modifiers, _STOCK):
            look = as_look(name, frozenset(), self)
            if look is not None and name not in self.facets:
                yield name, look.facet

    def save(self, path: Path) -> None:
        """Write beside and rename into place."""
        data = {"format": _FORMAT} | {name: getattr(self, name) for name in _counted()}
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
        fresh.replace(path)

    @classmethod
    def load(cls, path: Path) -> LibraryStats:
        """Read what `save` wrote.

        Raises:
            DataError: the file is missing, truncated, foreign or of another version.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != _FORMAT:
                raise DataError(f"{path} has format {data['format']}, not {_FORMAT}")
            return cls(**{name: data[name] for name in _counted()})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DataError(
                f"{path} holds no library counts", hint="bozzetto index rebuild"
            ) from error

    def word_rarity(self, word: str) -> float:
        """Inverse document frequency of a word, in nats; 1 for all in an empty library."""
        return math.log((self.prompts + 1) / (self.words.get(word, 0) + 1)) if self.prompts else 1.0

    def ordinary(self, word: str) -> bool:
        """Whether a word is common enough, and not a name said after "by"."""
        known = self.words.get(word, 0)
        if self.after_by.get(word, 0) * 7 > known:
            return False
        return known >= min(_FREQUENT, self.prompts // _RARE)

    def facet_of(self, key: str) -> str | None:
        """What a modifier speaks of that no table names, or None."""
        return self.facets.get(key)

    def bond(self, one: str, other: str) -> float:
        """How much oftener than chance two modifiers stand together, in nats; 0 if unknown."""
        first, second = sorted((one, other))
        return self.bonds.get(first, {}).get(second, 0) / 10


@lru_cache(maxsize=1 << 12)
def _keys(prompt: str) -> frozenset[str]:
    """The modifiers of a prompt, each once."""
    return frozenset(filter(None, map(key, _modifiers(strip_weights(prompt)))))


def _counted() -> Iterator[str]:
    """What is kept in the file: ratings change oftener than prompts do."""
    return (one.name for one in fields(LibraryStats) if one.name != "liked")


def _modifiers(prompt: str) -> Iterator[str]:
    """The modifiers of a prompt, and the clauses behind its core's first that are about looks."""
    halves = split(prompt)
    yield from halves.modifiers
    for start, end in halves.core_spans[1:]:
        if facet(prompt[start:end]) is not None:
            yield prompt[start:end]


def _top(counts: Counter[str]) -> dict[str, int]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:_KEPT])
