"""A candidate that its user edited: what still stands keeps its origin, the rest is theirs."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from unicodedata import category

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import intent, nearest
from bozzetto.optimize.checks import checked
from bozzetto.optimize.compose import candidate_id
from bozzetto.optimize.doubt import Similar
from bozzetto.optimize.limits import counts
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.words import words
from bozzetto.types import Candidate, Check, Hit, Phrase

__all__ = ["BY_HAND", "aligned", "revise"]

BY_HAND = "user"
"""Who wrote a revised candidate, and where the phrases come from that its user typed."""

_PIECE = re.compile(r"[^,;\n]+")
_EDGES = " \t\r\f\v\xa0."
_SPACED = 0x2E80
"""Characters from here on are of scripts that put no space between words."""
_TOLD = ("intent", "keep", "budget", "dialect", "guidelines", "language", "unwanted")
"""Checks whose failing a person who edits is warned of: taste is theirs."""


_MOST = 300
"""Pieces that are looked for within what was edited."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A piece of the earlier prompt at its place; `phrase` None: words between two phrases.

    `torn` says whether it began, and ended, within a word even there.
    """

    text: str
    start: int
    phrase: Phrase | None
    torn: tuple[bool, bool]

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class _Found:
    """Some items found again, in order: how many characters they are, where the last ends."""

    weight: int = 0
    end: int = 0
    places: tuple[tuple[_Item, int], ...] = ()


def revise(
    parent: Candidate,
    prompt: str,
    negative: str | None,
    brief: Brief,
    hits: Sequence[Hit],
    library: LibraryStats,
    *,
    similar: Similar,
) -> Candidate:
    """The candidate as its user edited it, counted, judged and checked as any other.

    `brief` is what the parent was written to, `hits` are the prompts it is held against.
    """
    others = [frozenset(words(hit.prompt)) for hit in hits]
    made = replace(
        parent,
        id=candidate_id(prompt, negative, brief.profile.name),
        prompt=prompt,
        negative=negative,
        chat=BY_HAND,
        tokens=counts(prompt, brief.profile),
        phrases=aligned(parent, prompt),
        intent=intent(brief.text, prompt, negative=negative).score,
        novelty=1 - nearest(prompt, brief.text, others),
        warnings=(),
        checks=(Check("writer", True, f"was revised by hand from {parent.id}"),),
        parent=parent.id,
        usage=None,
    )
    (found,) = checked([made], brief, hits, library, similar=similar)
    said = [f"it {one.found}" for one in found.checks if one.name in _TOLD and not one.passed]
    return replace(found, warnings=(*brief.notes, *said))


def aligned(parent: Candidate, prompt: str) -> tuple[Phrase, ...]:
    """The phrases of an edited prompt.

    Those of the parent that still stand, in their order, are as they were; what was written
    between them are phrases of the user's. Joined by the text between them they give the prompt.
    """
    phrases: list[Phrase] = []
    at = 0
    for item, start in _standing(parent.prompt, prompt, list(_items(parent))):
        phrases += _typed(prompt[at:start])
        phrases += [item.phrase] if item.phrase else []
        at = start + len(item.text)
    return (*phrases, *_typed(prompt[at:]))


def _items(parent: Candidate) -> Iterator[_Item]:
    """The phrases of a prompt and the words between them, in order."""
    prompt, at = parent.prompt, 0
    for phrase in parent.phrases:
        start = prompt.index(phrase.text, at)
        yield from _between(prompt, at, start)
        at = start + len(phrase.text)
        yield _Item(phrase.text, start, phrase, (_torn(prompt, start), _torn(prompt, at)))
    yield from _between(prompt, at, len(prompt))


def _between(prompt: str, start: int, end: int) -> Iterator[_Item]:
    for place, text in _pieces(prompt[start:end]):
        yield _Item(text, start + place, None, (False, False))


def _typed(text: str) -> Iterator[Phrase]:
    """What a user wrote in a place: a phrase for each piece between commas."""
    return (Phrase(piece, BY_HAND) for _, piece in _pieces(text))


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The pieces of a text that say something, each with its place."""
    for found in _PIECE.finditer(text):
        piece = found[0].lstrip(_EDGES)
        if any(map(_says, piece)):
            yield found.end() - len(piece), piece.rstrip(_EDGES)


def _says(letter: str) -> bool:
    """Whether a character is more than punctuation: a letter, a number, a little picture."""
    kind = category(letter)
    return kind[0] in "LN" or kind == "So"


# -- what still stands ------------------------------------------------------------------------


def _standing(before: str, after: str, items: Sequence[_Item]) -> Sequence[tuple[_Item, int]]:
    """The items that stand in an edited text, each with its place there.

    What lies outside of the stretch that was edited stands. Inside of it as many characters
    are found again, in order, as can be.
    """
    head = _shared(before, after)
    tail = len(before) - _shared(before[head:][::-1], after[head:][::-1])
    moved = len(after) - len(before)
    first = [(one, one.start) for one in items if one.end <= head]
    first = [pair for pair in first if _whole(after, *pair)]
    last = [(one, one.start + moved) for one in items if one.start >= tail]
    last = [pair for pair in last if _whole(after, *pair)]
    start = first[-1][0].end if first else 0
    stop = last[0][1] if last else len(after)
    rest = items[len(first) : len(items) - len(last)]
    return (*first, *_best(after, rest[:_MOST], start, stop), *last)


def _shared(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _whole(after: str, item: _Item, place: int) -> bool:
    """Whether an item stands at a place with its first and last words as they were."""
    ends = place, place + len(item.text)
    return all(was or not _torn(after, end) for was, end in zip(item.torn, ends, strict=True))


def _torn(text: str, place: int) -> bool:
    """Whether a place is within a word."""
    around = text[place - 1 : place + 1] if place else ""
    return len(around) > 1 and all(c.isalnum() and ord(c) < _SPACED for c in around)


def _best(after: str, items: Sequence[_Item], start: int, stop: int) -> Sequence[tuple[_Item, int]]:
    """Items found in order between two places of a text, with the most characters together."""
    states = [_Found(end=start)]
    places: dict[tuple[str, tuple[bool, bool]], list[int]] = {}
    for item in items:
        key = item.text, item.torn
        if key not in places:
            places[key] = [
                at for at in _places(item.text, after, start, stop) if _whole(after, item, at)
            ]
        states = _leading([*states, *_with(item, places[key], states)])
    return max(states, key=lambda one: one.weight).places


def _places(text: str, after: str, start: int, stop: int) -> Iterator[int]:
    at = after.find(text, start, stop)
    while at >= 0:
        yield at
        at = after.find(text, at + 1, stop)


def _with(item: _Item, places: Sequence[int], states: Sequence[_Found]) -> Iterator[_Found]:
    """The states with an item more, each at the first place where there is room for it."""
    length = len(item.text)
    for state in states:
        at = bisect_left(places, state.end)
        if at < len(places):
            found = (*state.places, (item, places[at]))
            yield _Found(state.weight + length, places[at] + length, found)


def _leading(states: Sequence[_Found]) -> list[_Found]:
    """The states that no other betters: more characters, or an earlier end."""
    kept: list[_Found] = []
    for state in sorted(states, key=lambda one: (-one.weight, one.end)):
        if not kept or state.end < kept[-1].end:
            kept.append(state)
    return kept
