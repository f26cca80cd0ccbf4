"""What the ladder measures: one function for every rung, from the idea and the texts alone.

The values are those of the literature on prompt rewriting as far as a text shows them: what is
kept of the idea (in our synonyms and in bare stems, DSG's atoms, GenEval's things), what is
added, whether it is fit to be sent, how new it is and how different the candidates are. Every
value is of one idea, the mean over its candidates, NaN where it does not apply.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.ladder_ideas import Topic
from bench.library import Library
from bench.variety import self_bleu, vendi
from bench.writing import nameless
from bozzetto import profiles
from bozzetto.optimize.check import Intent, intent, keeps
from bozzetto.optimize.contradict import against, within
from bozzetto.optimize.modifiers import clashes, facet, key, sides
from bozzetto.text.language import detect
from bozzetto.text.tokens import clip_tokens
from bozzetto.text.words import content_words, stem, words
from bozzetto.types import Vectors

__all__ = ["BUDGET", "METRICS", "PROFILE", "Metric", "Yardstick", "added", "metrics", "over_all"]

PROFILE = profiles.load("sdxl")
BUDGET = PROFILE.tokens["clip"]
SHORT = 25
"""CLIP tokens up to which an idea leaves room for four candidates to differ."""

GRAM = 5
TOP = 200
"""Modifiers of the library whose use over all outputs is counted."""

_CLAUSES = re.compile(r"[,;|\n]|[.!?:](?=\s|$)|\s[-–—]\s")
_UNTIDY = re.compile(
    r"\n|```|\*\*|</?\w+>|^\W*(?:#|[-*•]\s|\d+[.)]\s|here(?:'s| is| are)|sure|certainly|of course"
    r"|as an ai|i(?:'m| am| can| cannot| will)|(?:\w+ ){0,2}(?:prompt|idea|rewrite|title)s?:)",
    re.I,
)
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Metric:
    """A value's name in the JSON, its heading, which way is better, and how it is measured.

    `better` is 1 for more, -1 for less, 0 where neither is.
    """

    name: str
    title: str
    better: int
    of: Callable[[Yardstick, Topic, Sequence[str]], float]


class Yardstick:
    """What the measures need beside the texts: the library, the community's words, vectors."""

    def __init__(
        self,
        library: Library,
        intent_path: Path,
        vectors: Mapping[str, NDArray[np.float32]],
        ideas: Sequence[Topic],
    ) -> None:
        self.library, self.vectors = library, vectors
        self.known = frozenset(_vocabulary(intent_path.with_name("vocabulary"))) | {
            look for look, count in library.stats.modifiers.items() if count >= 5
        }
        self.things = frozenset(_entities(intent_path))
        self.grams = {hash(gram) for row in library.rows for gram in _grams(row.text)}
        self._ideas = {
            name: list(dict.fromkeys(topic.english for topic in ideas if topic.set == name))
            for name in {topic.set for topic in ideas}
        }
        self._spaces: dict[str, Vectors] = {}

    def rivals(self, name: str) -> tuple[list[str], Vectors]:
        """The English ideas of a set and their vectors."""
        if name not in self._spaces:
            self._spaces[name] = np.stack([self.vectors[idea] for idea in self._ideas[name]])
        return self._ideas[name], self._spaces[name]


def _vocabulary(folder: Path) -> Iterator[str]:
    """Modifiers that the community uses, from its lists; none where they are not there."""
    for name in ("flavors", "mediums", "movements"):
        file = folder / f"{name}.txt"
        if file.is_file():
            yield from map(key, file.read_text(encoding="utf-8").splitlines())
    tree = folder / "diffusiondb_phrases.json"
    if tree.is_file():
        yield from map(key, _leaves(json.loads(tree.read_text(encoding="utf-8"))))


def _leaves(node: Mapping[str, Any]) -> Iterator[str]:
    yield node["n"]
    for child in node.get("c", ()):
        yield from _leaves(child)


