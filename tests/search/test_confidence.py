from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.search.confidence import confidence

SCORES = st.lists(st.floats(-2, 2), min_size=1, max_size=20)


def test_halfway_is_what_was_measured() -> None:
    assert confidence([0.33 * 1.5] * 3, 1.5, 10_000, english=True) == 0.5
    assert confidence([0.32 * 2.6] * 3, 2.6, 10_000, english=False) == 0.5
    assert confidence([0.38 * 1.5] * 3, 1.5, 10_000, english=True) == 0.881


def test_the_more_prompts_the_better_one_must_fit() -> None:
    sure = [
        confidence([0.45] * 3, 1.5, prompts, english=True)
        for prompts in (1_001, 10_000, 100_000, 2_000_000)
    ]
    assert sure == sorted(sure, reverse=True)
    assert sure[-2] == sure[-1]


def test_of_a_few_prompts_one_is_enough() -> None:
    one_fits = [0.05, 0.02, 0.5]
    assert confidence(one_fits, 1.5, 460, english=True) > 0.9
    assert confidence(one_fits, 1.5, 10_000, english=True) < 0.1


@given(SCORES, st.integers(1, 10**7), st.booleans())
def test_it_is_a_share_and_grows_with_the_scores(
    scores: list[float], prompts: int, english: bool
) -> None:
    here = confidence(scores, 1.5, prompts, english=english)
    better = confidence([score + 0.1 for score in scores], 1.5, prompts, english=english)
    assert 0 <= here <= better <= 1


@pytest.mark.parametrize(("scores", "weight"), [([], 1.5), ([0.5], 0.0)])
def test_nothing_searched_is_nothing_found(scores: list[float], weight: float) -> None:
    assert confidence(scores, weight, 100, english=True) == 0.0
