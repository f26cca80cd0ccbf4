from __future__ import annotations

from dataclasses import replace

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


def looking(seq: int, words: str, look: str) -> Found:
    return Found(seq, seq, 1 / seq, frozenset(words.split()), frozenset(look.split()))


def test_one_of_the_same_look_waits_for_others() -> None:
    one = looking(1, "fox snow oil painting soft light", "oil painting soft light")
    two = looking(2, "castle hill oil painting soft light", "oil painting soft light")
    three = looking(3, "ship sea pencil sketch muted", "pencil sketch muted")
    assert pick([one, two, three], 2) == (one, three)
    assert pick([one, two, three], 3) == (one, two, three)
    few = [looking(1, "a b c photo", "photo"), looking(2, "d e f photo", "photo")]
    assert pick(few, 2) == tuple(few)


def test_another_look_is_not_sought_where_prompts_fit_no_more() -> None:
    look = "oil painting soft light"
    same = [looking(n, f"{n} {look}", look) for n in range(1, 7)]
    same = [replace(one, words=frozenset({f"w{one.seq}"})) for one in same]
    other = looking(7, "ship sea pencil sketch muted", "pencil sketch muted")
    assert pick([*same[:5], other], 2) == (same[0], other)
    assert pick([*same, other], 2) == (same[0], same[1])


def test_of_those_that_wait_no_two_are_alike_either() -> None:
    look = "oil painting soft light"
    first, second = (looking(n, f"{words} {look}", look) for n, words in ((1, "x"), (2, "a b c d")))
    assert pick([first, second, replace(second, family=9)], 4) == (first, second)


@given(ranking)
def test_looks_change_the_order_alone(ranked: list[Found]) -> None:
    looking = [replace(one, look=one.words) for one in ranked]
    assert {id_(one) for one in pick(looking, 99)} == {id_(one) for one in pick(ranked, 99)}


def id_(one: Found) -> Found:
    return replace(one, look=frozenset())


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
