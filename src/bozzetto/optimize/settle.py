"""Wishes that contradict the idea or one another, settled and told.

The idea stands, but where it is to be reimagined: there a wish wins. What the user marked to
be kept, and what passes to the letter anyway, stands even then.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from bozzetto.optimize.check import COLOURS
from bozzetto.optimize.english import article
from bozzetto.optimize.modifiers import clashes, facet, sides
from bozzetto.optimize.negated import absent
from bozzetto.optimize.sentences import worded
from bozzetto.optimize.wishes import Heard, Wish
from bozzetto.text.spans import protected
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Phrase

__all__ = ["Settled", "kept_places", "settle"]

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_WIDEST = 3
"""Words of the longest phrase of data/clashes.tsv."""

_PLACES = frozenset(
    ["indoor", "indoors", "outdoor", "outdoors", "interior", "exterior", "summer", "winter"]
)
"""Words that are of no facet and say yet how the whole picture is."""

_JOINT = r"(?:\s*,\s*|\s+(?:with|and|wearing|holding|in|on|under|beside|near|by)\s+)"
_DETERMINER = r"(?:(?:an?|the|some|his|her|its|their|many|several)\s+)?"
_AT = re.compile(r"\b(?:at|in|on|by|during|under)\s+(?:the\s+)?$", re.I)
_WHEN = ("time", "light")
"""What has a preposition of its own: "at night", but "in daylight"."""
_PAIR = 2
_A = re.compile(r"\b(an?)(?=\s+$)", re.I)
_REIMAGINE = "strength reimagine lets a wish win"


@dataclass(slots=True)
class Settled:
    """A brief on its way: the idea's text and phrases, what is wanted and not, what was said."""

    text: str
    phrases: tuple[Phrase, ...]
    keep: tuple[str, ...]
    wins: bool
    wanted: list[Wish] = field(default_factory=list)
    unwanted: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def settle(
    text: str, phrases: tuple[Phrase, ...], heard: Heard, keep: Sequence[str], *, wins: bool
) -> Settled:
    """Take the wishes that can stand, in their order; `wins` says that they beat the idea."""
    found = Settled(text, phrases, tuple(keep), wins)
    for what in heard.unwanted:
        _refuse(found, what)
    for wish in heard.wanted:
        _take(found, wish)
    asked = _stems(" ".join([found.text, *(wish.phrase.text for wish in found.wanted)]))
    known = {what.lower() for what in found.unwanted}
    for what in heard.implied:
        if not _stems(what) <= asked and what.lower() not in known:
            found.unwanted.append(what)
    return found


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in content_words(text) or words(text))


def _said(wish: Wish) -> str:
    return repr(wish.phrase.original or wish.phrase.text)


# -- things to keep out -------------------------------------------------------------------


def _refuse(found: Settled, what: str) -> None:
    """Keep a thing out, if the idea does not ask for it or gives way."""
    place = _asked_for(found.text, what)
    if place is None:
        found.unwanted.append(what)
        return
    cut = _clause(found.text, *place) if found.wins else None
    if cut and not _touches(found, *cut):
        gone = found.text[cut[0] : cut[1]].strip(" ,")
        _edit(found, *cut, "")
        found.unwanted.append(what)
        found.notes.append(f"{gone!r} was taken from the idea: {what!r} is to be avoided")
        return
    way = "it is what the idea is about" if found.wins else _REIMAGINE
    found.notes.append(f"the idea asks for {what!r}: it is not avoided ({way})")


def _asked_for(text: str, what: str) -> tuple[int, int] | None:
    """Where a text names a thing as one phrase, in any form, and does not deny it."""
    wanted = [stem(word) for word in words(what)]
    tokens = [
        (match.start(), match.end(), stem(match[0].lower())) for match in _WORD.finditer(text)
    ]
    denied = absent(text)
    for start in range(len(tokens) - len(wanted) + 1 if wanted else 0):
        run = tokens[start : start + len(wanted)]
        if [token[2] for token in run] == wanted and not set(wanted) <= denied:
            return run[0][0], run[-1][1]
    return None


