from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastapi import HTTPException, Request

from bozzetto.web.feed import Event, Feed
from bozzetto.web.streams import Places


def request(client: str) -> Request:
    """One that was let in without an account."""
    state = {"caller": None, "client": client}
    scope: dict[str, Any] = {"type": "http", "headers": [], "state": state}
    return Request(scope)


def test_what_passes_is_bounded_and_ends_are_kept() -> None:
    feed = Feed(most=2)
    feed.put("started", 0)
    for number in range(5):
        feed.put("delta", number, passing=True)
    feed.put("done", "é")
    events, closed = feed.since(0)
    assert events == [
        Event(1, "started", "0"),
        Event(5, "delta", "3"),
        Event(6, "delta", "4"),
        Event(7, "done", '"\\u00e9"'),
    ]
    assert not closed
    assert feed.since(6)[0] == events[-1:]


def test_listeners_hear_everything_once_until_the_end() -> None:
    feed = Feed()

    async def listen(after: int) -> list[int]:
        return [event.number async for event in feed.listen(after) if event]

    async def tell() -> None:
        for number in range(20):
            await asyncio.to_thread(feed.put, "delta", number)
        feed.close()
        feed.put("late", None)

    async def main() -> Any:  # noqa: ANN401
        return await asyncio.gather(listen(0), listen(7), tell())

    whole, rest, _ = asyncio.run(main())
    assert (whole, rest, feed.listeners) == (list(range(1, 21)), list(range(8, 21)), 0)


def test_places_are_counted_by_client_and_in_all() -> None:
    places = Places(most=3, most_each=2)
    first = places.take(request("a"))
    places.take(request("a"))
    with pytest.raises(HTTPException, match="too many streams"):
        places.take(request("a"))
    places.take(request("b"))
    with pytest.raises(HTTPException, match="too many streams") as error:
        places.take(request("c"))
    assert error.value.status_code == 429
    first()
    places.take(request("c"))
