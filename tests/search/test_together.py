from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from bozzetto.search.together import Together


def doubled(some: Sequence[int]) -> list[int]:
    return [2 * one for one in some]


def test_a_call_alone_is_answered_at_once() -> None:
    together = Together(doubled, 4, 2)
    assert [together(number) for number in range(5)] == [0, 2, 4, 6, 8]


def test_who_comes_meanwhile_is_answered_together_in_order_and_so_many_at_a_time() -> None:
    batches: list[list[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def work(some: Sequence[int]) -> list[int]:
        batches.append(list(some))
        begun.set()
        go_on.wait(10)
        return [2 * one for one in some]

    together = Together(work, 3, 1)
    with ThreadPoolExecutor(6) as pool:
        first = pool.submit(together, 0)
        begun.wait(10)
        others = [pool.submit(together, number) for number in range(1, 6)]
        while len(together._waiting) < 5:
            pass
        go_on.set()
        assert [first.result(10), *(other.result(10) for other in others)] == [0, 2, 4, 6, 8, 10]
    assert batches[0] == [0]
    assert [len(batch) for batch in batches] == [1, 3, 2]
    assert sorted(one for batch in batches for one in batch) == list(range(6))


def test_what_goes_wrong_is_told_to_each_and_the_next_are_answered() -> None:
    def work(some: Sequence[int]) -> list[float]:
        return [1 / one for one in some]

    together = Together(work, 4, 2)
    with pytest.raises(ZeroDivisionError):
        together(0)
    assert together(4) == 0.25


def test_an_answer_is_given_before_those_after_it_are_there() -> None:
    begin, go_on = threading.Event(), threading.Event()

    def work(some: Sequence[int]) -> Iterator[int]:
        begin.wait(10)
        for one in some:
            if one == 3:
                go_on.wait(10)
            yield 2 * one

    together = Together(work, 4, 1)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(together, 0)]
        while together._free:
            pass
        for number in (1, 2, 3):
            calls.append(pool.submit(together, number))
            while len(together._waiting) % 4 != number:
                pass
        begin.set()
        assert calls[2].result(10) == 4
        assert not calls[3].done()
        go_on.set()
        assert [call.result(10) for call in calls] == [0, 2, 4, 6]


def test_a_throng_is_answered_and_leaves_every_place_free() -> None:
    together = Together(doubled, 3, 2)
    with ThreadPoolExecutor(24) as pool:
        assert list(pool.map(together, range(3000))) == [2 * one for one in range(3000)]
    assert (together._free, len(together._waiting)) == (2, 0)
