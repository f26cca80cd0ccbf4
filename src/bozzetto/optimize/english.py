"""Forms of English words: plurals, -ing and -ed forms, "a" or "an"."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from bozzetto.optimize.modifiers import table

__all__ = ["article", "doing", "done", "plural"]

_VOWELS = "aeiou"
_SIBILANTS = ("s", "x", "z", "ch", "sh")
_STAYS = ("wood", "water", "ware", "ness", "music", "hair", "people")


@cache
def _irregular() -> Mapping[str, tuple[str, str, str]]:
    """Word to its plural, -ing and -ed form; an empty cell is regular."""
    return {row[0]: (row[1], row[2], row[3]) for row in table("irregular.tsv")}


def plural(noun: str) -> str:
    """The plural of an English noun (its last word changes)."""
    first, _, last = noun.rpartition(" ")
    known = _irregular().get(last)
    if known and known[0]:
        last = known[0]
    elif not last.endswith(_STAYS):
        last = _with_s(last)
    return f"{first} {last}".strip()


def _with_s(word: str) -> str:
    if word.endswith(_SIBILANTS):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in _VOWELS:
        return word[:-1] + "ies"
    return word + "s"


def doing(verb: str) -> str:
    """The -ing form of an English verb (its first word changes)."""
    first, space, rest = verb.partition(" ")
    known = _irregular().get(first)
    if known and known[1]:
        return known[1] + space + rest
    return _ending(first, "ing") + space + rest


def done(verb: str) -> str:
    """The past participle of an English verb (its first word changes)."""
    first, space, rest = verb.partition(" ")
    known = _irregular().get(first)
    if known and known[2]:
        return known[2] + space + rest
    if first.endswith("y") and first[-2:-1] not in _VOWELS:
        return first[:-1] + "ied" + space + rest
    return _ending(first, "ed") + space + rest


def _ending(verb: str, ending: str) -> str:
    if verb.endswith("e") and not verb.endswith("ee"):
        return verb[:-1] + ending
    if len(verb) == 3 and verb[1] in _VOWELS and verb[2] not in "aeiouwxy":
        return verb + verb[-1] + ending
    return verb + ending


def article(following: str) -> str:
    """The indefinite article before a word, by its first letter."""
    return "an" if following[:1].lower() in _VOWELS else "a"
