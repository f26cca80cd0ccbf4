"""What is in force is followed, whoever changes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from bozzetto.app.served import InForce, Parts, Served
from bozzetto.app.serving import Serving, write
from bozzetto.errors import BackendError


class Indexed:
    """Indexes of a store, as far as they are let go."""

    def __init__(self, place: str, closed: list[str]) -> None:
        self.place, self.closed = place, closed

    def close(self) -> None:
        self.closed.append(self.place)


@pytest.fixture
def closed() -> list[str]:
    return []


@pytest.fixture
def in_force(tmp_path: Path, closed: list[str]) -> InForce:
    """A home whose search is the name of the store it goes to."""

    def searcher(served: Served) -> Any:  # noqa: ANN401 - stands for a Searcher
        return cast(Any, served.indexes).place

    indexes = cast(Any, lambda serving: Indexed(serving.vectors or "here", closed))
    return InForce(tmp_path, Parts(cast(Any, None), indexes, searcher))


def test_parts_stay_while_the_choice_stays(in_force: InForce, tmp_path: Path) -> None:
    first = in_force.now
    assert cast(Any, first.searcher) == "here"
    write(tmp_path, Serving())
    assert in_force.now is first


def test_another_choice_has_parts_of_its_own_and_the_old_store_is_let_go(
    in_force: InForce, tmp_path: Path, closed: list[str]
) -> None:
    assert in_force.ask(str) == "here"
    write(tmp_path, Serving(vectors="lancedb:/x"))
    assert in_force.ask(str) == "lancedb:/x"
    assert closed == ["here"]
    in_force.close()
    assert closed == ["here", "lancedb:/x"]


@pytest.mark.parametrize("breaks", [True, False])
def test_a_search_that_is_overtaken_is_asked_again(
    in_force: InForce, tmp_path: Path, breaks: bool
) -> None:
    asked: list[str] = []

    def work(place: Any) -> str:  # noqa: ANN401 - stands for a Searcher
        asked.append(place)
        if place == "here":
            write(tmp_path, Serving(vectors="lancedb:/x"))
            if breaks:
                raise BackendError("the collection is gone")
        return f"found in {place}"

    assert in_force.ask(work) == "found in lancedb:/x"
    assert asked == ["here", "lancedb:/x"]


def test_what_fails_otherwise_is_raised_at_once(in_force: InForce) -> None:
    asked: list[str] = []

    def work(place: Any) -> str:  # noqa: ANN401 - stands for a Searcher
        asked.append(place)
        raise BackendError("the store is down")

    with pytest.raises(BackendError, match="the store is down"):
        in_force.ask(work)
    assert asked == ["here"]
