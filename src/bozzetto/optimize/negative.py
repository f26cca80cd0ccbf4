"""The negative prompt: what is to be kept out, and nothing that the prompt asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.negated import absent
from bozzetto.text.spans import protected
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Hit

__all__ = ["carried", "denied", "negative_prompt"]

_MOST = 12
"""Parts that come from the picked hits or the profile."""

_QUALITY = re.compile(
    r"(?:low|lowest|worst|bad|poor|poorly|normal|jpeg)\s(?:\w+\s)?"
    r"(?:quality|resolution|res|anatomy|proportions?|composition|artifacts?|drawn|hands?|feet|faces?|eyes)",
    re.I,
)
"""What says that a picture is badly made: no picture asks for it."""

_MANY = frozenset(["any", "many", "several", "multiple", "lots", "lot", "random"])
"""Words that say how much of a thing, not which."""

_NO = re.compile(
    r"\b(?:no|without|devoid of|lacking|free of|nor)\b(?! (?:longer|more|doubt)\b)", re.I
)
_TOKEN = re.compile(r"\s*([^\W_]+(?:['’-][^\W_]+)*)")
_BEFORE = frozenset(["a", "an", "the", "any", "visible", "other", "his", "her", "its", "their"])
_WIDEST = 3
"""Words of a thing that an idea denies."""


def negative_prompt(brief: Brief, hits: Sequence[Hit]) -> tuple[str | None, tuple[str, ...]]:
    """What to keep out, for a model that takes a negative prompt; and wishes that got lost.

    The unwanted first, then what the idea denies, then the picked hits' negatives and the
    profile's own; nothing the idea or a wish asks for.
    """
    theirs = [hit.negative for hit in hits if hit.id in brief.pick and hit.negative]
    asked = ", ".join([brief.text, *(phrase.text for phrase in brief.wanted)])
    parts = [part for source in (*theirs, brief.profile.avoid) for part in source.split(",")]
    return _joined(brief, parts, asked, _MOST), _lost(brief)


def _lost(brief: Brief, met: Sequence[str] = ()) -> tuple[str, ...]:
    if brief.profile.negative:
        return ()
    return tuple(
        f"{brief.profile.title} takes no negative prompt: 'no {what}' was left out"
        for what in brief.unwanted
        if what not in met
    )


def carried(
    before: str | None, brief: Brief, prompt: str, met: Sequence[str] = ()
) -> tuple[str | None, tuple[str, ...]]:
    """An earlier candidate's negative prompt for a changed prompt; and wishes that got lost.

    `met` are things unwanted that were taken out of the prompt: not lost without a negative.
    """
    parts = (before or "").split(",")
    return _joined(brief, parts, prompt, len(parts)), _lost(brief, met)


def _joined(brief: Brief, parts: Iterable[str], asked: str, most: int) -> str | None:
    if not brief.profile.negative:
        return None
    things, rest = denied(asked)
    stems = frozenset(stem(word) for word in words(rest)) - absent(rest)
    own = {part.lower(): part for part in brief.unwanted}
    own |= {thing.lower(): thing for thing in things if not _asks(stems, thing)}
    others = {
        part.lower(): part
        for part in map(str.strip, parts)
        if part and part.lower() not in own and not _asks(stems, part)
    }
    return ", ".join([*own.values(), *list(others.values())[:most]]) or None


def _asks(stems: frozenset[str], part: str) -> bool:
    """Whether a prompt with some stems asks for a thing itself, not for a word of its name."""
    if _QUALITY.fullmatch(part):
        return False
    thing = re.split(r"\s+of\s+", part, maxsplit=1)[0] if " of " in part else part
    return any(
        bool(said) and {stem(word) for word in said} <= stems
        for said in (content_words(part) or words(part), _head(thing))
    )


def _head(thing: str) -> tuple[str, ...]:
    return tuple(word for word in content_words(thing) if word not in _MANY)


def denied(text: str) -> tuple[tuple[str, ...], str]:
    """The things that a text says are not there ("no people"), and the text without them."""
    shown = text
    for span in reversed(protected(text)):
        shown = shown[: span.start] + "." * (span.end - span.start) + shown[span.end :]
    things: list[str] = []
    rest, at = "", 0
    for match in _NO.finditer(shown):
        if match.start() < at:
            continue
        found, end = _things(shown, match.end())
        if found:
            things += found
            rest += text[at : match.start()]
            at = end
    return tuple(dict.fromkeys(things)), rest + text[at:]


def _things(text: str, at: int) -> tuple[list[str], int]:
    """The things named from a place on, joined by "or" and "nor", and where they end."""
    found: list[str] = []
    said: list[str] = []
    end = at
    while match := _TOKEN.match(text, end):
        word = match[1].lower()
        if word in ("or", "nor") and said:
            found, said = [*found, " ".join(said)], []
        elif not said and word in _BEFORE:
            pass
        elif len(said) == _WIDEST or not content_words(word) or (said and word.endswith("ing")):
            break
        else:
            said.append(match[1])
        end = match.end()
    return [*found, *([" ".join(said)] if said else [])], end
