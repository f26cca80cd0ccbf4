"""Optimized prompts by a chat model: n calls side by side, each checked, the rest composed.

Every call is steered to a look of its own and has its own seed. What it brings is parsed,
mended and judged; what fails is asked for once more with the reason; what fails again, or
could not be asked for at all, is a candidate of `compose` that says why it stands there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bozzetto.optimize.brief import Brief
from bozzetto.optimize.compose import compose
from bozzetto.optimize.cost import total
from bozzetto.optimize.drafting import Desk, Draw, Spare
from bozzetto.optimize.session import Session
from bozzetto.optimize.stats import LibraryStats
from bozzetto.optimize.steering import Steer, steer
from bozzetto.ports import ChatModel
from bozzetto.types import Candidate, Hit, Usage, WriteDone, WriteStopped

__all__ = ["Written", "write", "write_steered"]


@dataclass(frozen=True, slots=True)
class Written:
    """The candidates, and why `compose` stood in where the back end failed, else None.

    `back` counts the candidates that `compose` had to stand in for, `stopped` those that
    somebody stopped and that are not there. `notes` are sentences for a person. `usage` is
    what all the calls took.
    """

    candidates: tuple[Candidate, ...]
    degraded: str | None = None
    back: int = 0
    stopped: int = 0
    notes: tuple[str, ...] = ()
    usage: Usage | None = None


async def write(
    brief: Brief,
    hits: Sequence[Hit],
    library: LibraryStats,
    chat: ChatModel,
    *,
    n: int,
    seed: int,
    timeout: float,
    session: Session | None = None,
) -> Written:
    """Write n candidates; `timeout` bounds each call from its start to its end, seconds.

    Raises:
        SetupError: the key is refused, or the model is missing; the other calls are stopped.
    """

    def spare() -> Sequence[Candidate]:
        return compose(brief, hits, library, n=n, seed=seed)

    steers = steer(brief, hits, library, n=n, seed=seed)
    desk = Desk(brief, hits, library, chat, timeout, session or Session())
    return await write_steered(desk, steers, spare)


async def write_steered(
    desk: Desk, steers: Sequence[Steer], spare: Callable[[], Sequence[Candidate]]
) -> Written:
    """Write a candidate for each steering; `spare` gives those of `compose`, one for each.

    Raises:
        SetupError: the key is refused, or the model is missing; the other calls are stopped.
    """
    spares = Spare(spare)
    draws = [Draw(desk, number, one) for number, one in enumerate(steers)]
    tasks = [
        asyncio.ensure_future(_finish(draw, draws[:number], spares))
        for number, draw in enumerate(draws)
    ]
    stop, loop = desk.session.stop, asyncio.get_running_loop()

    def halt(index: int | None) -> None:
        for task in tasks if index is None else tasks[index : index + 1]:
            loop.call_soon_threadsafe(task.cancel)

    stop.listen(halt)
    try:
        found = list(await asyncio.gather(*tasks))
    finally:
        stop.listen(None)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return _written(draws, found)


async def _finish(draw: Draw, earlier: Sequence[Draw], spares: Spare) -> Candidate | None:
    """A candidate from its first request to its last event; None where it was stopped."""
    hear, stop = draw.desk.session.hear, draw.desk.session.stop
    try:
        if stop.asked(draw.index):
            raise asyncio.CancelledError
        await draw.run(earlier)
        draw.settled.set()
        found = await asyncio.to_thread(draw.candidate)
        candidate = found or draw.stand_in(await spares.get(draw.index))
    except asyncio.CancelledError:
        if not stop.asked(draw.index):
            raise
        draw.stopped = True
        hear(WriteStopped(draw.index))
        return None
    finally:
        draw.settled.set()
    hear(WriteDone(draw.index, candidate))
    return candidate


def _written(draws: Sequence[Draw], found: Sequence[Candidate | None]) -> Written:
    return Written(
        candidates=tuple(candidate for candidate in found if candidate is not None),
        degraded=next((draw.failure for draw in draws if draw.failure), None),
        back=sum(draw.accepted is None and not draw.stopped for draw in draws),
        stopped=sum(draw.stopped for draw in draws),
        notes=tuple(dict.fromkeys(draw.refused for draw in draws if draw.refused)),
        usage=total(usage for draw in draws for usage in draw.usages),
    )
