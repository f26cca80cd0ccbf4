"""What the words of a prompt add to what its vectors say."""

from __future__ import annotations

from functools import lru_cache
from sys import intern

from bozzetto.search.lexical import coverage
from bozzetto.search.understand import Query
from bozzetto.search.views import spelled
from bozzetto.text.gist import EMPTY
from bozzetto.text.words import owner, words
from bozzetto.types import PromptRecord

__all__ = ["WORDS_OF_A_SCRAP", "by_words", "counts_words", "telling", "word_for_word"]

WORDS_OF_A_SCRAP = 1.5
_CORE_SHARE = 0.6
"""What holding all of an idea's words is worth, and how much of that in the core alone."""

_UNWANTED = 0.5
"""What a prompt loses that names something the person does not want."""


def counts_words(query: Query) -> bool:
    """Whether the words of a prompt add anything for a query."""
    return query.kind == "scrap" or bool(query.negated)


def by_words(query: Query, record: PromptRecord) -> float:
    """What the words of a prompt add to its score: those of a scrap, and those not wanted.

    The very words of an idea add nothing: ideas are often put in other words than the
    prompt's, and the lexicon counts those alike.
    """
    if not counts_words(query):
        return 0.0
    whole = frozenset(words(record.text))
    plus = -_UNWANTED if coverage(query.negated, whole) else 0.0
    if query.kind == "scrap":
        core = frozenset(words(record.core)) or whole
        held = coverage(query.terms, whole) ** 3, coverage(query.terms, core) ** 3
        plus += WORDS_OF_A_SCRAP * ((1 - _CORE_SHARE) * held[0] + _CORE_SHARE * held[1])
    return plus


def word_for_word(query: Query, record: PromptRecord) -> bool:
    """Whether a prompt holds every content word of a query, in any form."""
    return coverage(query.terms, frozenset(words(record.text))) == 1.0


@lru_cache(maxsize=1 << 15)
def telling(text: str) -> tuple[str, ...]:
    """The words of a prompt that tell what is to be seen, once each; "a dog's bone" shows a dog.

    The same prompts are looked at for many ideas: those of the last ones are kept, 10 MB.
    """
    found = dict.fromkeys(map(owner, words(spelled(text))))
    return tuple(intern(word) for word in found if word not in EMPTY)
