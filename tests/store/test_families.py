from __future__ import annotations

from collections.abc import Callable

from bozzetto.store.store import Store

Fill = Callable[..., int]


def test_families_are_named_by_their_first(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b", "c", "d"])
    assert store.families_stale()
    store.set_families([(2, 1), (4, 1), (99, 1)], store.state())
    assert not store.families_stale()
    assert [record.family for record in store.page()] == [1, 1, 3, 1]
    assert store.family_sizes([1, 3]) == {1: 3, 3: 1}
    assert [record.text for record in store.family(1)] == ["a", "b", "d"]


def test_a_change_makes_them_stale(store: Store, fill: Fill) -> None:
    fill("one", ["a"])
    before = store.state()
    fill("two", ["b"])
    store.set_families([], before)
    assert store.families_stale(), "they were worked out for an older state"
