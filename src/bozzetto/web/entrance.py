"""Where names and passwords are tried."""

from __future__ import annotations

import asyncio
import math

from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool

from bozzetto.app.accounts import Accounts
from bozzetto.web.limits import whose
from bozzetto.web.throttle import Throttle

__all__ = ["Entrance"]

WAITING = 16
"""Passwords that wait to be looked at; each is, on purpose, much work."""


class Entrance:
    """Where passwords are tried: one at a time, few that wait, and slower after wrong ones."""

    def __init__(self, accounts: Accounts, throttle: Throttle | None = None) -> None:
        self._accounts = accounts
        self._throttle = throttle or Throttle()
        self._one = asyncio.Semaphore(1)
        self._waiting = 0

    async def name(self, name: str, password: str, client: str) -> str | None:
        """The account's name as it is written, where the password is its own.

        Raises:
            HTTPException: 429, too many were wrong, or too many wait.
        """
        who, client = name.casefold(), whose(client)
        if self._waiting >= WAITING:  # no try of theirs: nobody looks at it
            raise _later(1.0)
        if wait := self._throttle.begin(who, client):
            raise _later(wait)
        self._waiting += 1
        try:
            async with self._one:
                found = await run_in_threadpool(self._accounts.fits, name, password)
        finally:
            self._waiting -= 1
        if found is not None:
            self._throttle.right(who, client)
        return found


def _later(seconds: float) -> HTTPException:
    after = {"Retry-After": str(math.ceil(seconds))}
    return HTTPException(429, "too many tries; wait a little", after)
