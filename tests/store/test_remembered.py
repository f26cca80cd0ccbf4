from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bozzetto.store.store import Store
from bozzetto.text.normalise import prompt_id

Fill = Callable[..., int]
NOW = "2026-01-02T03:04:05Z"


def ratings(store: Store) -> list[int | None]:
    return [record.rating for record in store.records([1, 2])]


def rate(store: Store, text: str, rating: int | None) -> None:
    store.kept.rate([prompt_id(text)], rating, actor="ada", now=NOW)


def test_a_prompt_read_again_is_the_one_read_before(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b", "c"])
    first = store.records([1, 2])
    assert all(a is b for a, b in zip(first, store.records([1, 2, 3]), strict=False))


def test_what_this_thread_writes_is_read(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b"])
    assert ratings(store) == [None, None]
    rate(store, "a", 4)
    assert ratings(store) == [4, None]
    store.delete([prompt_id("a")], actor="ada", now=NOW)
    assert [record.text for record in store.records([1, 2])] == ["b"]


def test_what_is_seen_again_elsewhere_counts(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b"])
    assert [record.sources for record in store.records([1])] == [("one",)]
    fill("two", ["a"])
    assert [(r.sources, r.count) for r in store.records([1])] == [(("one", "two"), 2)]


def test_what_other_threads_and_programs_write_is_read_in_all(
    store: Store, fill: Fill, tmp_path: Path
) -> None:
    fill("one", ["a", "b"])
    with ThreadPoolExecutor(1) as pool, Store.open(tmp_path) as other:
        for rating, writer in ((1, store), (2, other), (3, store), (4, other)):
            assert ratings(store) == pool.submit(ratings, store).result()
            pool.submit(rate, writer, "b", rating).result()
            assert ratings(store) == [None, rating]
            rate(writer, "a", rating)
            assert pool.submit(ratings, store).result() == [rating, rating]
            rate(other, "a", None)
            assert pool.submit(ratings, store).result()[0] is ratings(store)[0] is None


def test_families_worked_out_anew_are_read(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b"])
    assert [record.family for record in store.records([1, 2])] == [1, 2]
    store.set_families([(2, 1)], store.state())
    assert [record.family for record in store.records([1, 2])] == [1, 1]
