"""Words of a text: tokens, content words, stems, overlap."""

from __future__ import annotations

import re
from collections.abc import Set
from functools import cache
from typing import Any

from bozzetto.text.stop_words import STOP_WORDS

__all__ = ["content_words", "jaccard", "stem", "words"]

_CJK = "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_WORD = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])[^\W_])+(?:['’](?:(?![{_CJK}])[^\W_])+)*")
_ASCII_WORD = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")


def words(text: str) -> tuple[str, ...]:
    """Lower-case word tokens in order; Chinese and Japanese as single characters."""
    lower = text.lower()
    if lower.isascii():
        return tuple(_ASCII_WORD.findall(lower))
    return tuple(_WORD.findall(lower))


def content_words(text: str, language: str = "en") -> tuple[str, ...]:
    """The words that carry meaning: stop words of the language left out."""
    stop = STOP_WORDS.get(language, frozenset())
    return tuple(word for word in words(text) if word not in stop)


@cache
def _stemmer() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@cache
def stem(word: str) -> str:
    """The English stem of a lower-case word (Snowball)."""
    return str(_stemmer().stemWord(word))


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Size of the intersection over size of the union, 0-1; 1 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 1.0
