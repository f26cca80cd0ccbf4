"""How different texts are from one another: self-BLEU-4 and the Vendi score."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from bozzetto.text.words import words

__all__ = ["self_bleu", "vendi"]


def self_bleu(texts: Sequence[str]) -> float:
    """Mean BLEU-4 of each text against the others (Zhu et al. 2018), 0-1; lower is more varied.

    Counts of n-grams that never match are smoothed by one half; no brevity penalty, which
    would reward texts for being short.
    """
    tokens = [words(text) for text in texts]
    scores = [_bleu(own, tokens[:i] + tokens[i + 1 :]) for i, own in enumerate(tokens)]
    return sum(scores) / len(scores) if scores else 0.0


def _bleu(own: Sequence[str], others: Sequence[Sequence[str]]) -> float:
    logs = []
    for size in range(1, 5):
        grams = _grams(own, size)
        if not grams:
            break
        best: Counter[tuple[str, ...]] = Counter()
        for other in others:
            best |= _grams(other, size)
        matched = sum(min(count, best[gram]) for gram, count in grams.items())
        logs.append(math.log(max(matched, 0.5) / grams.total()))
    return math.exp(sum(logs) / len(logs)) if logs else 0.0


def _grams(tokens: Sequence[str], size: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(tokens[i : i + size]) for i in range(len(tokens) - size + 1))


def vendi(texts: Sequence[str], rarity: Mapping[str, float]) -> float:
    """Vendi score (Friedman & Dieng 2023) of word TF-IDF vectors by cosine: 1 to len(texts).

    `rarity` is the inverse document frequency of a word, in nats; unknown words get its
    greatest value.
    """
    top = max(rarity.values(), default=1.0)
    counts = [Counter(words(text)) for text in texts]
    vocabulary = {word: n for n, word in enumerate(sorted(set().union(*counts)))}
    vectors = np.zeros((len(texts), max(1, len(vocabulary))))
    for row, count in enumerate(counts):
        for word, times in count.items():
            vectors[row, vocabulary[word]] = times * rarity.get(word, top)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.where(norms == 0, 1, norms)
    values = np.linalg.eigvalsh(vectors @ vectors.T / len(texts))
    values = values[values > 1e-12]
    return float(np.exp(-(values * np.log(values)).sum()))
