"""What our queue adds to a picture: `python bench/images.py`.

For several back ends the same pictures are drawn twice: by the back end alone, its stream read
to the end and the bytes dropped, and through a job: queued, claimed, decoded, given its
metadata and thumbnail, written, synced and noted. The difference a picture is the overhead. Runs
alternate and the median of the rounds counts. `--board` reviews 200 pictures in a browser too.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from bench import board
from bench.measure import Gate
from bozzetto.app.clock import now
from bozzetto.generate.worker import Bench, Worker
from bozzetto.plugins import load
from bozzetto.ports import ImageGenerator
from bozzetto.store.store import Store
from bozzetto.testing.images import ScriptedImages, collect
from bozzetto.types import ImageRequest, ImageTask

MOST_MS = 30.0
REQUEST = ImageRequest("a cartoon of a small dog in the rain, watercolor, soft light", "blurry")


@dataclass(frozen=True, slots=True)
class Case:
    """A back end to measure with: how it is opened, and what is asked of it."""

    name: str
    open: Callable[[], ImageGenerator]
    side: int
    count: int


@cache
def scene(side: int) -> bytes:
    """A PNG of about the size a picture of that side has: smooth shapes and a little grain."""
    from PIL import Image

    random = np.random.default_rng(7)
    coarse = random.integers(0, 255, (side // 64, side // 64, 3), dtype=np.uint8)
    smooth = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    grain = random.integers(0, 6, (side, side, 3), dtype=np.uint8)
    pixels = np.clip(np.asarray(smooth).astype(np.int16) + grain, 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=4)
    return file.getvalue()


def waiting(side: int, seconds: float) -> ImageGenerator:
    """A back end that takes its time, as one on another machine does."""
    return ScriptedImages(lambda _: scene(side), name="scripted:", delay=seconds)


CASES = (
    Case("another machine, 0.1 s, 512 x 512", lambda: waiting(512, 0.1), 512, 20),
    Case("another machine, 0.1 s, 1024 x 1024", lambda: waiting(1024, 0.1), 1024, 20),
    Case("nothing to wait for, 512 x 512", lambda: waiting(512, 0.0), 512, 20),
    Case("nothing to wait for, 1024 x 1024", lambda: waiting(1024, 0.0), 1024, 20),
    Case("sketch: 512 x 512", lambda: load("images", "sketch")("", environ={}, timeout=9), 512, 20),
)


def tasks_of(case: Case, first: int) -> list[ImageTask]:
    """The pictures of a case, with seeds nobody has had."""
    return [
        ImageTask(
            ImageRequest(
                REQUEST.prompt, REQUEST.negative, seed=first + n, width=case.side,
                height=case.side, images="measured:",
            )
        )
        for n in range(case.count)
    ]  # fmt: skip


def bare(images: ImageGenerator, tasks: list[ImageTask]) -> float:
    """Seconds that the back end takes by itself, one after the other as it likes it."""

    async def all_of_them() -> None:
        limit = asyncio.Semaphore(images.features.parallel)

        async def one(task: ImageTask) -> None:
            async with limit:
                await collect(images, task.request)

        await asyncio.gather(*(one(task) for task in tasks))

    started = time.perf_counter()
    asyncio.run(all_of_them())
    return time.perf_counter() - started


def through(images: ImageGenerator, tasks: list[ImageTask], store: Store) -> float:
    """Seconds from queueing the same pictures to the last one kept."""
    started = time.perf_counter()
    job = store.queue.add("measured", tasks, actor="bench", now=now())
    tools = Bench(
        queue=store.queue, folder=store.folder, open_images=lambda _: images, owner="bench",
        actor="bench", clock=time.time, stamp=now, hear=lambda _: None,
    )  # fmt: skip
    asyncio.run(Worker(tools).run((job,)))
    seconds = time.perf_counter() - started
    (info,) = store.queue.jobs(job=job)
    if info.ok != len(tasks):
        raise SystemExit(f"{info.ok} of {len(tasks)} pictures were made")
    return seconds


def overhead(case: Case, rounds: int) -> tuple[float, float]:
    """Milliseconds a picture: of the back end alone, and what we add to it; medians."""
    alone, added = [], []
    with tempfile.TemporaryDirectory() as folder, Store.open(Path(folder)) as store:
        images = case.open()
        for turn in range(rounds + 1):
            tasks = tasks_of(case, turn * case.count)
            one, two = bare(images, tasks), through(images, tasks, store)
            if turn:  # the first round loads what is loaded once
                alone.append(1000 * one / case.count)
                added.append(1000 * (two - one) / case.count)
    return statistics.median(alone), statistics.median(added)


def gates(rounds: int = 5, cases: tuple[Case, ...] = CASES) -> Iterator[Gate]:
    """The overhead of each case against the most it may be."""
    for case in cases:
        alone, added = overhead(case, rounds)
        name = f"overhead a picture, {case.name} ({alone:.0f} ms alone)"
        yield Gate(name, added, MOST_MS, MOST_MS / 2, "ms", higher_is_better=False)


def board_gates(pictures: int = 200) -> Iterator[Gate]:
    """The longest of the waits from a key to its painted mark, on a board in a browser."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        board.make_board(home, "board", pictures, side=512)
        found = board.measure_board(home, "board")
    name = f"board of {pictures}: longest of the waits (median {found['median_ms']:.0f} ms)"
    most = board.LONGEST_MS
    yield Gate(name, found["max_ms"], most, most / 2, "ms", higher_is_better=False)


def main() -> int:
    """Print the table; non-zero where a gate is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--board", action="store_true", help="measure the review board as well")
    options = parser.parse_args()
    found = [*gates(options.rounds), *(board_gates() if options.board else ())]
    for gate in found:
        print(gate.line(), flush=True)
    return 0 if all(gate.met for gate in found) else 1


if __name__ == "__main__":
    sys.exit(main())
