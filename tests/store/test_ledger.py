"""What is noted of stores: the last word on each row, for each collection by itself."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.store.ledger import FILE, UNSURE, Ledger, Noted
from bozzetto.types import Keys


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    found = Ledger(tmp_path / FILE)
    yield found
    found.close()


def numbers(*values: int) -> Keys:
    return np.array(values, dtype=np.int64)


def said(ledger: Ledger, name: str = "a") -> dict[int, int]:
    keys, digests = ledger.given("store:", name)
    assert keys.tolist() == sorted(set(keys.tolist()))
    return dict(zip(keys.tolist(), digests.tolist(), strict=True))


def test_a_home_keeps_its_name_and_a_copy_gets_its_own(tmp_path: Path) -> None:
    one = tmp_path / "one"
    one.mkdir()
    ledger = Ledger(one / FILE)
    name = ledger.home()
    ledger.begin("store:", "a", 3)
    assert len(name) == 8
    ledger.close()
    assert Ledger(one / FILE).home() == name
    shutil.copytree(one, tmp_path / "two")
    copied = Ledger(tmp_path / "two" / FILE)
    assert copied.home() != name
    assert copied.collections("store:") == ()
    copied.close()


def test_a_home_that_was_moved_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    ledger = Ledger(tmp_path / "one" / FILE)
    name = ledger.home()
    ledger.begin("store:", "a", 3)
    ledger.close()
    (tmp_path / "one").rename(tmp_path / "two")
    moved = Ledger(tmp_path / "two" / FILE)
    assert (moved.home(), len(moved.collections("store:"))) == (name, 1)
    moved.close()


def test_what_may_be_there_is_told_from_what_is(ledger: Ledger) -> None:
    ledger.begin("store:", "a", 3)
    ledger.doubt("store:", "a", numbers(1, 2))
    ledger.give("store:", "a", numbers(2), numbers(20))
    assert said(ledger) == {1: UNSURE, 2: 20}


def test_an_index_is_finished_until_more_is_given(ledger: Ledger) -> None:
    ledger.begin("store:", "a", 3)
    assert not ledger.is_finished("store:", "a")
    ledger.finished("store:", "a")
    assert ledger.is_finished("store:", "a")
    ledger.reopen("store:", "a")
    assert not ledger.is_finished("store:", "a")


def test_to_ask_makes_no_file(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.collections("store:") == ()
    assert list(tmp_path.iterdir()) == []


def test_the_last_word_holds(ledger: Ledger) -> None:
    ledger.begin("store:", "a", 3)
    ledger.give("store:", "a", numbers(5, 1, 3), numbers(50, 10, 30))
    ledger.give("store:", "a", numbers(1, 7), numbers(11, 70))
    ledger.take("store:", "a", numbers(5, 99))
    assert said(ledger) == {1: 11, 3: 30, 7: 70}
    ledger.give("store:", "a", numbers(5), numbers(51))
    ledger.finished("store:", "a")
    assert said(ledger) == {1: 11, 3: 30, 5: 51, 7: 70}
    assert ledger.collections("store:") == (Noted("a", 3, True),)


def test_collections_are_apart(ledger: Ledger) -> None:
    for store, name in (("store:", "a"), ("store:", "b"), ("other:", "a")):
        ledger.begin(store, name, 3)
    ledger.give("store:", "a", numbers(1), numbers(10))
    assert said(ledger, "b") == {}
    assert len(ledger.given("other:", "a")[0]) == 0
    ledger.forget("store:", "a")
    assert said(ledger) == {}
    assert [one.name for one in ledger.collections("store:")] == ["b"]
    ledger.begin("store:", "b", 9)
    assert ledger.collections("store:") == (Noted("b", 3, False),)


def test_how_long_ago_a_collection_was_given_anything(ledger: Ledger) -> None:
    ledger.begin("store:", "a", 3)
    assert ledger.since("store:", "a") == math.inf
    ledger.give("store:", "a", numbers(1), numbers(10))
    assert 0 <= ledger.since("store:", "a") <= 60
    assert ledger.since("store:", "b") == math.inf


def test_what_no_collection_has_is_noted_nowhere(ledger: Ledger) -> None:
    ledger.give("store:", "nobody", numbers(1), numbers(2))
    assert said(ledger, "nobody") == {}


steps = st.lists(
    st.tuples(
        st.sampled_from(["give", "take", "finished"]),
        st.lists(st.integers(1, 9), unique=True, max_size=5),
        st.integers(1, 100),
    ),
    max_size=12,
)


@given(steps=steps)
def test_any_order_of_steps(tmp_path_factory: pytest.TempPathFactory, steps: list) -> None:  # type: ignore[type-arg]
    ledger = Ledger(tmp_path_factory.mktemp("ledger") / FILE)
    ledger.begin("store:", "a", 3)
    wanted: dict[int, int] = {}
    for step, keys, digest in steps:
        if step == "give":
            ledger.give("store:", "a", numbers(*keys), np.full(len(keys), digest, np.int64))
            wanted |= dict.fromkeys(keys, digest)
        elif step == "take":
            ledger.take("store:", "a", numbers(*keys))
            wanted = {key: value for key, value in wanted.items() if key not in keys}
        else:
            ledger.finished("store:", "a")
    assert said(ledger) == wanted
    ledger.close()
