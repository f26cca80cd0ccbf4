from __future__ import annotations

from collections.abc import Callable

from bozzetto.store.store import Store
from bozzetto.text.normalise import prompt_id

Fill = Callable[..., int]


def test_records_come_in_the_order_asked_for(store: Store, fill: Fill) -> None:
    fill("one", ["a", "b", "c"])
    assert [r.text for r in store.records([3, 1, 99, 2, 1])] == ["c", "a", "b", "a"]
    ids = [prompt_id("b"), "0" * 16, "not an id", prompt_id("a")]
    assert [r.text for r in store.by_ids(ids)] == ["b", "a"]
    assert store.records([]) == []


def test_scan_streams_everything_after_a_number(store: Store, fill: Fill) -> None:
    fill("one", [f"prompt {n}" for n in range(5)])
    assert [row.seq for row in store.scan()] == [1, 2, 3, 4, 5]
    assert [(row.seq, row.id, row.text) for row in store.scan(after=4)] == [
        (5, prompt_id("prompt 4"), "prompt 4")
    ]


def test_a_scan_sees_what_is_written_while_it_runs(store: Store, fill: Fill) -> None:
    fill("one", ["a"])
    rows = store.scan()
    assert next(rows).text == "a"
    fill("two", ["b"])
    assert [row.text for row in rows] == ["b"]
