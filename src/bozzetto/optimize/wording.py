"""A prompt from its parts: a list in the order that the image model likes.

Each part keeps where it came from; the parts, joined by the text between them, give the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bozzetto.optimize.modifiers import table
from bozzetto.profiles import Profile
from bozzetto.types import Phrase

__all__ = ["GLUE", "Part", "Text", "kind", "order", "tags"]

GLUE = ", "


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase to say, what it speaks of, and where it belongs.

    `place` says whether it only rounds off, and where it stands among those of its kind.
    """

    phrase: Phrase
    facet: str | None
    place: tuple[bool, int] = (False, 0)


@dataclass(frozen=True, slots=True)
class Text:
    """A prompt and its phrases in order."""

    prompt: str
    phrases: tuple[Phrase, ...]


def order(profile: Profile) -> tuple[str, ...]:
    """The matters that a prompt for a profile speaks of, in order; empty for prose."""
    return tuple(_row(profile)[1].split("|"))


def kind(profile: Profile) -> str:
    """What every picture of a profile's model is ("anime"), or nothing."""
    return _row(profile)[2]


def _row(profile: Profile) -> tuple[str, ...]:
    rows = {row[0]: row for row in table("order.tsv")}
    names = (profile.name, profile.vocabulary, profile.style)
    return next((rows[name] for name in names if name in rows), ("", "", ""))


def tags(idea: str, phrases: Sequence[Phrase], parts: Iterable[Part], profile: Profile) -> Text:
    """The idea (in its own phrases) and the parts as a list, in the profile's order."""
    ranks = {name: at for at, name in enumerate(order(profile))}
    at = ranks["idea"]

    def rank(part: Part) -> tuple[bool, int, int]:
        last, place = part.place
        return last, ranks.get(part.facet or "", at), place

    ranked = sorted(parts, key=rank)
    before = [part.phrase for part in ranked if rank(part)[1] < at]
    behind = [part.phrase for part in ranked if rank(part)[1] >= at]
    texts = [*(one.text for one in before), idea, *(one.text for one in behind)]
    return Text(GLUE.join(texts), (*before, *phrases, *behind))
