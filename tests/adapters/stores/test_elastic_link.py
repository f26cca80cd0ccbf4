"""Bulk requests: what is turned away is sent again, what stays so is told, waiting ends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bozzetto.adapters.stores.elastic_errors import Place
from bozzetto.adapters.stores.elastic_link import Asking
from bozzetto.adapters.stores.elastic_queries import entry
from bozzetto.errors import BackendError

ENTRIES = [entry(n, {"delete": {"_id": str(n)}}) for n in range(4)]


class Link:
    """A cluster that turns away the last `busy` rows of every request, and drops some calls."""

    place = Place("The store", "no way in")

    def __init__(self, busy: int = 0, lost: int = 0, short: int = 0) -> None:
        self._busy, self._lost, self._short = busy, lost, short
        self.sent: list[list[str]] = []

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | str | None = None,
        patience: float = 0.0,
    ) -> Any:  # noqa: ANN401
        assert isinstance(body, str)
        ids = [json.loads(line)["delete"]["_id"] for line in body.splitlines()]
        self.sent.append(ids)
        if self._lost:
            self._lost -= 1
            raise BackendError("The store cannot be reached", retryable=True)
        good = len(ids) - self._busy
        items = [{"_id": id_, "status": 200} for id_ in ids]
        for one in items[good:]:
            one |= {"status": 429, "error": {"type": "rejected_execution_exception"}}
        return {"items": [{"delete": one} for one in items[self._short :]]}

    def close(self) -> None:
        """Nothing is open."""


def done(link: Link) -> tuple[list[int], list[float]]:
    waits: list[float] = []
    return [key for key, _ in Asking(link, waits.append).bulk("x", ENTRIES)], waits


def test_all_go_in_one_request() -> None:
    link = Link()
    assert done(link) == ([0, 1, 2, 3], [])
    assert link.sent == [["0", "1", "2", "3"]]


def test_a_busy_cluster_is_given_time_and_then_told() -> None:
    link, waits = Link(busy=1), list[float]()
    with pytest.raises(BackendError, match=r"The store is too busy \(429\)") as caught:
        list(Asking(link, waits.append).bulk("x", ENTRIES))
    assert caught.value.retryable
    assert link.sent == [["0", "1", "2", "3"], *[["3"]] * 5]
    assert waits == [pytest.approx(0.2 * 3**n, rel=0.21) for n in range(5)]


def test_a_lost_connection_is_tried_three_times() -> None:
    assert done(Link(lost=2))[0] == [0, 1, 2, 3]
    link = Link(lost=9)
    with pytest.raises(BackendError, match="cannot be reached"):
        done(link)
    assert len(link.sent) == 3


def test_an_answer_for_some_rows_is_none() -> None:
    with pytest.raises(BackendError, match="answers for 3 of 4 rows"):
        done(Link(short=1))


def test_waiting_ends() -> None:
    asked: list[float] = []
    asking = Asking(Link(), asked.append)
    asking.until(lambda: len(asked) == 3, 60, "shows nothing")
    assert asked == pytest.approx([0.05, 0.075, 0.1125])
    with pytest.raises(BackendError, match="The store shows nothing for 5 s"):
        asking.until(lambda: False, 5, "shows nothing")
    assert sum(asked[3:]) == pytest.approx(5, abs=2)
