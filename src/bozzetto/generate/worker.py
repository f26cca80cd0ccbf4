"""The worker: takes pictures from the queue, has them drawn, keeps what comes.

Several may work on one queue, in one process or many. A task is drawn by whoever holds its
lease; what a worker that lost its lease still brings is thrown away.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bozzetto.errors import BackendError, BozzettoError, DataError, InputError, SetupError
from bozzetto.generate.files import keep
from bozzetto.generate.received import receive
from bozzetto.ports import ImageGenerator
from bozzetto.store.images import Outcome
from bozzetto.store.jobs import MOST_ATTEMPTS, Claimed
from bozzetto.store.queue import Queue
from bozzetto.text.normalise import visible
from bozzetto.types import (
    DrawDone,
    DrawEvent,
    DrawProgress,
    DrawRetry,
    DrawStarted,
    ImageFiltered,
    ImageMade,
    ImageProgress,
)

__all__ = ["Bench", "Worker"]

BEAT = 2.0
"""Seconds between two renewals of the leases, and so until a cancelled task is let go."""

LOOK = 0.2
"""Seconds between two looks at the queue while others have it, and at whether to stop."""

BLACK = "an all black picture came, as filters send in place of what they hide"

MOST_HELD = 16
"""Pictures drawn or being kept at one time."""

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds before a second try, doubled from try to try."""


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with. `clock` gives seconds since 1970, `stamp` the time in words."""

    queue: Queue
    folder: Path
    open_images: Callable[[str], ImageGenerator]
    owner: str
    actor: str
    clock: Callable[[], float]
    stamp: Callable[[], str]
    hear: Callable[[DrawEvent], None]
    stopped: Callable[[], bool] = field(default=lambda: False)


class Worker:
    """One worker's run: use it once."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._generators: dict[str, ImageGenerator] = {}
        self._running: dict[asyncio.Task[None], Claimed] = {}
        self._progress: dict[int, float] = {}
        self._drawing: dict[int, str] = {}  # tasks that a back end has in hand
        self._missing: dict[str, SetupError] = {}  # back ends that are not set up
        self._free = asyncio.Event()

    async def run(self, jobs: Sequence[str] = ()) -> None:
        """Draw what is open, of these jobs or of all, until nothing is.

        Interrupted or stopped, what is begun waits again as if it had not been.

        Raises:
            SetupError: a back end lacks its key or its model: its pictures wait, those of others
                were drawn. Or the disk is full: what is left waits.
        """
        beating = asyncio.create_task(self._beat())
        try:
            while not self._bench.stopped() and await self._step(jobs):
                pass
        finally:
            beating.cancel()
            await self._end()
        for error in self._missing.values():
            raise error

    async def _step(self, jobs: Sequence[str]) -> bool:
        """Begin what can be begun and wait for something to end; whether there is more to do."""
        await self._begin(jobs)
        if self._running:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._free.wait(), LOOK)
            self._free.clear()
            self._reap()
            return True
        clock, missing = self._bench.clock, tuple(self._missing)
        until = self._bench.queue.waits_until(clock(), jobs=jobs, busy=missing)
        if until is None:
            return False
        await asyncio.sleep(max(0.01, min(LOOK, until - clock())))
        return True

    def _reap(self) -> None:
        """Take away what has ended; an error that concerns every picture goes on from here."""
        for task in [task for task in self._running if task.done()]:
            self._progress.pop(self._running.pop(task).id, None)
            if not task.cancelled():
                task.result()

    async def _begin(self, jobs: Sequence[str]) -> None:
        bench = self._bench
        while True:
            busy = [*self._missing, *(one for one in self._generators if not self._room(one))]
            claimed = bench.queue.claim(bench.owner, bench.clock(), jobs=jobs, busy=busy)
            if claimed is None:
                return
            if claimed.attempts > MOST_ATTEMPTS:
                self._finish(claimed, Outcome("failed", reason="the program ended at every try"))
                continue
            name = claimed.task.request.images
            try:
                if name not in self._generators:
                    self._generators[name] = bench.open_images(name)
            except SetupError as error:
                self._set_aside(claimed, error)
                continue
            bench.hear(DrawStarted(claimed.job, claimed.position, claimed.attempts))
            self._progress[claimed.id] = 0.0
            self._drawing[claimed.id] = name
            task = asyncio.create_task(self._draw(claimed))
            task.add_done_callback(lambda _: self._free.set())
            self._running[task] = claimed

    def _room(self, name: str) -> bool:
        """Whether a back end takes one more; what is being kept is in its hands no more."""
        used = sum(one == name for one in self._drawing.values())
        return used < self._generators[name].features.parallel and len(self._running) < MOST_HELD

    def _set_aside(self, claimed: Claimed, error: SetupError) -> None:
        """Ask a back end no more that is not set up; its pictures wait for another run."""
        self._missing.setdefault(claimed.task.request.images, error)
        self._bench.queue.put_back(claimed, self._bench.owner, 0.0, error.message, begun=False)

    async def _draw(self, claimed: Claimed) -> None:
        """One picture, from asking for it to keeping it."""
        try:
            event = await self._asked(claimed)
        except SetupError as error:
            self._set_aside(claimed, error)
        except BackendError as error:
            if error.retryable and claimed.attempts < MOST_ATTEMPTS:
                self._again(claimed, error)
            else:
                await asyncio.to_thread(self._finish, claimed, _failed(error))
        except (InputError, DataError) as error:
            await asyncio.to_thread(self._finish, claimed, _failed(error))
        else:
            await asyncio.to_thread(self._keep, claimed, event)

    async def _asked(self, claimed: Claimed) -> ImageMade | ImageFiltered:
        """What the back end says in the end; then it has room for another."""
        try:
            return await self._answer(claimed)
        except BozzettoError:
            raise
        except Exception as error:  # a plug-in's own fault: this picture's, not the queue's
            said = visible(f"{type(error).__name__}: {error}")[:300]
            raise BackendError(f"{claimed.task.request.images} broke: {said}") from error
        finally:
            self._drawing.pop(claimed.id, None)
            self._free.set()

    async def _answer(self, claimed: Claimed) -> ImageMade | ImageFiltered:
        """What a back end says in the end."""
        request = claimed.task.request
        stream = self._generators[request.images].stream(request)
        async with contextlib.aclosing(stream) as events:  # type: ignore[type-var]
            async for event in events:
                if not isinstance(event, ImageProgress):
                    return event
                self._tell(claimed, event)
        raise BackendError(f"{request.images} ended without a picture", retryable=True)

    def _keep(self, claimed: Claimed, event: ImageMade | ImageFiltered) -> None:
        self._finish(claimed, self._outcome(claimed, event))

    def _outcome(self, claimed: Claimed, event: ImageMade | ImageFiltered) -> Outcome:
        if isinstance(event, ImageFiltered):
            return Outcome("filtered", reason=event.reason)
        try:
            received = receive(event.data, claimed.task, event.effective)
        except DataError as error:
            return _failed(error)
        if received.black:
            return Outcome("filtered", effective=event.effective, reason=BLACK)
        return Outcome("ok", keep(self._bench.folder, received), event.effective)

    def _tell(self, claimed: Claimed, event: ImageProgress) -> None:
        self._progress[claimed.id] = event.done
        self._bench.hear(DrawProgress(claimed.job, claimed.position, event.done, event.preview))

    def _again(self, claimed: Claimed, error: BackendError) -> None:
        pause = float(getattr(error, "pause", 0.0))  # what the server asks for
        wait = max(pause, FIRST_WAIT * 2 ** (claimed.attempts - 1) * random.uniform(0.8, 1.2))
        wait = min(wait, LONGEST_WAIT)
        bench = self._bench
        bench.queue.put_back(claimed, bench.owner, bench.clock() + wait, error.message)
        bench.hear(DrawRetry(claimed.job, claimed.position, error.message, wait))

    def _finish(self, claimed: Claimed, outcome: Outcome) -> None:
        bench = self._bench
        image = bench.queue.finish(
            claimed, bench.owner, outcome, actor=bench.actor, now=bench.stamp()
        )
        if image is None:  # cancelled, or another has it
            return
        (found,) = bench.queue.images_by_ids([image])
        bench.hear(DrawDone(claimed.job, claimed.position, found))

    async def _beat(self) -> None:
        """Renew the leases, and stop what is ours no more."""
        while True:
            await asyncio.sleep(BEAT)
            if not self._progress:
                continue
            bench, progress = self._bench, dict(self._progress)
            try:
                ours = await asyncio.to_thread(
                    bench.queue.renew, bench.owner, bench.clock(), progress
                )
            except BozzettoError:  # the file was busy: the lease outlasts many beats
                continue
            for task, claimed in self._running.items():
                if claimed.id in progress and claimed.id not in ours:
                    task.cancel()

    async def _end(self) -> None:
        """Cancel what runs, give it back, let go of the back ends."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._bench.queue.let_go(self._bench.owner)
        for generator in self._generators.values():
            with contextlib.suppress(BackendError, SetupError):
                await generator.aclose()


def _failed(error: BozzettoError) -> Outcome:
    """A picture that cannot be made, with the way out where there is one."""
    hint = f"; {error.hint}" if error.hint else ""
    return Outcome("failed", reason=error.message + hint)
