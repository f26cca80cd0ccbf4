from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.errors import DataError
from bozzetto.ports import SourceFeatures
from bozzetto.store.entries import hash_of, id_of
from bozzetto.store.store import Store
from bozzetto.store.writing import KEPT_BAD_ROWS
from bozzetto.text.normalise import prompt_id
from bozzetto.types import BadRow, Parameters, PromptRecord, SourcePrompt

NOW = "2026-01-02T03:04:05Z"
Fill = Callable[..., int]


def test_a_row_comes_back_whole(store: Store, fill: Fill) -> None:
    made = Parameters(7, 20, 7.5, "k_lms", 512, 768, "sd-1.4")
    row = SourcePrompt(
        "A fox , 8 k ", "row 1", "blurry", made, 0.2, 2.0, "fox.png", ("red", "animal"),
        "fine art", "sd1", 4, "2022-08-01T00:00:00Z",
    )  # fmt: skip
    fill("one", [row])
    assert store.records([1]) == [
        PromptRecord(
            1, prompt_id("a fox, 8k"), "A fox, 8k", "A fox, 8k", 1, "blurry", "A fox , 8 k ", made,
            0.2, 2.0, "fox.png", ("animal", "red"), "fine art", "sd1", 4, "one", ("one",), 1,
            "2022-08-01T00:00:00Z", NOW, "ada",
        )
    ]  # fmt: skip


def test_duplicates_fold_and_are_counted_by_source(store: Store, fill: Fill) -> None:
    assert fill("one", ["a cat", "A  cat.", "a dog"]) == 2
    assert fill("two", ["a cat", "a bird"]) == 1
    cat = store.records([1])[0]
    assert (cat.text, cat.count, cat.source, cat.sources) == ("a cat", 3, "one", ("one", "two"))
    assert [(info.name, info.rows, info.new, info.prompts) for info in store.sources()] == [
        ("one", 3, 2, 2),
        ("two", 2, 1, 2),
    ]


def test_the_first_to_know_something_wins(store: Store, fill: Fill) -> None:
    fill(
        "one",
        [
            SourcePrompt("a cat", "row 1"),
            SourcePrompt("a cat", "row 2", parameters=Parameters(seed=1), image="1.png"),
            SourcePrompt("a cat", "row 3", "ugly", Parameters(seed=2, steps=9), 0.1, tags=("x",)),
        ],
    )
    fill("two", [SourcePrompt("a cat", "row 1", "other", prompt_nsfw=0.9, rating=5)])
    cat = store.records([1])[0]
    assert cat.parameters == Parameters(seed=1), "one picture's parameters, not a mixture"
    assert (cat.negative, cat.prompt_nsfw, cat.rating, cat.tags) == ("ugly", 0.1, 5, ("x",))


def test_a_batch_that_does_not_follow_is_refused_whole(store: Store) -> None:
    begun = store.begin_source(SourceFeatures("s", "text"), "f", actor="a", now=NOW)
    store.add_batch(begun, [], [], start=0, position=10)
    with pytest.raises(DataError, match="another import"):
        store.add_batch(begun, [], [BadRow("line 1", "x")], start=0, position=10)
    assert store.sources()[0].bad == 0


def test_bad_rows_are_all_counted_and_some_kept(store: Store, fill: Fill) -> None:
    bad = [BadRow(f"line {at}", "empty") for at in range(KEPT_BAD_ROWS + 500)]
    fill("one", ["a cat"], bad=bad)
    found = store.source("print of one")
    assert found is not None
    assert found[0].bad == KEPT_BAD_ROWS + 500
    assert found[1] == tuple(bad[:KEPT_BAD_ROWS])


def test_numbers_are_never_given_twice(store: Store, fill: Fill) -> None:
    fill("one", ["a cat", "a dog"])
    store.delete([prompt_id("a dog")], actor="ada", now=NOW)
    fill("two", ["a bird"])
    assert [record.seq for record in store.page()] == [1, 3]


def test_the_state_grows_with_what_changes_and_only_then(store: Store, fill: Fill) -> None:
    states = [store.state()]
    for name, rows in (("one", ["a cat"]), ("two", ["a cat"]), ("three", ["a dog"])):
        fill(name, rows)
        states.append(store.state())
    assert states == [0, 1, 1, 2]


@given(st.integers(0, 2**64 - 1))
def test_ids_survive_being_stored(number: int) -> None:
    assert id_of(hash_of(f"{number:016x}")) == f"{number:016x}"
    assert -(2**63) <= hash_of(f"{number:016x}") < 2**63
