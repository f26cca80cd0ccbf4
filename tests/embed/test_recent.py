from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from hypothesis import given
from hypothesis import strategies as st

from bozzetto.embed.recent import Recent


@given(st.lists(st.lists(st.integers(0, 9), max_size=6), max_size=12), st.integers(0, 5))
def test_answers_are_those_of_the_work_whatever_is_kept(asked: list[list[int]], most: int) -> None:
    recent = Recent[int, int](lambda some: [one * one for one in some], most)
    assert [recent(some) for some in asked] == [[one * one for one in some] for some in asked]


def test_what_is_new_is_worked_out_together_and_the_oldest_go() -> None:
    worked: list[list[int]] = []

    def work(some: Sequence[int]) -> list[int]:
        worked.append(list(some))
        return list(some)

    recent = Recent[int, int](work, 3)
    recent([1, 2, 1, 3])
    recent([1, 4])  # 2 is the one that was asked for longest ago
    recent([3, 1, 4])
    recent([2])
    assert worked == [[1, 2, 3], [4], [2]]


def test_threads_may_ask_at_the_same_time() -> None:
    recent = Recent[int, int](lambda some: [-one for one in some], 5)
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda one: recent([one % 9, one % 7]), range(500))
    assert list(found) == [[-(one % 9), -(one % 7)] for one in range(500)]
