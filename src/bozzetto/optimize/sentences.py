"""A prompt as prose: the idea, then whole sentences that say each modifier as one would.

How each kind of modifier is said, first in a sentence or behind others, is in sentences.tsv.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

from bozzetto.optimize.modifiers import table
from bozzetto.optimize.wording import GLUE, Part, Text
from bozzetto.text.english_words import is_english
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import words
from bozzetto.types import Phrase

__all__ = ["TURNS", "cost_text", "opened", "prose", "said_of", "sayable", "worded"]

TURNS = 4
"""Ways to word a sentence; each `turn` of `prose` takes others."""

_ENDS = ".!?。！？"
_WORD = re.compile(r"[a-z]+(?=[\s,.;!?]|$)")
_SLOT = re.compile(r"\{a?\}")
_VERB = re.compile(r"(\w+)\*")
_ADVERB = re.compile(r".+ly|very|ultra|hyper|super|and")
_LINKS = frozenset(["in", "of", "on", "with"])
_PRAISE = frozenset(
    ["amazing", "awesome", "award", "beautiful", "best", "epic", "gorgeous", "great", "insane",
     "intricate", "nice", "perfect", "professional", "realistic", "stunning", "winning"]
)  # fmt: skip
"""Words that say of a light or a composition only that it is good."""
_PROPER = {
    word.lower(): word
    for word in ["3D", "2D", "Bauhaus", "CGI", "Canon", "Cinestill", "Ektachrome", "Fujifilm",
      "Hasselblad", "Japanese", "Kodak", "Leica", "Nikon", "Portra", "Scandinavian", "Sony",
      "Victorian"]
}  # fmt: skip
_LIKE_A = ("uni", "use", "usu", "one", "eu", "uto")
"""Beginnings with a vowel that are spoken with none."""


@dataclass(frozen=True, slots=True)
class _Saying:
    """How a kind of modifier is said: its sentence, its place there, behind others, at the head."""

    sentence: int
    place: int
    behind: str
    heads: tuple[str, ...]


def sayable(text: str, about: str | None) -> bool:
    """Whether prose has a way to say a modifier."""
    return _saying(text, about) is not None


def said_of(text: str) -> tuple[str, ...]:
    """All that prose can say a modifier of: a "bright" one of the light and of the palette."""
    return tuple(about for about in _sayings() if sayable(text, about))


def worded(text: str, about: str) -> str | None:
    """A modifier as a sentence says it: "at sunset", "in daylight"; None where it has no way."""
    saying = _saying(text, about)
    return _filled(saying.behind, [text]) if saying else None


def cost_text(text: str, about: str | None) -> str:
    """A modifier with about what prose puts around it."""
    return f"It is {worded(text, about or '') or text}."


def prose(
    idea: str,
    phrases: Sequence[Phrase],
    parts: Iterable[Part],
    turn: int = 0,
    keep: Sequence[str] = (),
) -> Text:
    """The idea, what has no sentence of its own behind it, then sentences.

    With nothing to add the idea stays as it is; else it begins and ends as a sentence does,
    unless it begins with what it has to `keep` to the letter. `turn` chooses the wording.
    """
    said: list[tuple[_Saying, Part]] = []
    text = _Writing(idea, list(phrases))
    for part in parts:
        saying = _saying(part.phrase.text, part.facet)
        if saying:
            said.append((saying, part))
        else:
            text.add(GLUE, part.phrase)
    if said or text.added:
        text.begin(keep)
        text.end()
    said.sort(key=lambda pair: (pair[0].sentence, pair[0].place))
    for _, group in groupby(said, key=lambda pair: pair[0].sentence):
        text.sentence(list(group), turn)
    return Text(text.prompt, tuple(text.phrases))


@dataclass(slots=True)
class _Writing:
    """A prompt as it is written, and its phrases."""

    prompt: str
    phrases: list[Phrase]
    added: bool = False

    def add(self, before: str, phrase: Phrase) -> None:
        """Put a phrase behind the others."""
        self.prompt += before + phrase.text
        self.phrases.append(phrase)
        self.added = True

    def begin(self, keep: Sequence[str]) -> None:
        """Begin with a capital, if that harms nothing."""
        first = self.phrases[0] if self.phrases else None
        kept = any(self.prompt.lower().startswith(text.lower()) for text in keep)
        if first and self.prompt.startswith(first.text) and not kept:
            self.prompt = opened(self.prompt)
            self.phrases[0] = replace(first, text=self.prompt[: len(first.text)])

    def end(self) -> None:
        """End a sentence."""
        self.prompt += "" if self.prompt[-1:] in _ENDS else "."

    def sentence(self, pairs: Sequence[tuple[_Saying, Part]], turn: int) -> None:
        """Write one sentence: parts that are said alike are joined by "and", others by commas."""
        self.prompt += " "
        first = pairs[0][0]
        groups: dict[str, list[Phrase]] = {}
        for saying, part in pairs:
            way = self._head(saying, turn) if saying is first else saying.behind
            groups.setdefault(way, []).append(part.phrase)
        for at, (way, some) in enumerate(groups.items()):
            self.prompt += GLUE if at else ""
            self._manner(way, some)
        self.end()

    def _head(self, saying: _Saying, turn: int) -> str:
        """A way to open a sentence, if one can be found that no sentence before has."""
        ways = [saying.heads[(turn + more) % len(saying.heads)] for more in range(TURNS)]
        return next((way for way in ways if f". {_opening(way)} " not in self.prompt), ways[0])

    def _manner(self, pattern: str, some: Sequence[Phrase]) -> None:
        """Write some phrases in the way of a pattern."""
        before, behind = _SLOT.split(pattern)
        article = "{a}" in pattern
        one = len(some) == 1 and not _plural(words(some[0].text)[-1])
        self.prompt += before
        for at, phrase in enumerate(some):
            glue = "" if at == 0 else " and " if at == len(some) - 1 else GLUE
            lead = _article(phrase.text) if article and not (at and behind) else ""
            said = _spelt(phrase.text)
            if self.prompt.endswith(". ") and not glue:
                lead, said = (_capital(lead), said) if lead else (lead, _capital(said))
            self.add(glue + lead, replace(phrase, text=said))
        self.prompt += _VERB.sub(lambda verb: _verb(verb[1], one=one), behind)


def opened(text: str) -> str:
    """A text with a capital where it begins with a plain English word in small letters."""
    first = _WORD.match(text)
    english = first and (is_english(first[0]) or first[0] in STOP_WORDS["en"])
    return _capital(text) if english else text


def _opening(way: str) -> str:
    """The words that a sentence begins with."""
    return " ".join(way.split()[:2])


def _filled(pattern: str, some: Sequence[str]) -> str:
    text = some[0]
    return pattern.replace("{a}", _article(text) + text).replace("{}", text)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _spelt(text: str) -> str:
    """A modifier with its names in capitals."""
    return re.sub(r"\w+", lambda word: _PROPER.get(word[0].lower(), word[0]), text)


def _verb(verb: str, *, one: bool) -> str:
    """A verb as it stands behind one thing, or several."""
    if not one:
        return verb
    return (
        f"{verb[:-1]}ies" if verb.endswith("ry") else f"{verb}{'es' if verb[-2:] == 'ch' else 's'}"
    )


def _article(text: str) -> str:
    """The article of a countable thing, with a space; none before a plural or another article."""
    first, last = words(text)[:1], words(text)[-1:]
    if not first or first[0] in ("a", "an", "the", "no") or _plural(last[0]):
        return ""
    vowel = first[0][0] in "aeiou" and not first[0].startswith(_LIKE_A)
    return "an " if vowel or first[0][0] == "8" else "a "


def _plural(word: str) -> bool:
    return word.endswith("s") and not word.endswith(("ss", "us", "is", "lens"))


def _saying(text: str, about: str | None) -> _Saying | None:
    said = words(text)
    while len(said) > 1 and said[-1].isdigit():
        said = said[:-1]
    rows = _sayings().get(about or "", {})
    for size in (3, 2, 1):
        found = rows.get(said[-size:])
        if found:
            return found if _sounds(said[:-size], found) else None
    return None


def _sounds(before: Sequence[str], saying: _Saying) -> bool:
    """Whether a modifier sounds right with some words before its last ones."""
    if saying.behind.startswith("{}") or not saying.behind.endswith("}"):
        return all(_ADVERB.fullmatch(word) for word in before)
    if "{a}" in saying.behind and not _LINKS.isdisjoint(before):
        return False
    return not before or not {"and", *_PRAISE}.issuperset(before)


@cache
def _sayings() -> Mapping[str, Mapping[tuple[str, ...], _Saying]]:
    found: dict[str, dict[tuple[str, ...], _Saying]] = {}
    for place, (sentence, about, ends, behind, heads) in enumerate(table("sentences.tsv")):
        saying = _Saying(int(sentence), place, behind, tuple(heads.split("|")))
        for end in ends.split("|"):
            found.setdefault(about, {}).setdefault(words(end), saying)
    return found
