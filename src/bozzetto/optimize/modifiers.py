"""Modifiers: what they speak of, which clash, and which may be added to another's idea.

A modifier is added only when it is about the look (its head word is in data/looks.tsv), names
nobody, and brings no thing into the picture that the idea does not have.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from typing import Protocol

from bozzetto.text.artist_names import ALSO_WORDS, NAMES
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import protected
from bozzetto.text.split import split
from bozzetto.text.weights import strip_weights
from bozzetto.text.words import stem, words

__all__ = [
    "Look",
    "Sides",
    "Vocabulary",
    "as_look",
    "brings_along",
    "clashes",
    "doubtful",
    "facet",
    "key",
    "looks",
    "names_someone",
    "sense",
    "senses",
    "sides",
    "standard",
    "table",
]

_MOST_WORDS = 6
_NO_LOOK = frozenset({"neutral", "thing"})
_DENIALS = frozenset(["no", "not", "without"])
_STRAY = re.compile(r"https?:|www\.|--?\w+\s|[\\/|<>{}\[\]_=#@*]|\d{5,}")
_BY = re.compile(r"\b(?:by|style of|inspired by|from the (?:movie|film|show|game)|directed)\b")


@dataclass(frozen=True, slots=True)
class Look:
    """A modifier: its text, its key (lower-case words), what it speaks of, its `senses`."""

    text: str
    key: str
    facet: str
    stems: frozenset[str]


class Vocabulary(Protocol):
    """What is known of words and modifiers from a library."""

    def facet_of(self, key: str) -> str | None:
        """What a modifier speaks of by the company of its words, or None."""
        ...

    def ordinary(self, word: str) -> bool:
        """Whether a word is common enough, and no name."""
        ...


@cache
def table(name: str) -> tuple[tuple[str, ...], ...]:
    """The rows of a data file of this room: cells parted by tabs, "#" lines left out."""
    text = files("bozzetto.optimize").joinpath("data", name).read_text(encoding="utf-8")
    return tuple(tuple(line.split("\t")) for line in text.splitlines() if line and line[0] != "#")


@cache
def _facets() -> Mapping[tuple[str, ...], str]:
    """Word or set phrase, as stems, to facet; the first mention of a word wins."""
    found: dict[tuple[str, ...], str] = {}
    for name, entries in table("looks.tsv"):
        for entry in entries.split("|"):
            found.setdefault(_stems(entry), name)
    return found


def _stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


@cache
def _alike() -> Mapping[str, str]:
    """Stem to the first stem of its line in data/alike.tsv."""
    found: dict[str, str] = {}
    for row in table("alike.tsv"):
        line = [stem(word) for word in row[0].split("|")]
        found |= dict.fromkeys(line, line[0])
    return found


@lru_cache(maxsize=1 << 15)
def sense(word: str) -> str:
    """The stem of a word, the same for all that say the same of a look."""
    return _alike().get(stem(word), stem(word))


def senses(text: str) -> frozenset[str]:
    """The words of a text as what they say of a look."""
    return frozenset(map(sense, words(text)))


def key(text: str) -> str:
    """What two spellings of one modifier share: its lower-case words."""
    return " ".join(words(text))


def facet(text: str) -> str | None:
    """What a modifier speaks of, by the set phrase or word that it ends with; or None.

    A number at its end ("unreal engine 5") is passed over.
    """
    stems = _stems(text)
    while len(stems) > 1 and stems[-1].isdigit():
        stems = stems[:-1]
    for size in (3, 2, 1):
        if len(stems) >= size:
            found = _facets().get(stems[-size:])
            if found is not None:
                return None if found in _NO_LOOK else found
    return None


@cache
def _adjectives() -> frozenset[str]:
    return frozenset(stem(row[0]) for row in table("glossary.tsv") if row[1] == "a")


@cache
def _nouns() -> frozenset[str]:
    return frozenset(stem(row[0]) for row in table("glossary.tsv") if row[1] == "n")


Sides = frozenset[tuple[int, int]]
"""Which sets of which lines of data/clashes.tsv a text belongs to."""


@cache
def _clash_table() -> Mapping[tuple[str, ...], Sides]:
    found: dict[tuple[str, ...], set[tuple[int, int]]] = {}
    for line, (_, *sets) in enumerate(table("clashes.tsv")):
        for number, entries in enumerate(sets):
            for entry in entries.split("|"):
                found.setdefault(_stems(entry), set()).add((line, number))
    return {stems: frozenset(where) for stems, where in found.items()}


@lru_cache(maxsize=1 << 15)
def sides(text: str) -> Sides:
    """What a text says of the matters on which texts can contradict one another."""
    stems = _stems(text)
    known = _clash_table()
    found: set[tuple[int, int]] = set()
    for size in (1, 2, 3):
        for start in range(len(stems) - size + 1):
            found |= known.get(stems[start : start + size], frozenset())
    return frozenset(found)


@lru_cache(maxsize=1 << 16)
def clashes(a: Sides, b: Sides) -> bool:
    """Whether two texts contradict each other: on some matter they share no set."""
    shared = a & b
    settled = {line for line, _ in shared}
    return any(line == other and line not in settled for line, _ in a for other, _ in b)


@cache
def _laden() -> Mapping[tuple[str, ...], str]:
    return {_stems(one): what for what, row in table("laden.tsv") for one in row.split("|")}


@lru_cache(maxsize=1 << 15)
def brings_along(text: str) -> str:
    """What a modifier brings into the picture: "world", "print", "stage", "figure", or nothing."""
    stems, known = _stems(text), _laden()
    runs = (
        stems[start : start + size] for size in (3, 2, 1) for start in range(len(stems) - size + 1)
    )
    return next((known[run] for run in runs if run in known), "")


def names_someone(text: str) -> bool:
    """Whether a person's name is among the words of a text, that means little else."""
    return any(word in NAMES and word not in ALSO_WORDS for word in words(text))


