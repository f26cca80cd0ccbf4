from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from fastapi import HTTPException

from bozzetto import Stop
from bozzetto.errors import BackendError
from bozzetto.types import WriteDelta, WriteFailed, WriteStarted, WriteStopped
from bozzetto.web.runs import AT_ONCE, EACH, REMEMBERED, OnEvent, Run, Runs


def events(run: Run) -> list[tuple[str, Any]]:
    found, closed = run.feed.since(0)
    assert closed
    return [(event.name, json.loads(event.data)) for event in found]


def test_a_candidate_ends_once_and_a_run_with_its_result() -> None:
    def write(hear: OnEvent, _: Stop) -> dict[str, Any]:
        hear(WriteStarted(0, 7))
        hear(WriteDelta(0, "ab"))
        hear(WriteDelta(0, "c"))
        hear(WriteFailed(0, "refused"))
        hear(WriteDelta(0, "d"))
        hear(WriteStopped(0))
        hear(WriteStopped(0))
        hear(WriteDelta(0, "late"))
        return {"candidates": []}

    runs = Runs()
    run = runs.begin(write)
    assert run.over.result(10) == {"candidates": []}
    assert events(run) == [
        ("started", {"index": 0, "seed": 7, "look": None, "attempt": 1}),
        ("delta", {"index": 0, "text": "ab", "at": 0}),
        ("delta", {"index": 0, "text": "c", "at": 2}),
        ("failed", {"index": 0, "reason": "refused"}),
        ("delta", {"index": 0, "text": "d", "at": 0}),
        ("stopped", {"index": 0}),
        ("result", {"candidates": []}),
    ]
    runs.close()


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (BackendError("it is down"), ("backend", "it is down")),
        (RuntimeError("/secret"), ("failure", "the program made a mistake; its log says more")),
    ],
)
def test_an_error_is_told_as_a_problem(error: Exception, told: tuple[str, str]) -> None:
    def write(_: OnEvent, __: Stop) -> dict[str, Any]:
        raise error

    runs = Runs()
    run = runs.begin(write)
    assert run.over.exception(10) is error
    ((name, problem),) = events(run)
    assert (name, (problem["code"], problem["detail"])) == ("error", told)
    runs.close()


def test_what_an_account_began_is_none_to_another() -> None:
    runs = Runs()
    ada, bo = runs.of("ada"), runs.of("bo")
    run = ada.begin(lambda _, __: {})
    assert run.over.result(10) == {}
    assert [whose.get(run.id) for whose in (runs, ada)] == [run, run]
    with pytest.raises(HTTPException) as caught:
        bo.get(run.id)
    assert caught.value.status_code == 404
    runs.close()
    with pytest.raises(HTTPException) as closing:
        bo.begin(lambda _, __: {})
    assert closing.value.status_code == 503


def test_an_account_leaves_room_for_others() -> None:
    runs = Runs()
    go = threading.Event()

    def write(_: OnEvent, __: Stop) -> dict[str, Any]:
        return {"went": go.wait(10)}

    ada = runs.of("ada")
    begun = [ada.begin(write) for _ in range(EACH)]
    with pytest.raises(HTTPException) as busy:
        ada.begin(write)
    assert busy.value.status_code == 429
    begun.append(runs.of("bo").begin(write))
    begun += [runs.begin(write) for _ in range(AT_ONCE - EACH - 1)]  # the owner may have the rest
    go.set()
    assert [run.over.result(10) for run in begun] == [{"went": True}] * AT_ONCE
    assert ada.begin(write).over.result(10) == {"went": True}
    runs.close()


def test_runs_are_bounded_remembered_for_a_while_and_stopped_at_the_end() -> None:
    runs = Runs()
    first = runs.begin(lambda _, __: {})
    for _ in range(REMEMBERED + 1):
        first.over.result(10)
        runs.begin(lambda _, __: {}).over.result(10)
    with pytest.raises(HTTPException) as gone:
        runs.get(first.id)
    waiting = threading.Event()

    def write(_: OnEvent, stop: Stop) -> dict[str, Any]:
        stop.listen(lambda _: waiting.set())
        while not stop.asked(0):
            waiting.wait(10)
        return {"stopped": True}

    running = [runs.begin(write) for _ in range(AT_ONCE)]
    assert runs.get(running[0].id) is running[0]
    with pytest.raises(HTTPException) as busy:
        runs.begin(write)
    runs.close()
    assert [run.over.result(10) for run in running] == [{"stopped": True}] * AT_ONCE
    with pytest.raises(HTTPException) as closing:
        runs.begin(write)
    found = [one.value.status_code for one in (gone, busy, closing)]
    assert found == [404, 429, 503]
