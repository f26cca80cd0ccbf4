from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.library.word_sets import WordSets, word_sets

TEXTS = st.lists(st.text(st.sampled_from("ab c-é犬 1."), max_size=12), min_size=1, max_size=8)


def plain(text: str) -> set[str]:
    for mark in "-.":
        text = text.replace(mark, " ")
    return set(text.lower().replace("犬", " 犬 ").split())


@given(TEXTS)
def test_jaccard_is_that_of_the_words(texts: list[str]) -> None:
    sets = word_sets(texts)
    pairs = [(a, b) for a in range(len(texts)) for b in range(len(texts))]
    found = sets.jaccard(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    for (a, b), value in zip(pairs, found, strict=True):
        one, other = plain(texts[a]), plain(texts[b])
        expected = len(one & other) / len(one | other) if one | other else 1.0
        assert value == expected


@given(TEXTS, TEXTS)
def test_parts_join(one: list[str], other: list[str]) -> None:
    joined = WordSets.join([word_sets(one), WordSets.empty(), word_sets(other)])
    whole = word_sets(one + other)
    assert joined.hashes.tolist() == whole.hashes.tolist()
    assert joined.starts.tolist() == whole.starts.tolist()


def test_the_least_hash_agrees_as_often_as_the_sets_do() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(f"w{n}" for n in range(at, at + 20)) for at in (0, 5)]
    sets = word_sets(texts)
    odds = (rng.integers(1, 2**31, size=2000) * 2 + 1).tolist()
    agree = np.mean([sets.least(odd)[0] == sets.least(odd)[1] for odd in odds])
    assert abs(agree - 15 / 25) < 0.05
