"""What a text says is not to be seen: "no people", "without a hat", "a cloudless sky"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bozzetto.text.words import content_words, stem, words

__all__ = ["absent", "negated"]

_NO = frozenset(["no", "without", "neither", "nor", "none", "devoid", "lacking", "sans"])
"""Words after which a thing is absent."""

_NOT = frozenset(["not", "never", "cannot"])
"""Words after which something is not done, or not so."""

_EMPTY = frozenset(["empty", "deserted", "vacant", "unpopulated", "uninhabited", "unoccupied"])
_REACH = 4
_LESS = re.compile(r"^(\w{3,})less$")


def negated(text: str) -> list[tuple[str, bool]]:
    """The words a text plainly negates, in order, and whether each is a thing to be absent."""
    said = words(text)
    found: list[tuple[str, bool]] = []
    for place, token in enumerate(said):
        is_thing = token in _NO
        if is_thing or token in _NOT or token.endswith(("n't", "n’t")):
            after = said[place + 1 : place + 1 + _REACH]
            found += [(word, is_thing) for word in _first(after)]
    return list(dict.fromkeys(found))


def absent(text: str) -> frozenset[str]:
    """The stems of all that a text says is not there, in whatever way."""
    found = [word for word, _ in negated(text)]
    said = words(text)
    for before, token, after in zip(("", *said), said, (*said[1:], ""), strict=False):
        found += ["people"] if token in _EMPTY else []
        found += [before, after] if token in ("free", "minus") else []  # free of, people-free
        found += _LESS.findall(token)
        if token == "of" and before in ("free", "devoid", "empty"):
            found.append(after)
    return frozenset(stem(word) for word in found if word)


def _first(after: tuple[str, ...]) -> Iterator[str]:
    """The first word with a meaning, and those joined to it by "or" and "nor"."""
    start = next((n for n, word in enumerate(after) if content_words(word)), None)
    if start is None:
        return
    yield after[start]
    for join, word in zip(after[start + 1 :], after[start + 2 :], strict=False):
        if join in ("or", "nor") and content_words(word):
            yield word
