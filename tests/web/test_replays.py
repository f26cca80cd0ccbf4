from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from fastapi import HTTPException

from bozzetto.store.store import Store
from bozzetto.types import Caller
from bozzetto.web.bodies import RatingBody
from bozzetto.web.replays import Replays

ADA, BOB = Caller("Ada", "editor"), Caller("Bob", "editor")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with Store.open(home) as found:
        yield found


def test_a_key_is_of_one_place_and_of_who_asks(store: Store, home: Path) -> None:
    made = count()
    replays = Replays(store.replays)

    def once(key: str | None, place: str = "here", who: Caller = ADA, stars: int = 1) -> int:
        asked = RatingBody(rating=stars)
        number: int = replays.once(key, who, place, asked, lambda: {"n": next(made)})["n"]
        return number

    assert [once("a"), once("a"), once("a", "there"), once("a", who=BOB)] == [0, 0, 1, 2]
    assert [once(None), once(None), once(""), once("a")] == [3, 4, 5, 0]
    with pytest.raises(HTTPException, match="something else"):
        once("a", stars=2)
    with Store.open(home) as again:
        replays = Replays(again.replays)
        assert [once("a"), once("b")] == [0, 6]


def test_what_went_wrong_is_not_remembered(store: Store) -> None:
    replays, asked = Replays(store.replays), RatingBody(rating=1)
    with pytest.raises(ZeroDivisionError):
        replays.once("a", ADA, "here", asked, lambda: {"n": 1 // 0})
    assert replays.once("a", ADA, "here", asked, lambda: {"n": 1}) == {"n": 1}


def test_the_second_of_two_equal_requests_waits_for_the_first(store: Store) -> None:
    replays, asked = Replays(store.replays), RatingBody(rating=1)
    made, begun, go = count(), threading.Event(), threading.Event()
    found: list[object] = []

    def make() -> dict[str, int]:
        begun.set()
        assert go.wait(20)
        return {"n": next(made)}

    def ask() -> None:
        found.append(replays.once("a", ADA, "here", asked, make))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert begun.wait(20)
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert found == [{"n": 0}] * 3


def test_answers_are_forgotten_after_a_day(store: Store) -> None:
    at = 0.0
    replays, asked = Replays(store.replays, lambda: at), RatingBody(rating=1)
    made = count()

    def once() -> int:
        number: int = replays.once("a", ADA, "here", asked, lambda: {"n": next(made)})["n"]
        return number

    assert once() == 0
    at = 24 * 3600.0 - 1
    assert once() == 0
    at += 2
    assert [once(), once()] == [1, 1]