def _entities(folder: Path) -> Iterator[str]:
    """Stems of things: DSG's entities of one word, in two ideas or more, none about the look."""
    counts: Counter[str] = Counter()
    with (folder / "dsg_1k_atoms.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["category_broad"] == "entity":
                counts.update({row["tuple"].partition("(")[2].rstrip(") ").lower()})
    for word, count in counts.items():
        if count > 1 and word.isalpha() and facet(word) is None:
            yield stem(word)


def _grams(text: str) -> Iterator[tuple[str, ...]]:
    said = words(text)
    return (said[n : n + GRAM] for n in range(len(said) - GRAM + 1))


# -- what was added ----------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)
def added(idea: str, prompt: str) -> tuple[str, ...]:
    """The clauses of a prompt at least half of whose content words the idea does not have."""
    at = prompt.lower().find(idea.lower().rstrip(" .,"))
    rest = f"{prompt[:at]},{prompt[at + len(idea.rstrip(' .,')) :]}" if at >= 0 else prompt
    own = frozenset(stem(word) for word in words(idea))
    return tuple(c.strip() for c in _CLAUSES.split(rest) if _is_new(c, own))


def _is_new(clause: str, own: frozenset[str]) -> bool:
    said = content_words(clause) or words(clause)
    new = [word for word in said if stem(word) not in own]
    return bool(new) and 2 * len(new) >= len(said)


# -- of one candidate --------------------------------------------------------------------------

One = Callable[[Yardstick, Topic, str], float]


def _mean(values: Sequence[float]) -> float:
    real = [value for value in values if not math.isnan(value)]
    return sum(real) / len(real) if real else math.nan


def each(measure: One) -> Callable[[Yardstick, Topic, Sequence[str]], float]:
    """The mean of a measure over the candidates; equal ones are measured once."""

    def mean(yard: Yardstick, topic: Topic, texts: Sequence[str]) -> float:
        values = {text: measure(yard, topic, text) for text in dict.fromkeys(texts)}
        return _mean([values[text] for text in texts])

    return mean


def first(measure: One) -> Callable[[Yardstick, Topic, Sequence[str]], float]:
    """The measure of the first candidate, where that of all would take too long."""
    return lambda yard, topic, texts: measure(yard, topic, texts[0]) if texts else math.nan


def _fits(topic: Topic) -> bool:
    """Whether the idea is within the budget: one that is not has to be cut."""
    return clip_tokens(topic.english) <= BUDGET


@lru_cache(maxsize=1 << 12)
def _intent(idea: str, prompt: str) -> Intent:
    return intent(idea, prompt)


def _content(_: Yardstick, topic: Topic, text: str) -> float:
    return _intent(topic.english, text).score if _fits(topic) else math.nan


def _complete(_: Yardstick, topic: Topic, text: str) -> float:
    return float(not _intent(topic.english, text).lost) if _fits(topic) else math.nan


def _strict(_: Yardstick, topic: Topic, text: str) -> float:
    """Stems of the idea's content words, no synonyms: what is published is counted so."""
    wanted = {stem(word) for word in content_words(topic.english)}
    said = {stem(word) for word in words(text)}
    return len(wanted & said) / len(wanted) if wanted and _fits(topic) else math.nan


def _atoms(kind: str) -> One:
    def kept(_: Yardstick, topic: Topic, text: str) -> float:
        """Of the atoms that the idea's own words show."""
        wanted = [atom for atom in topic.atoms.get(kind, ()) if keeps(atom, topic.english)]
        shown = [keeps(atom, text) for atom in wanted]
        return sum(shown) / len(shown) if shown and _fits(topic) else math.nan

    return kept


def _hard(_: Yardstick, topic: Topic, text: str) -> float:
    """Numbers, colours, negations, names, quoted texts; of ideas typed in English."""
    if topic.language != "en" or not _fits(topic):
        return math.nan
    return float(not _intent(topic.english, text).hard)


def _things(_: Yardstick, topic: Topic, text: str) -> float:
    """GenEval's things: each there, with its count, its colour within four words before it."""
    if not topic.things:
        return math.nan
    said = [stem(word) for word in words(text)]
    return float(all(_shown(t.name, t.count, t.colour, said) for t in topic.things))


def _shown(name: str, count: int, colour: str | None, said: Sequence[str]) -> bool:
    last = stem(words(name)[-1])
    before = [said[max(0, n - 4) : n] for n, word in enumerate(said) if word == last]
    numbers = {str(count), stem(_NUMBERS[count])}
    return any(
        (colour is None or stem(colour) in some) and (count == 1 or bool(numbers & set(some)))
        for some in before
    )


def _cosine(yard: Yardstick, topic: Topic, text: str) -> float:
    return float(yard.vectors[topic.english] @ yard.vectors[text])


def _own(yard: Yardstick, topic: Topic, text: str) -> float:
    """Whether no idea of the set is nearer than the one it was written for."""
    ideas, space = yard.rivals(topic.set)
    return float(ideas[int((space @ yard.vectors[text]).argmax())] == topic.english)


def _consistent(_: Yardstick, topic: Topic, text: str) -> float:
    """Nothing added against the idea, no two things added that cannot both be."""
    idea = topic.english
    stances = [sides(idea), *(sides(clause) for clause in added(idea, text))]
    pairs = ((a, b) for i, a in enumerate(stances) for b in stances[:i])
    against_itself = within(text, idea) or any(clashes(*pair) for pair in pairs)
    return float(not against_itself and against(idea, text) is None)


def _no_repeat(_: Yardstick, topic: Topic, text: str) -> float:
    keys = [key(clause) for clause in added(topic.english, text)]
    return float(len(set(keys)) == len(keys))


def _new_things(yard: Yardstick, topic: Topic, text: str) -> float:
    own = {stem(word) for word in words(topic.english)}
    return float(len({stem(word) for word in words(text)} & yard.things - own))


def _in_english(_: Yardstick, topic: Topic, text: str) -> float:
    if topic.language == "en":
        return math.nan
    return float(
        detect(text) in ("en", "und") and not any(c > "\u024f" for c in text if c.isalpha())
    )


def _attested(yard: Yardstick, topic: Topic, text: str) -> float:
    clauses = added(topic.english, text) if topic.language == "en" else ()
    return sum(key(c) in yard.known for c in clauses) / len(clauses) if clauses else math.nan


def _nameless(yard: Yardstick, topic: Topic, text: str) -> float:
    return float(nameless(added(topic.english, text), yard.library.artists))


@lru_cache(maxsize=1 << 12)
def _nearest(yard: Yardstick, topic: Topic, text: str) -> float:
    return yard.library.nearest(text, f"{topic.english} {topic.said}")


def _copied(yard: Yardstick, topic: Topic, text: str) -> float:
    """Share of the five-word runs, the idea's own aside, that some library prompt has."""
    runs = set(_grams(text)) - set(_grams(topic.english))
    return sum(hash(run) in yard.grams for run in runs) / len(runs) if runs else 0.0


def _tidy(_: Yardstick, topic: Topic, text: str) -> float:
    balanced = all(text.count(a) == text.count(b) for a, b in ("()", "[]", "{}"))
    return float(balanced and text.count('"') % 2 == 0 and not _UNTIDY.search(text))


# -- of all the candidates of one idea ---------------------------------------------------------


def _comparable(topic: Topic, texts: Sequence[str]) -> bool:
    return len(texts) > 1 and clip_tokens(topic.english) <= SHORT


def _self_bleu(_: Yardstick, topic: Topic, texts: Sequence[str]) -> float:
    if not _comparable(topic, texts) or topic.language != "en":
        return math.nan
    looks = [", ".join(added(topic.english, text)) for text in texts]
    return self_bleu(looks) if any(looks) else math.nan


def _vendi(yard: Yardstick, topic: Topic, texts: Sequence[str]) -> float:
    return vendi(texts, yard.library.rarity) if _comparable(topic, texts) else math.nan


def _distinct(_: Yardstick, topic: Topic, texts: Sequence[str]) -> float:
    """Different word pairs over all word pairs of the candidates."""
    pairs = [pair for text in texts for pair in zip(words(text), words(text)[1:], strict=False)]
    return len(set(pairs)) / len(pairs) if pairs and _comparable(topic, texts) else math.nan


METRICS: Mapping[str, tuple[Metric, ...]] = {
    "What is kept of the idea": (
        Metric("content", "content words", 1, each(_content)),
        Metric("complete", "all of them", 1, each(_complete)),
        Metric("strict", "same stems", 1, each(_strict)),
        Metric("entities", "DSG entities", 1, each(_atoms("entity"))),
        Metric("attributes", "DSG attributes", 1, each(_atoms("attribute"))),
        Metric("relations", "DSG relations", 1, each(_atoms("relation"))),
        Metric("hard", "hard constraints", 1, each(_hard)),
        Metric("things", "GenEval things", 1, each(_things)),
    ),
    "Whether it is still about the idea": (
        Metric("cosine", "cosine to the idea", 1, first(_cosine)),
        Metric("own", "its own idea nearest", 1, first(_own)),
        Metric("new_things", "things added", -1, each(_new_things)),
        Metric("consistent", "no contradiction", 1, each(_consistent)),
        Metric("english", "in English", 1, each(_in_english)),
    ),
    "Whether it is fit to be sent": (
        Metric("budget", "within 75 tokens", 1, each(lambda _, __, t: clip_tokens(t) <= BUDGET)),
        Metric("tokens", "CLIP tokens", 0, each(lambda _, __, t: clip_tokens(t))),
        Metric("tidy", "nothing but a prompt", 1, each(_tidy)),
        Metric("no_repeat", "no clause twice", 1, each(_no_repeat)),
        Metric("attested", "clauses attested", 1, each(_attested)),
        Metric("clauses", "clauses added", 0, each(lambda _, o, t: len(added(o.english, t)))),
        Metric("nameless", "no artist added", 1, each(_nameless)),
    ),
    "How new and how different": (
        Metric("novel_5", "Jaccard <= .5", 1, each(lambda *a: _nearest(*a) <= 0.5)),
        Metric("novel_4", "Jaccard <= .4", 1, each(lambda *a: _nearest(*a) <= 0.4)),
        Metric("copied", "5-grams copied", -1, each(_copied)),
        Metric("self_bleu", "self-BLEU-4", -1, _self_bleu),
        Metric("distinct", "distinct-2", 1, _distinct),
        Metric("vendi", "Vendi of four", 1, _vendi),
    ),
}


def metrics() -> Iterator[Metric]:
    """All of them, in the order of the tables."""
    for group in METRICS.values():
        yield from group


# -- over all ideas ----------------------------------------------------------------------------


def over_all(yard: Yardstick, runs: Sequence[tuple[Topic, Sequence[str]]]) -> tuple[float, float]:
    """The share of texts with the commonest modifier, and of the library's 200 commonest used."""
    every = [{key(c) for c in added(topic.english, t)} for topic, texts in runs for t in texts]
    used = Counter(look for looks in every for look in looks)
    top = list(yard.library.stats.modifiers)[:TOP]
    most = used.most_common(1)[0][1] / len(every) if used else 0.0
    return most, sum(look in used for look in top) / max(1, len(top))
