from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.search.fuse import Leg, best_of, fuse, lookup, top

scores = st.floats(-1, 1, width=16)
found = st.dictionaries(st.integers(1, 40), scores, max_size=20)


def leg(part: dict[int, float], weight: float = 1.0) -> Leg:
    keys = np.array(sorted(part), dtype=np.int64)
    values = np.array([part[int(key)] for key in keys], dtype=np.float32)
    return Leg("leg", keys, values, weight)


def test_the_sum_is_weighted_and_what_a_leg_lacks_scores_its_floor() -> None:
    keys, total = fuse([leg({1: 0.9, 2: 0.5}), leg({2: 0.8, 3: 0.6}, 0.5)])
    assert keys.tolist() == [1, 2, 3]
    assert np.allclose(total, [0.9 + 0.3, 0.5 + 0.4, 0.5 + 0.3])


def test_no_legs_give_nothing() -> None:
    keys, total = fuse([])
    assert (keys.tolist(), total.tolist()) == ([], [])


@given(found)
def test_one_leg_keeps_its_order(part: dict[int, float]) -> None:
    keys, total = fuse([leg(part)])
    assert dict(zip(keys.tolist(), total.tolist(), strict=True)) == part


@given(st.lists(found, max_size=4), found)
def test_a_leg_of_weight_nothing_changes_no_score(
    parts: list[dict[int, float]], mute: dict[int, float]
) -> None:
    keys, total = fuse([leg(part) for part in parts])
    wider, more = fuse([*(leg(part) for part in parts), leg(mute, 0.0)])
    assert set(wider.tolist()) == set(keys.tolist()) | set(mute)
    assert np.array_equal(lookup(wider, more, keys, 9.0), total)


@given(found.filter(bool), found.filter(bool), st.data())
def test_a_better_score_never_lowers_a_place(
    one: dict[int, float], two: dict[int, float], data: st.DataObject
) -> None:
    key = data.draw(st.sampled_from(sorted(one)))
    better = one | {key: max(one.values()) + 1}

    def place(part: dict[int, float]) -> int:
        keys, total = fuse([leg(part), leg(two)])
        return int(np.flatnonzero(top(keys, total, len(keys))[0] == key)[0])

    assert place(better) <= place(one)


@given(st.lists(found, max_size=3))
def test_best_of_takes_each_prompts_better_score(parts: list[dict[int, float]]) -> None:
    made = best_of("x", [(leg(part).keys, leg(part).scores) for part in parts])
    best: dict[int, float] = {}
    for part in parts:
        for key, score in part.items():
            best[key] = max(score, best.get(key, -9.0))
    assert dict(zip(made.keys.tolist(), made.scores.tolist(), strict=True)) == best
    assert sorted(best) == made.keys.tolist()


@given(found, st.integers(0, 50))
def test_top_is_best_first_with_ties_by_key(part: dict[int, float], k: int) -> None:
    keys, values = top(leg(part).keys, leg(part).scores, k)
    expected = sorted(part.items(), key=lambda item: (-item[1], item[0]))[:k]
    assert list(zip(keys.tolist(), values.tolist(), strict=True)) == expected


@given(st.lists(found, min_size=1, max_size=4), st.lists(st.integers(1, 40), max_size=9))
def test_keys_far_apart_are_merged_and_looked_up_as_those_that_are_near(
    parts: list[dict[int, float]], wanted: list[int]
) -> None:
    apart = 1 << 20
    near, far = (
        [leg({key * by: score for key, score in part.items()}) for part in parts]
        for by in (1, apart)
    )
    one, other = (
        best_of("leg", [(part.keys, part.scores) for part in some]) for some in (near, far)
    )
    assert ((one.keys * apart).tolist(), one.scores.tolist()) == (
        other.keys.tolist(),
        other.scores.tolist(),
    )
    (keys, total), (wide, sums) = fuse(near), fuse(far)
    assert ((keys * apart).tolist(), total.tolist()) == (wide.tolist(), sums.tolist())
    asked = np.array(wanted, dtype=np.int64)
    assert np.array_equal(
        lookup(one.keys, one.scores, asked, 9.0),
        lookup(other.keys, other.scores, asked * apart, 9.0),
    )
