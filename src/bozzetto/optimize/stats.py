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


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """Document frequencies: modifiers (lower-case), words, and words said after "by".

    `prompts` is the size of the library they were counted in. `bonds` holds, for pairs of
    modifiers with the lesser first, ten times the log of how much oftener than chance they
    stand together; `places` where a modifier stands among those of its prompt, 0-100;
    `facets` what modifiers speak of that no table names; `stock` are common modifiers that
    may be added to any idea, with what they speak of.
    """

    prompts: int = 0
    modifiers: Mapping[str, int] = field(default_factory=dict)
    words: Mapping[str, int] = field(default_factory=dict)
    after_by: Mapping[str, int] = field(default_factory=dict)
    bonds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    facets: Mapping[str, str] = field(default_factory=dict)
    stock: Mapping[str, str] = field(default_factory=dict)

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

    def _stock(self) -> Iterator[tuple[str, str]]:
        for name in islice(self.modifiers, _STOCK):
            look = as_look(name, frozenset(), self)
            if look is not None and name not in self.facets:
                yield name, look.facet

    def save(self, path: Path) -> None:
        """Write beside and rename into place."""
        data = {"format": _FORMAT} | {one.name: getattr(self, one.name) for one in fields(self)}
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
            return cls(**{one.name: data[one.name] for one in fields(cls)})
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
