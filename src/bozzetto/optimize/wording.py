"""A prompt from its parts: a list of tags, or sentences, as the image model likes it.

Each part keeps where it came from; the parts, joined by the text between them, give the prompt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from bozzetto.optimize.modifiers import table
from bozzetto.profiles import Profile
from bozzetto.text.words import words
from bozzetto.types import Phrase

__all__ = [
    "Part", "Text", "cost_text", "kind", "order", "prose", "said_of", "sayable", "tags", "worded",
]  # fmt: skip

_GLUE = ", "


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


@dataclass(frozen=True, slots=True)
class _Saying:
    """How prose says a modifier: in which sentence, what before it and behind it."""

    sentence: int
    before: str
    article: bool
    behind: str


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


# -- tags ---------------------------------------------------------------------------------


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
    return Text(_GLUE.join(texts), (*before, *phrases, *behind))


# -- prose --------------------------------------------------------------------------------


def sayable(text: str, about: str | None) -> bool:
    """Whether prose has a way to say a modifier."""
    return _saying(text, about) is not None


def said_of(text: str) -> tuple[str, ...]:
    """All that prose can say a modifier of: a "bright" one of the light and of the palette."""
    return tuple(about for about in _sayings() if sayable(text, about))


def worded(text: str, about: str) -> str | None:
    """A modifier as a sentence says it: "at sunset", "in daylight"; None where it has no way."""
    saying = _saying(text, about)
    if saying is None:
        return None
    return (
        f"{saying.before} {_article(text) if saying.article else ''}{text}{saying.behind}".strip()
    )


def cost_text(text: str, about: str | None) -> str:
    """A modifier with about what prose puts around it."""
    said = _saying(text, about)
    return f"{said.before} {_article(text)}{text}{said.behind}." if said else f", {text}"


def prose(idea: str, phrases: Sequence[Phrase], parts: Iterable[Part]) -> Text:
    """The idea as it is, what has no sentence of its own behind it, then sentences."""
    said: list[tuple[_Saying, Part]] = []
    found = list(phrases)
    prompt = idea
    for part in parts:
        saying = _saying(part.phrase.text, part.facet)
        if saying:
            said.append((saying, part))
        else:
            prompt += _GLUE + part.phrase.text
            found.append(part.phrase)
    said.sort(key=lambda pair: pair[0].sentence)
    for _, group in groupby(said, key=lambda pair: pair[0].sentence):
        prompt += "" if prompt[-1:] in ".!?。！？" else "."
        text, own = _sentence(list(group))
        prompt += f" {text}"
        found += own
    return Text(prompt, tuple(found))


def _sentence(pairs: Sequence[tuple[_Saying, Part]]) -> tuple[str, list[Phrase]]:
    """One sentence: parts said alike are joined by "and", the others by commas."""
    manners: dict[tuple[str, str], list[tuple[_Saying, Part]]] = {}
    for pair in sorted(pairs, key=lambda pair: bool(pair[0].before)):
        manners.setdefault((pair[0].before, pair[0].behind), []).append(pair)
    text, phrases = "", []
    for (before, behind), group in manners.items():
        text += _GLUE if text else ""
        for at, (saying, part) in enumerate(group):
            joint = before if at == 0 else "and" if at == len(group) - 1 else ""
            article = _article(part.phrase.text) if saying.article and not (at and behind) else ""
            glue = f"{_between(at, joint)}{article}"
            said = part.phrase.text if text or glue else _capital(part.phrase.text)
            text += glue + said
            phrases.append(replace(part.phrase, text=said))
        text += behind
    return _capital(text) + ".", phrases


def _between(at: int, joint: str) -> str:
    """What stands before the part of a number: a preposition, "and", or a comma."""
    if at == 0:
        return f"{joint} " if joint else ""
    return f" {joint} " if joint else _GLUE


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _article(text: str) -> str:
    """The article of a countable thing, with a space; none before a plural or another article."""
    first, last = words(text)[:1], words(text)[-1:]
    if not first or first[0] in ("a", "an", "the", "no") or _plural(last[0]):
        return ""
    return "an " if first[0][0] in "aeiou" or first[0][:1] == "8" else "a "


def _plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "lens"))


def _saying(text: str, about: str | None) -> _Saying | None:
    said = words(text)
    while len(said) > 1 and said[-1].isdigit():
        said = said[:-1]
    rows = _sayings().get(about or "", {})
    return next((rows[said[-n:]] for n in (3, 2, 1) if said[-n:] in rows), None)


@cache
def _sayings() -> Mapping[str, Mapping[tuple[str, ...], _Saying]]:
    found: dict[str, dict[tuple[str, ...], _Saying]] = {}
    for sentence, about, ends, pattern in table("sentences.tsv"):
        mark = "{a}" if "{a}" in pattern else "{}"
        before, _, behind = pattern.partition(mark)
        saying = _Saying(int(sentence), before.strip(), mark == "{a}", behind.rstrip())
        for end in ends.split("|"):
            found.setdefault(about, {}).setdefault(words(end), saying)
    return found
