from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bozzetto.search.diversify import ALIKE, Found, pick
from bozzetto.text.words import jaccard


def found(seq: int, words: str, family: int | None = None) -> Found:
    return Found(seq, seq if family is None else family, 1 / seq, frozenset(words.split()))


ranking = st.lists(
    st.builds(
        Found,
        seq=st.integers(1, 99),
        family=st.integers(1, 6),
        score=st.floats(0, 1),
        words=st.frozensets(st.sampled_from("abcdef")),
    ),
    max_size=15,
)


def test_the_member_that_fits_best_stands_for_its_family() -> None:
    one, two, three = found(1, "red fox", 7), found(2, "blue bird"), found(3, "a b c", 7)
    assert pick([one, two, three], 10) == (one, two)


def test_two_that_look_alike_are_not_shown_together() -> None:
    one = found(1, "a red fox in the snow at night")
    two = found(2, "a red fox in the snow at dawn")
    three = found(3, "a red fox in a warm room by day")
    assert jaccard(one.words, two.words) >= ALIKE
    assert pick([one, two, three], 2) == (one, three)


@given(ranking, st.integers(0, 8))
def test_what_is_picked_is_in_order_and_pairwise_different(ranked: list[Found], k: int) -> None:
    picked = pick(ranked, k)
    assert len(picked) <= k
    places = [next(i for i, one in enumerate(ranked) if one is other) for other in picked]
    assert places == sorted(places)
    for at, one in enumerate(picked):
        for other in picked[:at]:
            assert one.family != other.family
            assert not one.words or jaccard(one.words, other.words) < ALIKE


@given(ranking)
def test_nothing_is_left_out_without_a_reason(ranked: list[Found]) -> None:
    picked = pick(ranked, 99)
    for one in ranked:
        assert any(
            one is other or one.family == other.family or jaccard(one.words, other.words) >= ALIKE
            for other in picked
        )
