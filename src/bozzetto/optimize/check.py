"""Is the idea still all there? What a prompt keeps, what it loses, what it copies.

Intent is the share of the idea's content words that the prompt has in some form; numbers,
colours, negated things, names and quoted texts are hard: losing one is named apart. After
the atoms of DSG (Cho et al. 2024), without their questions.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise, takewhile

from bozzetto.optimize.modifiers import table
from bozzetto.optimize.negated import absent, negated
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import protected
from bozzetto.text.words import content_words, jaccard, stem, words

__all__ = ["COLOURS", "Intent", "copied", "intent", "keeps", "nearest", "same"]

COPIED = 0.5
"""Word-set Jaccard to a reference, idea aside, above which a prompt is a copy."""

RUN = 8
"""Words on end that a prompt may share with a reference and not with the idea, less one."""

ALIKE = 0.6
"""Word-set Jaccard, idea aside, above which two candidates are the same."""

NEARLY = 0.93
"""Share of the idea that has to be there."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NUMBERS: Mapping[str, str] = {row[0]: row[1] for row in table("numbers.tsv")}
COLOURS = _set(
    """red orange yellow green blue purple violet pink brown black white grey gray gold silver
    teal turquoise cyan magenta beige crimson scarlet"""
)
_WEAK = _set(
    """color colors colored colour colours coloured image images see seen shown shows view made
    single various different there's looks like type types kind kinds sort placed located
    visible says say saying written trying going"""
)
"""Words about the sentence more than about the picture: they count where there are no others."""


