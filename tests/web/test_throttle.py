from __future__ import annotations

import pytest

from bozzetto.web.throttle import FORGOTTEN, FREE, LONGEST, REMEMBERED, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def tried(throttle: Throttle, clock: Clock, account: str, client: str) -> float:
    """Try as soon as it may be; how long that took."""
    wait = throttle.begin(account, client)
    if wait:
        clock.now += wait
        assert throttle.begin(account, client) == 0.0
    return wait


def test_each_wrong_one_after_the_fifth_doubles_the_wait(clock: Clock) -> None:
    throttle = Throttle(clock)
    waits = [tried(throttle, clock, "ada", f"client {number}") for number in range(14)]
    assert waits == [0.0] * FREE + [1, 2, 4, 8, 16, 32] + [LONGEST["account"]] * 3


def test_a_client_that_tries_many_names_waits_longer(clock: Clock) -> None:
    throttle = Throttle(clock)
    waits = [tried(throttle, clock, f"name {number}", "client") for number in range(17)]
    assert waits[FREE:] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, LONGEST["client"], 900.0]


def test_who_waits_is_not_tried_and_does_not_wait_longer(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(FREE + 3):
        tried(throttle, clock, "ada", "client")
    waits = {throttle.begin("ada", "client") for _ in range(100)}
    assert waits == {8.0}


def test_the_right_one_begins_anew(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(20):
        assert throttle.begin("ada", "client") == 0.0
        throttle.right("ada", "client")
    for _ in range(FREE):
        tried(throttle, clock, "ada", "other")
    clock.now += 10
    assert throttle.begin("ada", "client") == 0.0
    throttle.right("ada", "client")
    assert throttle.begin("ada", "other") == 0.0, "its last wait is over"
    assert throttle.begin("bo", "other") == 2.0, "but the client is still counted"


def test_wrong_ones_are_forgotten_after_an_hour(clock: Clock) -> None:
    throttle = Throttle(clock)
    for _ in range(FREE + 4):
        tried(throttle, clock, "ada", "client")
    clock.now += FORGOTTEN + 1
    assert [tried(throttle, clock, "ada", "client") for _ in range(FREE)] == [0.0] * FREE


def test_memory_is_bounded(clock: Clock) -> None:
    throttle = Throttle(clock)
    for number in range(REMEMBERED * 2):
        throttle.begin(f"name {number}", f"client {number}")
    assert len(throttle._tries) == REMEMBERED
