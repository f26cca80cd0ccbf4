"""Pairs of words that English does not put together: what a word taken for another leaves behind.

"A man bed a newspaper", "a witch not door the hat": an idea put into English word by word is
near its source in meaning even so, and no cosine tells. Few rules, all about small words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from bozzetto.optimize.contradict import shown
from bozzetto.text.words import words

__all__ = ["odd"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ARTICLES = _set("a an the")
_COUNTS = _set("two three four five six seven eight nine ten twelve")
_NEVER_LAST = _set(
    """a an the of at from with and or into onto upon is are was were be that which who whose not
    to as than during"""
)
_PREPOSITIONS = _set(
    """of at in on from with by for into onto upon to under over behind near between among through
    during towards without against"""
)
_BEFORE_ARTICLE = _PREPOSITIONS | _set(
    """above across after along around as atop before below beneath beside besides beyond but
    down inside is are was were like off out outside past round than that toward up while when
    where and or not has have had be only just all both half quite such what even also versus via
    within about amid underneath which whom if because so then made look become"""
)
"""Words after which an article may stand; besides forms of verbs, as far as they show."""
_BEFORE_COUNT = (
    _BEFORE_ARTICLE
    | _ARTICLES
    | _set(
        """these those his her its their my your our some first last next every other about twenty
    thirty forty fifty sixty seventy eighty ninety hundred thousand"""
    )
)
_AFTER_NOT = re.compile(r"ing$|ed$|en$|ly$|^(a|an|the|in|on|at|yet|quite|very|so|too|to|of|from)$")
_VERB = re.compile(r"..(ing|[^e]ed|s|en)$")
_WORN = _set("wearing holding carrying riding")
"""Verbs that want their thing next."""
_VERBS = _set("seen held made lit cut set hit put shot spun told sold read hung wound")
_TOGETHER = frozenset(
    [("holding", "onto"), ("riding", "on"), ("from", "behind"),
      ("from", "under"), ("from", "between"), ("from", "over"), ("in", "between"),
     ("from", "among"), ("from", "near"), ("on", "to"), ("in", "on"), ("on", "in")]
)  # fmt: skip
_CLAUSE = re.compile(r"[,.;:!?()\"“”]+")


def odd(text: str) -> tuple[str, ...]:
    """The pairs of words of a text that English does not put together, in order."""
    clauses = (words(part) for part in _CLAUSE.split(shown(text)))
    return tuple(dict.fromkeys(pair for said in clauses if said for pair in _odd(said)))


def _odd(said: tuple[str, ...]) -> Iterator[str]:
    for before, word in pairwise(said):
        if _clash(before, word):
            yield f"{before} {word}"
    if said[-1] in _NEVER_LAST and len(said) > 1:
        yield " ".join(said[-2:])


def _clash(before: str, word: str) -> bool:
    if word in _ARTICLES:
        return before in _ARTICLES or not (before in _BEFORE_ARTICLE or _verb(before))
    if word in _COUNTS:
        return not (before in _BEFORE_COUNT or _verb(before))
    if word in _PREPOSITIONS and before in _PREPOSITIONS | _ARTICLES | _WORN:
        return (before, word) not in _TOGETHER
    return before == "not" and not _AFTER_NOT.search(word)


def _verb(word: str) -> bool:
    return word in _VERBS or bool(_VERB.search(word))
