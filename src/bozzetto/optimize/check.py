"""Is the idea still all there? What a prompt keeps, what it loses, what it copies.

Intent is the share of the idea's content words that the prompt has in some form; numbers,
colours, negated things, names and quoted texts are hard: losing one is named apart. After
the atoms of DSG (Cho et al. 2024), without their questions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from bozzetto.optimize.modifiers import table
from bozzetto.text.normalise import normalise
from bozzetto.text.spans import protected
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words, jaccard, stem, words

__all__ = ["Intent", "intent", "keeps", "nearest", "over_budget"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEGATIONS = _set("no not without never none nor neither cannot")
_NUMBERS: Mapping[str, str] = {row[0]: row[1] for row in table("numbers.tsv")}
_COLOURS = _set(
    """red orange yellow green blue purple violet pink brown black white grey gray gold silver
    teal turquoise cyan magenta beige crimson scarlet"""
)


@dataclass(frozen=True, slots=True)
class Intent:
    """`score` 0-1; `lost` are words of the idea that are gone, `hard` those that may not go."""

    score: float
    lost: tuple[str, ...] = ()
    hard: tuple[str, ...] = ()

    @property
    def kept(self) -> bool:
        """Whether nothing hard was lost and nearly all of the rest is there."""
        return not self.hard and self.score >= 0.93


@cache
def _same() -> Mapping[str, frozenset[str]]:
    """Stem to the stems that say the same, from data/synonyms.tsv (one set a line)."""
    found: dict[str, frozenset[str]] = {}
    for row in table("synonyms.tsv"):
        group = frozenset(stem(word) for word in row[0].split("|"))
        for word in group:
            found[word] = found.get(word, frozenset()) | group
    return found


def _meaning(word: str) -> str:
    return _NUMBERS.get(word) or stem(word)


def _has(word: str, present: Collection[str]) -> bool:
    meaning = _meaning(word)
    return meaning in present or any(other in present for other in _same().get(meaning, ()))


def intent(idea: str, prompt: str) -> Intent:
    """How much of an English idea is in a prompt; a prompt in whose text it stands has it all.

    Spacing is mended in both ("8 k"); quoted texts must be there to the letter.
    """
    quoted = [text for text in _verbatim(idea) if text not in prompt]
    idea, prompt = normalise(idea), normalise(prompt)
    wanted = list(dict.fromkeys(content_words(idea))) or list(dict.fromkeys(words(idea)))
    present = {_meaning(word) for word in words(prompt)}
    lost = [word for word in wanted if not _has(word, present)]
    hard = [word for word in lost if _is_hard(word)]
    hard += _lost_numbers(idea, present) + _lost_negations(idea, prompt)
    hard += quoted
    score = 1 - len(lost) / len(wanted) if wanted else float(idea.strip() in prompt)
    return Intent(score, tuple(lost), tuple(dict.fromkeys(hard)))


def keeps(atom: str, prompt: str) -> bool:
    """Whether all content words of an atom ("dog, brown") are in a prompt in some form."""
    present = {_meaning(word) for word in words(normalise(prompt))}
    return all(_has(word, present) for word in content_words(normalise(atom)))


def _is_hard(word: str) -> bool:
    return word in _COLOURS or word in _NUMBERS or word[0].isdigit()


def _lost_numbers(idea: str, present: Collection[str]) -> list[str]:
    """Counts are stop words to a text index ("one"), never to a picture."""
    numbers = (word for word in words(idea) if word in _NUMBERS and word != "one")
    return [word for word in numbers if _NUMBERS[word] not in present]


def _lost_negations(idea: str, prompt: str) -> list[str]:
    """Negated things ("no people") that the prompt asks for, or says nothing of."""
    negated = _negated(prompt)
    return [f"no {word}" for word in _negated(idea) if word not in negated]


def _negated(text: str) -> list[str]:
    tokens = words(text)
    found = []
    for place, token in enumerate(tokens):
        if token in _NEGATIONS or token.endswith("n't"):
            after = [w for w in tokens[place + 1 : place + 4] if content_words(w)]
            found += [stem(word) for word in after[:1]]
    return found


def _verbatim(idea: str) -> Iterable[str]:
    """Quoted texts and control syntax: to be found in the prompt to the letter."""
    return (idea[span.start : span.end] for span in protected(idea) if span.kind != "weight")


def nearest(prompt: str, idea: str, others: Iterable[Collection[str]]) -> float:
    """Word-set Jaccard to the nearest of other prompts (as word sets), idea words aside; 0-1."""
    aside = frozenset(words(idea))
    own = frozenset(words(prompt)) - aside
    if not own:
        return 0.0
    return max((jaccard(own, frozenset(other) - aside) for other in others), default=0.0)


def over_budget(prompt: str, limits: Mapping[str, int]) -> Sequence[str]:
    """The encoders whose limit a prompt exceeds. Only CLIP's tokens are counted."""
    limit = limits.get("clip")
    return ["clip"] if limit is not None and clip_tokens(prompt) > limit else []
