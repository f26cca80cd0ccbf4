"""Wishes by comparison: "warmer", "nicht so dunkel", "もっと明るく", in nine languages.

Which words turn a quality up or down is in data/degrees.tsv, the qualities in data/wishes.tsv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from bozzetto.optimize.modifiers import facet, table

__all__ = ["LANGUAGES", "Comparison", "Quality", "compared"]

LANGUAGES = ("en", "it", "de", "fr", "es", "pt", "ja", "zh", "ko")
_UNSPACED = frozenset(["ja", "zh", "ko"])
"""Languages read by their characters: endings and particles grow on to the words."""

_TOKEN = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*['’]?")
_ELIDED = re.compile(r"\b(?:l|d|dell|nell|all|sull)['’]", re.I)
_MOST = 4
"""Words of the longest phrase of degree."""
_WEAK, _PLAIN, _BY_ITSELF = 1, 2, 3
"""What a word is to a quality: it gives way to another's, is its own, or says "more" too."""

_TAILS = {"ja": "[\u3041-\u309f]*", "ko": "[\uac00-\ud7a3]*", "zh": ""}
"""What of a word may follow the beginning that the table knows."""


@dataclass(frozen=True, slots=True)
class Quality:
    """What a picture can have more or less of, and what a prompt says then."""

    name: str
    opposite: str
    facet: str
    more: str
    less: str
    less_of: tuple[str, ...]
    forms: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A wish for more or less of a quality, or where there is none of what `rest` names."""

    more: bool
    quality: Quality | None
    rest: str


@cache
def _qualities() -> tuple[Quality, ...]:
    found = []
    for name, opposite, more, less, less_of, *forms in table("wishes.tsv"):
        words = {
            code: tuple(form for form in cell.split("|") if form)
            for code, cell in zip(LANGUAGES, forms, strict=True)
        }
        apart = tuple(part for part in less_of.split(", ") if part)
        found.append(Quality(name, opposite, facet(more) or "", more, less, apart, words))
    return tuple(found)


@cache
def _degrees(language: str) -> Mapping[str, str]:
    """Word or phrase of degree to what it does, longest first."""
    found = {
        word: does
        for code, does, cell in table("degrees.tsv")
        if code == language
        for word in cell.split("|")
    }
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def compared(wish: str, language: str, *, plain: bool = False) -> Comparison | None:
    """What a wish compares, read in one of `LANGUAGES`; None where it compares nothing.

    With `plain` a quality that is only named ("luce soffusa") counts as wished for.
    """
    if language not in LANGUAGES:
        return None
    said = wish.lower().replace("’", "'")
    if language in _UNSPACED:
        return _read_unspaced(said, language)
    return _read_spaced(said, language, plain=plain)


def _said(does: set[str], quality: Quality | None, rest: str) -> Comparison | None:
    if "not" in does and quality is None:
        return None
    if does & {"not", "less"} or (quality and "too" in does):
        return Comparison(False, quality, rest)
    if "more" in does:
        return Comparison(True, quality, rest)
    return None


# -- languages with spaces ----------------------------------------------------------------


def _read_spaced(wish: str, language: str, *, plain: bool) -> Comparison | None:
    parts = list(_by_degree(_TOKEN.findall(_ELIDED.sub(" ", wish)), language))
    does = {degree for _, degree in parts if degree}
    words = [word for word, degree in parts if not degree]
    found = [(word, *_quality(word, language)) for word in words]
    best = max((item for item in found if item[1]), key=lambda item: item[2], default=None)
    if best is None:
        return _said(does, None, " ".join(words))
    word, quality, mark = best
    words.remove(word)
    named = mark == _BY_ITSELF or (plain and mark == _PLAIN)
    return _said(does | ({"more"} if named else set()), quality, " ".join(words))


def _by_degree(tokens: list[str], language: str) -> Iterator[tuple[str, str]]:
    """Words and set phrases in order with what they do, "" for words that are no degree."""
    degrees, at = _degrees(language), 0
    while at < len(tokens):
        for size in range(min(_MOST, len(tokens) - at), 0, -1):
            phrase = " ".join(tokens[at : at + size])
            if phrase in degrees or size == 1:
                yield phrase, degrees.get(phrase, "")
                at += size
                break


def _quality(word: str, language: str) -> tuple[Quality | None, int]:
    """The first quality that has a word, and how strong that word is."""
    for quality in _qualities():
        marks = [mark for form in quality.forms[language] if (mark := _mark(word, form, language))]
        if marks:
            return quality, max(marks)
    return None, 0


def _mark(word: str, form: str, language: str) -> int:
    """0 where a word is not of a form, else its strength."""
    bare = form.lstrip("+~")
    if word != bare and not (bare.endswith("*") and word.startswith(bare[:-1])):
        return 0
    grown = language == "de" and word[len(bare) - 1 :].startswith("er")
    if form[0] == "+" or grown:
        return _BY_ITSELF
    return _WEAK if form[0] == "~" else _PLAIN


# -- languages without --------------------------------------------------------------------


def _read_unspaced(wish: str, language: str) -> Comparison | None:
    found = _longest(wish, language)
    quality, rest = None, wish
    if found:
        quality, form = found
        rest = re.sub(re.escape(form) + _TAILS[language], " ", wish, count=1)
    does = {"more"} if quality else set()
    for word, degree in _degrees(language).items():
        if degree != "small" and word in wish:
            does.add(degree)
            wish, rest = wish.replace(word, " "), rest.replace(word, " ")
    for word, degree in _degrees(language).items():
        if degree == "small":
            rest = rest.replace(word, " ")
    return _said(does, quality, " ".join(rest.split()))


def _longest(wish: str, language: str) -> tuple[Quality, str] | None:
    """The quality with the longest form that occurs in a text, and that form."""
    forms = ((q, form) for q in _qualities() for form in q.forms[language] if form in wish)
    return max(forms, key=lambda item: len(item[1]), default=None)
