"""Whether what a chat model wrote may stand, after mending what can be mended.

A model that writes badly must do no harm: its text stands only if it keeps the idea, says
enough about the look, and neither copies, credits, contradicts nor chats. What fails is
taken back; the thresholds are measured by `bench/writing_llm.py`, where a text for which
they are made (rewrites by a strong model) passes and one of a 135M model does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.check import nearest
from bozzetto.optimize.mend import Accepted, budget, mend
from bozzetto.optimize.modifiers import clashes, facet, sides
from bozzetto.optimize.parse import Draft, Refusal
from bozzetto.optimize.stats import LibraryStats
from bozzetto.text.artist_names import NAMES
from bozzetto.text.spans import protected
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Hit

__all__ = ["judge", "same"]

ENOUGH = ((3, 8), (2, 18))
"""What a text must add to the idea: words about the look, and content words in all."""

ENOUGH_REBUILT = ((5, 14),)
"""The same for a text that lost some of the idea."""

ROOM = 25
"""CLIP tokens left beside the idea below which one added word will do."""

COPIED = 0.5
"""Word-set Jaccard to a reference, idea aside, above which it is a copy."""

RUN = 8
"""Words on end that a text may share with a reference and not with the idea, less one."""

ALIKE = 0.6
"""Word-set Jaccard, idea aside, above which two candidates are the same."""


def judge(
    draft: Draft, brief: Brief, hits: Sequence[Hit], library: LibraryStats
) -> Accepted | Refusal:
    """Mend a draft and check it; the reason where it cannot stand."""
    mended = mend(draft, brief)
    if isinstance(mended, Accepted):
        for reason in _objections(mended, brief, hits, library):
            return Refusal(reason)
    return mended


def same(prompt: str, others: Sequence[str], idea: str) -> bool:
    """Whether a prompt is another one again."""
    return nearest(prompt, idea, [words(other) for other in others]) > ALIKE


# -- checking -----------------------------------------------------------------------------


def _objections(
    mended: Accepted, brief: Brief, hits: Sequence[Hit], library: LibraryStats
) -> Iterator[str]:
    """What speaks against a prompt that keeps the idea."""
    prompt = mended.prompt
    idea = frozenset(stem(word) for word in words(brief.text))
    tokens = words(prompt)
    new = [word for word in tokens if stem(word) not in idea]
    if not _says_enough(new, mended, brief):
        yield "says next to nothing about the look"
    if named := _named(prompt, frozenset(words(brief.text)), library):
        yield f"names somebody ({named})"
    if clashes(sides(_shown(brief.text)), sides(" ".join(new))):
        yield "contradicts the idea"
    if unwanted := _unwanted(prompt, brief.unwanted):
        yield f"has what should be left out ({unwanted})"
    if _copies(prompt, brief.text, hits):
        yield "copies a reference"


def _shown(text: str) -> str:
    """A text less what is not seen as such: quotes, names of files and of wildcards."""
    for span in reversed(protected(text)):
        if span.kind not in ("weight", "dynamic"):
            text = f"{text[: span.start]} {text[span.end :]}"
    return text


def _says_enough(new: Sequence[str], mended: Accepted, brief: Brief) -> bool:
    """Whether a text adds enough; only English words are told to be about the look."""
    if budget(brief.profile) - clip_tokens(brief.text) < ROOM:
        return True
    prompt, wanted = mended.prompt, ENOUGH_REBUILT if mended.rebuilt else ENOUGH
    if sum(c > "\u024f" for c in prompt) > len(prompt) / 4:
        return len(new) >= ENOUGH[0][1]
    looks = len({stem(word) for word in new if facet(word)})
    added = len(set(content_words(" ".join(new))))
    return any(looks >= least and added >= in_all for least, in_all in wanted)


_CREDIT = re.compile(r"(\w+\s+)?\b(?:by|style of|styles of)\s+((?:[\w.'’-]+\s*){1,4})", re.I)
_MAKERS = frozenset(
    ["painted", "drawn", "designed", "illustrated", "directed", "created", "made", "inspired"]
)


def _named(prompt: str, idea: frozenset[str], library: LibraryStats) -> str | None:
    """A person the prompt credits or names and the idea does not.

    "Surrounded by" credits nobody.
    """
    for credit in _CREDIT.finditer(prompt):
        before = (credit[1] or "").strip().lower()
        verb = before.endswith("ed") and before not in _MAKERS
        for word in content_words(credit[2]):
            known = word in NAMES or _is_credit(word, library)
            if known and not verb and word not in idea:
                return word
    for first, last in pairwise(words(prompt)):
        if first in NAMES and last in NAMES and not {first, last} & idea:
            return f"{first} {last}"
    return None


def _is_credit(word: str, library: LibraryStats) -> bool:
    """A word that the library knows, and nearly only after "by"."""
    return word in library.after_by and not library.ordinary(word)


def _unwanted(prompt: str, unwanted: Sequence[str]) -> str | None:
    """What should be left out and is asked for; "no people" does not ask for people."""
    for what in unwanted:
        for word in content_words(what):
            plain = re.compile(
                rf"(?<!no )(?<!without )(?<!without any )\b{re.escape(word)}\b", re.I
            )
            if plain.search(prompt):
                return what
    return None


def _copies(prompt: str, idea: str, hits: Sequence[Hit]) -> bool:
    said = [words(hit.prompt) for hit in hits]
    if nearest(prompt, idea, said) > COPIED:
        return True
    own = frozenset(words(idea))
    runs = set(_shingles(words(prompt), own))
    return any(run in runs for text in said for run in _shingles(text, own))


def _shingles(tokens: Sequence[str], own: frozenset[str]) -> Iterator[tuple[str, ...]]:
    """Runs of words of a length, those left out that are the idea's own."""
    for start in range(len(tokens) - RUN + 1):
        run = tuple(tokens[start : start + RUN])
        if sum(word in own for word in run) * 2 < RUN:
            yield run
