"""Words of a text: tokens, content words, stems, overlap."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Set
from functools import cache, lru_cache
from typing import Final

from bozzetto.text.stop_words import STOP_WORDS

__all__ = ["content_words", "jaccard", "owner", "stem", "words"]

_HAN_KANA: Final = (
    "\u3005-\u3007\u3041-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U000323af"
)
_LETTER: Final = rf"[^\W_{_HAN_KANA}]"
_WORD: Final = re.compile(rf"[{_HAN_KANA}]|{_LETTER}+(?:['’]{_LETTER}+)*")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+(?:'[a-z0-9]+)*")
# "l'amico", "dell'estate": in French and Italian the article is a word of its own.
_ELIDED: Final = re.compile(
    r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|un|(?:d|n|s|qu)?ell|all|dall|sull|quest)['’](?=\w)"
)


def words(text: str) -> tuple[str, ...]:
    """Lower-case word tokens in order; Chinese and Japanese as single characters."""
    lower = text.lower()
    pattern = _ASCII_WORD if lower.isascii() else _WORD
    return tuple(pattern.findall(lower))


def content_words(text: str, language: str = "en") -> tuple[str, ...]:
    """The words that carry meaning: the language's stop words and elided articles left out.

    A language without a table (see `stop_words`) keeps every word.
    """
    stop = STOP_WORDS.get(language, frozenset())
    found: tuple[str, ...] = words(text)
    if language in ("fr", "it"):
        found = tuple(_ELIDED.sub("", word) for word in found)
    return tuple(word for word in found if word not in stop)


def owner(word: str) -> str:
    """A word without the "'s" of what belongs to it."""
    return word[:-2] if word.endswith(("'s", "’s")) else word


class _Stemmer(threading.local):
    """A stemmer for each thread: one keeps the word it works on in itself."""

    def __init__(self) -> None:
        import snowballstemmer

        self.stem: Callable[[str], str] = snowballstemmer.stemmer("english").stemWord


@cache
def _stemmer() -> _Stemmer:
    return _Stemmer()


_UNLIKE = {"animal": "animal", "animals": "animal"}
"""Words that Snowball would make one with others: "anime", "animated"."""


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The English stem of a lower-case word (Snowball)."""
    return _UNLIKE.get(word) or _stemmer().stem(word)


def jaccard(a: Set[str], b: Set[str]) -> float:
    """Size of the intersection over size of the union, 0-1; 1 for two empty sets."""
    union = len(a | b)
    return len(a & b) / union if union else 1.0
