from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from fastapi import HTTPException
from starlette.types import Message, Receive

from bozzetto.web.limits import (
    BODIES,
    BURST,
    CLIENTS,
    GRACE,
    MOST_BODY,
    SLOWEST,
    SLOWEST_PIECE,
    Rates,
    body_limit,
    bounded,
    whose,
)  # fmt: skip
from bozzetto.web.roles import ROLES


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def body(clock: Clock, pieces: Iterable[tuple[float, int]]) -> Receive:
    """A body whose pieces come after so many seconds, each of so many bytes; then it is over."""
    left = list(pieces)

    async def receive() -> Message:
        if not left:
            return {"type": "http.disconnect"}
        seconds, size = left.pop(0)
        clock.now += seconds
        return {"type": "http.request", "body": bytes(size), "more_body": bool(left)}

    return receive


def read(clock: Clock, pieces: list[tuple[float, int]], most: int = MOST_BODY) -> int:
    async def all_of() -> int:
        receive, size = bounded(body(clock, pieces), most, clock), 0
        for _ in pieces:
            size += len((await receive())["body"])
        assert await receive() == {"type": "http.disconnect"}
        return size

    return asyncio.run(all_of())


def test_a_body_may_be_as_long_as_its_route_says() -> None:
    assert read(Clock(), [(0, MOST_BODY - 1), (0, 1)]) == MOST_BODY
    with pytest.raises(HTTPException) as caught:
        read(Clock(), [(0, MOST_BODY), (0, 1)])
    assert caught.value.status_code == 413
    assert read(Clock(), [(0, MOST_BODY), (0, 1)], MOST_BODY + 1) == MOST_BODY + 1


def test_a_body_that_drips_is_ended() -> None:
    with pytest.raises(HTTPException) as caught:
        read(Clock(), [(SLOWEST_PIECE - 1, 1)] * 100)
    assert (caught.value.status_code, caught.value.detail) == (408, "the request came too slowly")
    steady = [(1.0, SLOWEST)] * int(GRACE * 4)
    assert read(Clock(), steady, 2**30) == sum(size for _, size in steady)


def test_a_body_that_stops_is_ended() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def wait() -> None:
        clock = Clock()
        receive = bounded(never, MOST_BODY, clock)
        clock.now += GRACE + 1
        await receive()

    with pytest.raises(HTTPException) as caught:
        asyncio.run(wait())
    assert caught.value.status_code == 408


def test_limits_are_of_routes_that_there_are() -> None:
    assert set(BODIES) <= set(ROLES)
    assert [body_limit(name) for name in (None, "POST /api/v1/search")] == [MOST_BODY] * 2
    assert body_limit("POST /api/v1/import") == 2**30


def test_a_client_may_ask_so_often() -> None:
    clock = Clock()
    rates = Rates(10, clock)
    assert {rates.wait("one") for _ in range(int(10 * BURST))} == {0.0}
    assert rates.wait("one") == pytest.approx(0.1)
    assert rates.wait("two") == 0.0
    clock.now += 0.05
    assert rates.wait("one") == pytest.approx(0.05)
    clock.now += 0.06
    assert rates.wait("one") == 0.0
    clock.now += 3600
    assert {rates.wait("one") for _ in range(int(10 * BURST))} == {0.0}
    assert rates.wait("one") > 0


def test_without_a_rate_there_is_no_limit() -> None:
    rates = Rates(0, Clock())
    assert {rates.wait("one") for _ in range(10_000)} == {0.0}


def test_few_clients_are_remembered() -> None:
    rates = Rates(1, Clock())
    for number in range(CLIENTS + 10):
        rates.wait(f"client {number}")
    assert len(rates._left) == CLIENTS


@pytest.mark.parametrize(
    ("client", "one"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8:0:1:2:3:4:5]", "2001:db8:0:1::/64"),
        ("[2001:db8:0:1::9]", "2001:db8:0:1::/64"),
        ("", ""),
    ],
)
def test_a_network_of_ipv6_is_one_client(client: str, one: str) -> None:
    assert whose(client) == one
