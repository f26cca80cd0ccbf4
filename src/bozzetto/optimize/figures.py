"""Who is in the picture, as far as an idea says it: the figures that some models want counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bozzetto.optimize.modifiers import names_someone, table
from bozzetto.text.english_words import is_english
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import words

__all__ = ["Figures", "empty", "figures"]

_COUNTED = re.compile(
    r"\b(?:\d\+?(?:girl|boy|other)s?|solo|no humans|multiple (?:girls|boys))\b", re.I
)
"""Tags that count figures: an idea that has them counts for itself."""
_NAME = re.compile(r"(?<=[^.!?:] )[A-Z][a-z]+")
_OWNS = re.compile(r"['’]s?\b")
_CLAUSE = re.compile(r"[,.;:!?()]+")
_DOES = re.compile(r"(?:ing|ed|[^s]s)$")
"""How a word ends that says what a figure does."""
_PEOPLE = ("girl", "girls", "boy", "boys", "someone")
_NONE = frozenset(["no", "without", "not"])
_ONE = ["a", "an", "one", "1", "single", "lone", "the", "his", "her", "my", "their"]
_MORE = [["two", "2"], ["three", "3"], ["four", "4"], ["five", "5"], ["six", "6"]]
_NUMBERS = {
    **dict.fromkeys(_NONE, 0),
    **dict.fromkeys(_ONE, 1),
    **{word: number for number, said in enumerate(_MORE, 2) for word in said},
}
"""How many figures a word before them says there are; an article one, a denial none."""
_ENDS = STOP_WORDS["en"] - {*_NUMBERS}
"""Words behind which a number or an article belongs to something else."""
_EMPTY = frozenset(["person", "people", "man", "men"])
_NOBODY = re.compile(r"\bnobody\b|\b(?:no|without) (?:humans?|figures?|one)\b", re.I)
_ABOUT = {"animal": "animal focus", "food": "food focus", "vehicle": "vehicle focus"}
_FAR = 4
"""Words before a figure among which its number is looked for."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What is known of the figures of an idea.

    `tags` count them, in Danbooru's words ("1girl", "solo", "no humans"), and are empty where
    the idea leaves it open. `people` (single ones, no crowd) and `animals` say whether
    there are any for sure.
    """

    tags: tuple[str, ...] = ()
    people: bool = False
    animals: bool = False


@dataclass(frozen=True, slots=True)
class _Mention:
    """A word for a figure: its kind, the word, how many.

    `exact` says whether that is their number or the least of it, `apart` whether a number or an
    article makes them others than those before.
    """

    kind: str
    word: str
    count: int
    exact: bool
    apart: bool


def figures(text: str) -> Figures:
    """Who is in the picture of an English text; what is doubtful is left open."""
    said = [word for part in _CLAUSE.split(text) for word in (*words(part), "")]
    kinds = _kinds_of(said)
    found = list(_mentions(said, kinds))
    there = [one for one in found if one.count]
    animals = "animal" in kinds
    if _COUNTED.search(text):
        return Figures((), "no humans" not in text, animals)
    if there:
        people = any(one.kind != "group" for one in there)
        return Figures(_counted(there, kinds), people, animals)
    nobody = any(one.word in _EMPTY for one in found) or _NOBODY.search(text)
    if nobody or _deserted(text, said, kinds):
        return Figures(("no humans", *_about(kinds)), False, animals)
    return Figures((), animals=animals)


def empty(text: str) -> bool:
    """Whether a picture shows no figure for sure, neither man nor animal."""
    there = figures(text)
    return "no humans" in there.tags and not there.animals


@cache
def _kinds() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for kind, entries in table("who.tsv"):
        for word in entries.split("|"):
            found.setdefault(word, kind)
    return found


def _kind(word: str) -> str:
    known = _kinds()
    return known.get(word) or known.get(word.removesuffix("s"), "")


def _kinds_of(said: Sequence[str]) -> list[str]:
    """The kind of each word; what an idea begins with may be its medium, elsewhere it is seen."""
    kinds = [_kind(word) for word in said]
    for at, kind in enumerate(kinds):
        if kind == "medium":
            kinds[at] = "" if at < _FAR else "likeness"
        elif kind in _PEOPLE and _compound(said[at + 1]):
            kinds[at] = "body"
        elif kind == "animal" and said[at - 1] in _NONE:
            kinds[at] = ""
    return kinds


def _compound(after: str) -> bool:
    """Whether a figure is but the first part of a thing's name: "a baby gate"."""
    return bool(after) and after not in STOP_WORDS["en"] and not _DOES.search(after)


def _mentions(said: Sequence[str], kinds: Sequence[str]) -> Iterator[_Mention]:
    for at, kind in enumerate(kinds):
        if kind not in (*_PEOPLE, "group") or "'" in said[at] or "’" in said[at]:
            continue
        number = _number(said[max(0, at - _FAR) : at])
        plural = kind in ("girls", "boys") or said[at] not in _kinds()
        least = 1 + plural
        count = 0 if number == 0 else max(number or least, least)
        exact = not plural or (number or 0) > 1
        apart = plural or number is not None or said[at - 1] == "and"
        yield _Mention(kind.removesuffix("s"), said[at], count, exact, apart)


def _number(before: Sequence[str]) -> int | None:
    """The number or article nearest before a figure, None where there is none."""
    for at in range(len(before) - 1, -1, -1):
        word = before[at]
        if word in _NUMBERS:
            return 0 if before[at - 1 : at] and before[at - 1] in _NONE else _NUMBERS[word]
        if word in _ENDS or _kind(word):
            return None
    return None


def _counted(found: Sequence[_Mention], kinds: Sequence[str]) -> tuple[str, ...]:
    """The tags that count some figures; none where it is doubtful who is meant."""
    if "likeness" in kinds or len({one.word for one in found}) < len(found):
        return ()
    if len(found) > 1 and not all(one.apart or one.kind == "group" for one in found[1:]):
        return ()
    if any(one.kind == "someone" for one in found):
        return ("solo",) if len(found) == found[0].count == 1 else ()
    sexed = [one for one in found if one.kind != "group"]
    if len(sexed) < len(found):
        sexed = [one for one in sexed if one.count > 1]
    tags = tuple(_tag(kind, [one for one in sexed if one.kind == kind]) for kind in ("girl", "boy"))
    alone = len(found) == found[0].count == 1 and bool(sexed)
    return tuple(filter(None, (*tags, "solo" if alone else "")))


def _tag(kind: str, some: Sequence[_Mention]) -> str:
    number = sum(one.count for one in some)
    if not all(one.exact for one in some):
        return f"multiple {kind}s"
    return f"{number}{kind}{'s' if number > 1 else ''}" if number else ""


def _deserted(text: str, said: Sequence[str], kinds: Sequence[str]) -> bool:
    """Whether an idea shows nobody for sure: all its words are known, and none is a figure's."""
    if _NAME.search(text) or names_someone(text) or _OWNS.search(text):
        return False
    if {*_PEOPLE, "group", "likeness", "pronoun"} & {*kinds}:
        return False
    if "body" in kinds and "animal" not in kinds:
        return False
    known = all(
        kind or not word or is_english(word) or word in STOP_WORDS["en"]
        for word, kind in zip(said, kinds, strict=True)
    )
    return known and any(kinds)


def _about(kinds: Sequence[str]) -> tuple[str, ...]:
    """What a picture without people is of: what is named first."""
    first = "animal" if "animal" in kinds else next((kind for kind in kinds if kind in _ABOUT), "")
    if first:
        return (_ABOUT[first],)
    return ("scenery",) if "place" in kinds else ()