@dataclass(frozen=True, slots=True)
class Intent:
    """`score` 0-1; `lost` are words of the idea that are gone, `hard` those that may not go."""

    score: float
    lost: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether nothing hard was lost and nearly all of the rest is there."""
        return not self.hard and self.score >= NEARLY


@cache
def _said_by() -> Mapping[str, frozenset[str]]:
    """A word's meaning to the meanings that say it too.

    Sets of data/synonyms.tsv hold both ways; in data/kinds.tsv the kind says the general.
    """
    found: dict[str, frozenset[str]] = {}
    for (row,) in table("synonyms.tsv"):
        group = frozenset(_meaning(word) for word in row.split("|"))
        for word in group:
            found[word] = found.get(word, frozenset()) | group
    for general, kinds in table("kinds.tsv"):
        group = frozenset(_meaning(word) for word in kinds.split("|"))
        found[_meaning(general)] = found.get(_meaning(general), frozenset()) | group
    return found


def _meaning(word: str) -> str:
    return _NUMBERS.get(word) or stem(word)


def _has(word: str, present: Collection[str]) -> bool:
    meaning = _meaning(word)
    return meaning in present or any(other in present for other in _said_by().get(meaning, ()))


@lru_cache(maxsize=256)
def _present(text: str) -> frozenset[str]:
    """The meanings in a text; two words that may be written as one count as that too."""
    said = words(text)
    joined = (a + b for a, b in pairwise(said) if a.isalpha() and b.isalpha())
    return frozenset(map(_meaning, said)) | frozenset(map(stem, joined))


def intent(idea: str, prompt: str, *, negative: str | None = None) -> Intent:
    """How much of an English idea is in a prompt; a prompt in whose text it stands has it all.

    Spacing is mended in both ("8 k"); quoted texts must be there to the letter. What the idea
    does not want may be in the negative prompt.
    """
    quoted = [text for text in _verbatim(idea) if text not in prompt]
    idea, prompt = normalise(idea), normalise(prompt)
    if idea and idea in prompt:
        return Intent(1.0, (), tuple(quoted))
    present = _present(prompt)
    unwanted = [word for word, _ in negated(idea)]
    wanted = _wanted(idea, frozenset(map(stem, unwanted)))
    lost = [word for word in wanted if not _has(word, present)]
    lost = list(_not_compound(lost, idea, present))
    hard = [word for word in lost if _is_hard(word) or _is_name(word, idea)]
    hard += [*_lost_numbers(idea, present), *_lost_negations(idea, prompt, negative or "")]
    hard += [*_swapped(idea, prompt), *quoted]
    score = 1 - len(lost) / len(wanted) if wanted else float(not hard)
    return Intent(score, tuple(lost), tuple(dict.fromkeys(hard)))


def _wanted(idea: str, unwanted: Collection[str]) -> list[str]:
    """The words an idea is made of: its content words, else whatever it has."""
    said = [word for word in content_words(idea) if stem(word) not in unwanted]
    strong = [word for word in said if word not in _WEAK]
    return list(dict.fromkeys(strong or said or ([] if unwanted else words(idea))))


def _not_compound(lost: Sequence[str], idea: str, present: Collection[str]) -> Sequence[str]:
    """The lost words less halves of one that the prompt writes together ("sun flower")."""
    if not lost:
        return lost
    said = words(idea)
    pairs = [(a, b) for a, b in pairwise(said) if stem(a + b) in present]
    found = {word for pair in pairs for word in pair}
    return [word for word in lost if word not in found]


def keeps(atom: str, prompt: str) -> bool:
    """Whether all content words of an atom ("dog, brown") are in a prompt in some form."""
    present = _present(normalise(prompt))
    atom = normalise(atom)
    lost = [word for word in content_words(atom) if not _has(word, present)]
    return not _not_compound(lost, atom, present)


# -- what may not go ----------------------------------------------------------------------


def _is_hard(word: str) -> bool:
    return word in COLOURS or word in _NUMBERS or word[0].isdigit()


def _is_name(word: str, idea: str) -> bool:
    """Whether a word has a capital in the middle of an idea that is not all in capitals."""
    said = re.findall(r"[^\W\d_][\w'’-]*", idea)
    capitals = sum(token[0].isupper() for token in said)
    inside = any(token[0].isupper() and token.lower() == word for token in said[1:])
    return inside and capitals * 2 <= len(said) and any(c.islower() for c in idea)


def _lost_numbers(idea: str, present: Collection[str]) -> list[str]:
    """Counts are stop words to a text index ("one"), never to a picture."""
    numbers = (word for word in words(idea) if word in _NUMBERS and word != "one")
    return [word for word in numbers if not _has(word, present)]


def _lost_negations(idea: str, prompt: str, negative: str) -> Iterator[str]:
    """What the idea does not want ("no people") and the prompt has, or says nothing of."""
    unwanted = negated(idea)
    if not unwanted:
        return
    gone = absent(prompt) | {stem(word) for word in words(negative)}
    said = _present(prompt)
    for word, is_thing in unwanted:
        if stem(word) not in gone and (is_thing or stem(word) in said):
            yield f"no {word}"


def _verbatim(idea: str) -> Iterable[str]:
    """Quoted texts and control syntax: to be found in the prompt to the letter."""
    return (idea[span.start : span.end] for span in protected(idea) if span.kind != "weight")


def _swapped(idea: str, prompt: str) -> Iterator[str]:
    """Colours and counts that the prompt gives to another thing than the idea does."""
    for binds in (COLOURS, frozenset(_NUMBERS)):
        ours = dict(_bound(idea, binds, 1))
        if len({_meaning(word) for word in ours.values()}) < 2:
            continue
        near, far = set(_bound(prompt, binds, 1)), set(_bound(prompt, binds, 4))
        for thing, word in ours.items():
            others = {_meaning(w) for t, w in near if t == thing} - {_meaning(word)}
            kept = any(t == thing and _meaning(w) == _meaning(word) for t, w in far)
            if not kept and others & {_meaning(w) for w in ours.values()}:
                yield f"{word} {thing}"


def _bound(text: str, binds: Collection[str], reach: int) -> Iterator[tuple[str, str]]:
    """Things (as stems) and the words of a kind that stand up to `reach` words before them."""
    said = words(text)
    for place, word in enumerate(said):
        if word in binds:
            after = said[place + 1 : place + 1 + reach]
            for thing in takewhile(lambda other: other not in binds, after):
                yield stem(thing), word


# -- beside others ------------------------------------------------------------------------


def nearest(prompt: str, idea: str, others: Iterable[Collection[str]]) -> float:
    """Word-set Jaccard to the nearest of other prompts (as word sets), idea words aside; 0-1."""
    aside = frozenset(words(idea))
    own = frozenset(words(prompt)) - aside
    if not own:
        return 0.0
    return max((jaccard(own, frozenset(other) - aside) for other in others), default=0.0)


def same(prompt: str, others: Iterable[str], idea: str) -> bool:
    """Whether a prompt is one of the others again."""
    return nearest(prompt, idea, [words(other) for other in others]) > ALIKE


def copied(prompt: str, idea: str, references: Iterable[str]) -> bool:
    """Whether a prompt has nearly all, or a long run, of a reference's words."""
    aside = frozenset(words(idea))
    new = frozenset(words(prompt)) - aside
    runs = frozenset(_runs(words(prompt), aside))
    for tokens, others in map(_tokens, references):
        shared = len(new & others)
        if shared and shared > COPIED * len(new | (others - aside)):
            return True
        if shared * 2 >= RUN and not runs.isdisjoint(_runs(tokens, aside)):
            return True
    return False


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """The words of a reference in order and as a set: each is read for several candidates."""
    found = words(text)
    return found, frozenset(found)


def _runs(tokens: Sequence[str], aside: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Runs of words of a length, those left out that are mostly the idea's own."""
    for start in range(len(tokens) - RUN + 1):
        run = tuple(tokens[start : start + RUN])
        if sum(word in aside for word in run) * 2 < RUN:
            yield run
