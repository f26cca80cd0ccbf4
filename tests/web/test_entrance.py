from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from fastapi import HTTPException

from bozzetto.app import Assistant
from bozzetto.web.entrance import WAITING, Entrance
from bozzetto.web.throttle import FREE, Throttle


def test_who_finds_too_many_waiting_has_not_tried(tmp_path: Path) -> None:
    throttle = Throttle()

    async def crowd(entrance: Entrance) -> list[int]:
        """The statuses of tries while as many wait as may."""
        names = [f"name {number}" for number in range(WAITING)]
        waiting = [asyncio.create_task(entrance.name(one, "x", one)) for one in names]
        await asyncio.sleep(0)
        found = []
        for _ in range(FREE):
            with pytest.raises(HTTPException) as refused:
                await entrance.name("ada", "x", "192.0.2.7")
            found.append(refused.value.status_code)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return found

    with Assistant.open(tmp_path) as a:
        assert asyncio.run(crowd(Entrance(a.accounts, throttle))) == [429] * FREE
    assert [throttle.begin("ada", "192.0.2.7") for _ in range(FREE)] == [0.0] * FREE
