"""Patience with a chat model: what passes is tried again, until the first token is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from bozzetto.errors import BackendError
from bozzetto.types import ChatEvent

__all__ = ["patiently"]

RETRIES = 2
"""How often a call is tried again before its first token."""

WAIT = 10.0
"""Seconds that all the pauses between tries may take together."""


async def patiently(once: Callable[[], AsyncGenerator[ChatEvent]]) -> AsyncGenerator[ChatEvent]:
    """The events of a call; tries again, after pauses that double, end with the first event.

    Raises:
        SetupError, BackendError: as the call does, where it is not to be tried again.
    """
    waited, tries, started = 0.0, 0, False
    while True:
        try:
            async with aclosing(once()) as events:
                async for event in events:
                    started = True
                    yield event
            return
        except BackendError as error:
            pause = max(getattr(error, "pause", 0.0), 0.5 * 2**tries)
            tries += 1
            if started or not error.retryable or tries > RETRIES or waited + pause > WAIT:
                raise
            waited += pause
            await asyncio.sleep(pause)
