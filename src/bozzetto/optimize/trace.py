"""Where each piece of a written prompt came from: the idea, a wish, a hit, or the model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from bozzetto.optimize.brief import Brief
from bozzetto.text.stop_words import STOP_WORDS
from bozzetto.text.words import stem, words
from bozzetto.types import Hit, Phrase

__all__ = ["trace"]

_PIECE = re.compile(r"[^,;.!?\n]+(?:[,;.!?](?=\S)[^,;.!?\n]+)*")
_RUN = re.compile(r"\S+")
_FEWEST = 2
"""Words that a piece shares with a hit before the hit counts as its source."""


def trace(prompt: str, brief: Brief, hits: Sequence[Hit]) -> tuple[Phrase, ...]:
    """The phrases of a prompt in order; joined by the text between them they give it.

    The idea where it stands to the letter keeps the phrases of the brief. Of the rest, each
    piece between commas comes from the hit that has it word for word; else its words are
    parted into runs that are the idea's own and runs that are the model's.
    """
    at = prompt.find(brief.text) if brief.text else -1
    texts = [(hit.id, f" {' '.join(words(hit.prompt))} ") for hit in hits]
    if at < 0:
        return tuple(_pieces(prompt, brief, texts))
    end = at + len(brief.text)
    before, after = _pieces(prompt[:at], brief, texts), _pieces(prompt[end:], brief, texts)
    return (*before, *brief.phrases, *after)


def _pieces(text: str, brief: Brief, hits: Sequence[tuple[str, str]]) -> Iterator[Phrase]:
    wishes = {" ".join(words(wish.text)): wish for wish in brief.wanted}
    own = frozenset(stem(word) for word in words(brief.text)) - STOP_WORDS["en"]
    for match in _PIECE.finditer(text):
        piece = match[0].strip()
        said = words(piece)
        wish = wishes.get(" ".join(said))
        if not said:
            continue
        if wish:
            yield Phrase(piece, wish.source, wish.original)
        elif source := _source(said, own, hits):
            yield Phrase(piece, source)
        else:
            yield from _runs(piece, own, brief.phrases)


def _source(said: Sequence[str], own: frozenset[str], hits: Sequence[tuple[str, str]]) -> str:
    if len(said) < _FEWEST or all(_is_own(word, own) for word in said):
        return ""
    key = f" {' '.join(said)} "
    return next((name for name, text in hits if key in text), "")


def _runs(piece: str, own: frozenset[str], phrases: Sequence[Phrase]) -> Iterator[Phrase]:
    """Runs of words that are, or are not, the idea's; small words go with those before them."""
    kinds: list[tuple[str, int, int]] = []
    for match in _RUN.finditer(piece):
        said = [word for word in words(match[0]) if word not in STOP_WORDS["en"]]
        kind = "" if not said else "idea" if any(_is_own(w, own) for w in said) else "model"
        kinds.append((kind, match.start(), match.end()))
    last = next((kind for kind, _, _ in kinds if kind), "model")
    sourced = []
    for kind, start, end in kinds:
        last = kind or last
        sourced.append((last, start, end))
    for source, run in groupby(sourced, key=lambda item: item[0]):
        places = list(run)
        text = piece[places[0][1] : places[-1][2]]
        yield Phrase(text, source, _original(text, phrases) if source == "idea" else None)


def _original(text: str, phrases: Sequence[Phrase]) -> str | None:
    """What a piece of a translated idea was in its own language."""
    said = {stem(word) for word in words(text)} - STOP_WORDS["en"]
    for phrase in phrases:
        if phrase.original and said & {stem(word) for word in words(phrase.text)}:
            return phrase.original
    return None


def _is_own(word: str, own: frozenset[str]) -> bool:
    return stem(word) in own
