"""Why a prompt reads as it does: where its phrases came from, what became of the idea's words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from bozzetto.text.words import stem, words
from bozzetto.types import Candidate, Check, Phrase

__all__ = ["Change", "Explanation", "Part", "Source", "diff", "explain"]

Change = Literal["kept", "changed", "added", "lost"]
"""What became of some words of the idea; "changed" words stand in another form or spelling."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some words on end, with the spaces around them: `before` in the idea, `after` in the prompt.

    The befores of all parts, joined, are the idea; the afters are the prompt.
    """

    change: Change
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A phrase of a prompt and the text of the hit that it came from, if any is known."""

    phrase: Phrase
    hit: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known of how a prompt came about.

    `idea` is what the prompt is held against: the idea as typed, or as it was understood where
    the model does not read its language. `earlier` is the prompt that it was made from by an
    edit, a wish or another try.
    """

    candidate: Candidate
    idea: str
    diff: tuple[Part, ...]
    sources: tuple[Source, ...]
    earlier: str | None = None

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.candidate.checks if not check.passed)


def explain(candidate: Candidate, idea: str, hits: Mapping[str, str]) -> Explanation:
    """Why a candidate reads as it does; `hits` are ids and texts its phrases may be from."""
    understood = _understood(candidate, idea)
    return Explanation(
        candidate=candidate,
        idea=understood,
        diff=diff(understood, candidate.prompt),
        sources=tuple(Source(phrase, hits.get(phrase.source)) for phrase in candidate.phrases),
    )


def _understood(candidate: Candidate, idea: str) -> str:
    """The idea, or its words as the prompt has them where it was translated."""
    phrases = candidate.phrases
    if not any(phrase.original for phrase in phrases if phrase.source == "idea"):
        return idea
    text, place, last = "", 0, False
    for phrase in phrases:
        start = candidate.prompt.find(phrase.text, place)
        between = candidate.prompt[place:start]
        place = start + len(phrase.text)
        own = phrase.source == "idea"
        if own:
            text += (between if last else " " if text else "") + phrase.text
        last = own
    return text


_WORD = re.compile(r"\s*\S+\s*\Z|\s*\S+")
_EDGES = re.compile(r"^\W+|\W+$")


def diff(idea: str, prompt: str) -> tuple[Part, ...]:
    """What a prompt keeps, changes, adds and loses of an idea, word by word, in order."""
    before, after = _pieces(idea), _pieces(prompt)
    matcher = SequenceMatcher(
        None, [_form(piece) for piece in before], [_form(piece) for piece in after], autojunk=False
    )
    parts: list[Part] = []
    for kind, a, b, x, y in matcher.get_opcodes():
        if kind == "equal":
            parts += _equal(before[a:b], after[x:y])
        else:
            parts += [Part("lost", before="".join(before[a:b]))] if a < b else []
            parts += [Part("added", after="".join(after[x:y]))] if x < y else []
    return tuple(_joined(parts))


def _pieces(text: str) -> list[str]:
    """Words with the spaces before them, the last with those behind it too."""
    return _WORD.findall(text) or ([text] if text else [])


def _form(piece: str) -> str:
    """What two spellings of a word share: its stem, or its signs where it has no letters."""
    found = words(piece)
    return " ".join(map(stem, found)) or piece.strip()


def _equal(before: Sequence[str], after: Sequence[str]) -> Iterator[Part]:
    """Words of one stem: kept where they differ in case and punctuation at most."""
    for old, new in zip(before, after, strict=True):
        yield Part("kept" if _plain(old) == _plain(new) else "changed", old, new)


def _plain(piece: str) -> str:
    bare = piece.strip()
    return (_EDGES.sub("", bare) or bare).casefold()


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """Neighbours of one kind as one part."""
    last: Part | None = None
    for part in parts:
        if last and last.change == part.change:
            last = Part(part.change, last.before + part.before, last.after + part.after)
            continue
        if last:
            yield last
        last = part
    if last:
        yield last