def looks(prompt: str, idea: Set[str], known: Vocabulary) -> tuple[Look, ...]:
    """The modifiers of a prompt that may be added to an idea (given as its stems)."""
    found: dict[str, Look] = {}
    for piece in _pieces(prompt):
        look = as_look(piece, idea, known)
        if look is not None:
            found.setdefault(look.key, look)
    return tuple(found.values())


@lru_cache(maxsize=1 << 12)
def _pieces(prompt: str) -> tuple[str, ...]:
    """Clauses of a prompt: its modifiers, and those of its core that are about the look."""
    halves = split(prompt)
    spans = sorted([*halves.modifier_spans, *halves.core_spans[1:]])
    kept_to_the_letter = [s for s in protected(prompt) if s.kind != "weight"]
    return tuple(
        strip_weights(prompt[start:end])
        for start, end in spans
        if not any(s.start < end and start < s.end for s in kept_to_the_letter)
    )


@cache
def standard() -> tuple[Look, ...]:
    """The modifiers of data/standard.tsv, which any idea may take."""
    found = (_read(text) for row in table("standard.tsv") for text in row[0].split("|"))
    return tuple(look for look in found if look and look.facet)


def as_look(piece: str, idea: Set[str], known: Vocabulary) -> Look | None:
    """A clause as a modifier, or None where it may not be added to the idea."""
    look = _read(piece)
    if look is None:
        return None
    about = look.facet or known.facet_of(look.key)
    if not about or not all(_harmless(token, idea, known) for token in doubtful(look.key)):
        return None
    return look if look.facet else replace(look, facet=about)


@lru_cache(maxsize=1 << 15)
def _read(piece: str) -> Look | None:
    """A clause as a modifier, whatever its idea; its facet is empty where no table names it."""
    text = normalise(piece).strip(" .,:;!?'-\"&+~*").lower()
    tokens = words(text)
    if not tokens or len(tokens) > _MOST_WORDS or not text.isascii():
        return None
    if _STRAY.search(text) or _BY.search(text) or _says_nothing(tokens):
        return None
    return Look(text, " ".join(tokens), facet(text) or "", senses(text))


@cache
def _empty_words() -> tuple[frozenset[str], ...]:
    """Words that alone tell nothing, and those of praise."""
    return tuple(frozenset(row[0].split("|")) for row in table("vague.tsv"))


def _says_nothing(tokens: Sequence[str]) -> bool:
    """Whether a modifier is vague, by itself or with praise, or says what there is not."""
    vague, praise = _empty_words()
    praised = len(tokens) > 1 and not praise.isdisjoint(tokens) and {*tokens} <= vague | praise
    return praised or " ".join(tokens) in vague or not _DENIALS.isdisjoint(tokens)


@lru_cache(maxsize=1 << 15)
def doubtful(text: str) -> tuple[str, ...]:
    """The words of a modifier that may be things or names: no table has them as a look's."""
    return tuple(word for word in words(text) if not _of_looks(stem(word)))


def _of_looks(stemmed: str) -> bool:
    about = _facets().get((stemmed,))
    return about != "thing" and (about is not None or _part(stemmed))


def _harmless(token: str, idea: Set[str], known: Vocabulary) -> bool:
    """Whether a word is the idea's, or neither a name nor a thing the idea does not have."""
    stemmed = stem(token)
    if stemmed in idea:
        return True
    return stemmed not in _nouns() and token not in NAMES and known.ordinary(token)


@cache
def _parts() -> frozenset[str]:
    return frozenset(word for phrase in _facets() for word in phrase)


def _part(stemmed: str) -> bool:
    """Whether a word occurs in some set phrase of the looks table, or is an adjective."""
    return stemmed in _adjectives() or stemmed in _parts()