def _clause(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The piece of a text that adds a thing ("with a red hat"), or None where it begins it."""
    before = re.search(rf"{_JOINT}{_DETERMINER}(?:[\w-]+\s+){{0,2}}$", text[:start], re.I)
    return (before.start(), end) if before and before.start() else None


# -- things to add ------------------------------------------------------------------------


def _take(found: Settled, wish: Wish) -> None:
    """Add a wish, if nothing stronger speaks against it."""
    stems = _stems(wish.phrase.text)
    avoided = next((what for what in found.unwanted if _stems(what) <= stems), None)
    if avoided:
        found.notes.append(f"{_said(wish)} is wished for and to be avoided: it is left out")
        return
    for other in found.wanted:
        if (not wish.field or wish.field != other.field) and _opposed(other, wish):
            found.notes.append(
                f"the wishes {_said(other)} and {_said(wish)} contradict each other: "
                "the first stands"
            )
            return
    against = _other_colour(found.text, wish) or _against(found.text, wish)
    if against is None:
        found.wanted.append(wish)
    elif wish.relative:
        word = found.text[against[0] : against[1]]
        found.notes.append(f"the wish {_said(wish)} goes against {word!r} of the idea: both stand")
        found.wanted.append(wish)
    else:
        _decide(found, wish, against)


def _opposed(one: Wish, other: Wish) -> bool:
    return clashes(sides(one.phrase.text), sides(other.phrase.text))


def _decide(found: Settled, wish: Wish, against: tuple[int, int, str]) -> None:
    """Let a wish that contradicts the idea take its word's place, or leave it out."""
    start, end, instead = against
    word = found.text[start:end]
    if not found.wins or _touches(found, start, end):
        why = _REIMAGINE if not found.wins else "it is kept to the letter"
        found.notes.append(f"the idea says {word!r}: the wish {_said(wish)} is left out ({why})")
        return
    if wish.facet == "medium":
        instead = wish.phrase.text
    before = _AT.search(found.text[:start])
    told = before and next(filter(None, (worded(instead, about) for about in _WHEN)), None)
    same = before and told == f"{before[0].lower()}{instead}"
    if before and told and not same and not _touches(found, before.start(), start):
        _edit(found, before.start(), end, told)
    else:
        _edit(found, start, end, instead)
    found.notes.append(f"{word!r} of the idea became {instead!r}, as wished")
    more = _against(found.text, wish, won=True) if wish.facet != "medium" else None
    if more:
        _drop(found, wish, more[0], more[1])
    if _asked_for(found.text, wish.phrase.text) is None:
        found.wanted.append(wish)


def _drop(found: Settled, wish: Wish, start: int, end: int) -> None:
    """Take out what else contradicts a wish that has won, if it is a clause; tell it if not."""
    cut = _clause(found.text, start, end)
    if cut is None or _touches(found, *cut) or re.match(r"\s*[^\s,.;]", found.text[end:]):
        word = found.text[start:end]
        found.notes.append(f"the wish {_said(wish)} goes against {word!r} of the idea: both stand")
        return
    gone = found.text[cut[0] : cut[1]].strip(" ,")
    _edit(found, *cut, "")
    found.notes.append(f"{gone!r} was taken from the idea: {_said(wish)} is wished for")


def _other_colour(text: str, wish: Wish) -> tuple[int, int, str] | None:
    """Where a text gives another colour to the thing a wish colours, and the wish."""
    asked = words(wish.phrase.text)
    if len(asked) != _PAIR or asked[0] not in COLOURS or _asked_for(text, wish.phrase.text):
        return None
    tokens = list(_WORD.finditer(text))
    for colour, thing in pairwise(tokens):
        alike = stem(thing[0].lower()) == stem(asked[1])
        if (
            colour[0].lower() in COLOURS
            and alike
            and not text[colour.end() : thing.start()].strip()
        ):
            return colour.start(), thing.end(), wish.phrase.text
    return None


def _against(text: str, wish: Wish, *, won: bool = False) -> tuple[int, int, str] | None:
    """Where a text contradicts a wish, and the words of the wish it contradicts.

    With `won` the text says the wish itself and may contradict it elsewhere.
    """
    wished = wish.phrase.text
    stance = sides(wished)
    if not won and not clashes(sides(text), stance):
        return None
    for start, end in _runs(text):
        piece = text[start:end]
        if not clashes(sides(piece), stance):
            continue
        for first, last in _runs(wished):
            if clashes(sides(piece), sides(wished[first:last])):
                if wish.facet == "medium":
                    whole = _medium(text, start, end)
                    return (*whole, wished) if whole else None
                if _of_the_whole(piece) and _of_the_whole(wished[first:last]):
                    return start, end, wished[first:last]
                break
    return None


def _of_the_whole(piece: str) -> bool:
    """Whether words speak of the picture, not of a thing in it: "night", not "small"."""
    return facet(piece) is not None or bool(set(words(piece)) & _PLACES)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Places of one word, then of two and of three on end."""
    tokens = [match.span() for match in _WORD.finditer(text)]
    for size in range(1, _WIDEST + 1):
        for at in range(len(tokens) - size + 1):
            yield tokens[at][0], tokens[at + size - 1][1]


def _medium(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The words that say what the picture is made as, around a place; None for a mere thing.

    "An oil painting of a lamp" says it, as do "in oil" and a clause of its own; "an oil lamp"
    does not.
    """
    left, right = start, end
    for match in _WORD.finditer(text, end):
        if text[right : match.start()].strip() or facet(match[0]) != "medium":
            break
        right = match.end()
    for match in reversed(list(_WORD.finditer(text, 0, start))):
        if text[match.end() : left].strip() or facet(match[0]) != "medium":
            break
        left = match.start()
    ends = re.match(r"\s*(?:$|[,.;])", text[right:])
    of = re.match(r"\s+(?:of|showing|depicting)\b", text[right:], re.I)
    begins = re.search(r"(?:,|\b(?:in|as an?))\s*$", text[:left], re.I)
    return (left, right) if of or (ends and begins) else None


# -- the idea's own text ------------------------------------------------------------------


def kept_places(text: str, keep: Sequence[str]) -> list[tuple[int, int]]:
    """Where marked words stand in a text as whole words, in any case; in order, none twice."""
    found: list[tuple[int, int]] = []
    for said in keep:
        before = r"(?<![A-Za-z\u00c0-\u024f\d])" if _letter(said[0]) else ""
        after = r"(?![A-Za-z\u00c0-\u024f\d])" if _letter(said[-1]) else ""
        pattern = re.compile(f"{before}{re.escape(said)}{after}", re.I)
        found += [match.span() for match in pattern.finditer(text)]
    places: list[tuple[int, int]] = []
    for start, end in sorted(found, key=lambda place: (place[0], -place[1])):
        if not places or start >= places[-1][1]:
            places.append((start, end))
    return places


def _letter(char: str) -> bool:
    return char.isalnum() and char < "\u0250"


def _touches(found: Settled, start: int, end: int) -> bool:
    """Whether a place lies on something that stands to the letter."""
    held = [(span.start, span.end) for span in protected(found.text)]
    held += kept_places(found.text, found.keep)
    return any(a < end and start < b for a, b in held)


def _edit(found: Settled, start: int, end: int, instead: str) -> None:
    """Put other words at a place of the text, the phrases and the article before it with it."""
    indefinite = _A.search(found.text[:start])
    if instead and indefinite:
        start, instead = indefinite.start(), f"{article(instead)} {instead}"
    placed = list(_placed(found))
    before = [
        p if last <= start else _part(p, found.text[first:start])
        for p, first, last in placed
        if first < start
    ]
    after = [
        p if first >= end else _part(p, found.text[end:last])
        for p, first, last in placed
        if last > end
    ]
    new = [Phrase(instead, "preference")]
    found.phrases = tuple(piece for piece in (*before, *new, *after) if piece.text)
    found.text = found.text[:start] + instead + found.text[end:]


def _placed(found: Settled) -> Iterator[tuple[Phrase, int, int]]:
    """The phrases with their places in the text."""
    at = 0
    for phrase in found.phrases:
        first = found.text.index(phrase.text, at)
        at = first + len(phrase.text)
        yield phrase, first, at


def _part(phrase: Phrase, text: str) -> Phrase:
    return replace(phrase, text=text.strip())
