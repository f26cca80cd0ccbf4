"""The worker, with a queue on the disk and a generator that follows a script."""

from __future__ import annotations

import asyncio
import io
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.generate import worker as working
from bozzetto.generate.worker import Bench, Worker
from bozzetto.store.store import Store
from bozzetto.testing.images import Answer, ScriptedImages, picture
from bozzetto.types import (
    DrawDone,
    DrawEvent,
    DrawProgress,
    DrawRetry,
    DrawStarted,
    ImageFiltered,
    ImageRequest,
    ImageTask,
)

NOW = "2026-01-02T03:04:05Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path) as opened:
        yield opened


class Clock:
    """A clock that goes as fast as it is waited for."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        self.time += 0.5
        return self.time


def bench(
    store: Store, images: ScriptedImages, heard: list[DrawEvent] | None = None, **rest: object
) -> Bench:
    return Bench(
        queue=store.queue,
        folder=store.folder,
        open_images=lambda _: images,
        owner=str(rest.get("owner", "one")),
        actor="ada",
        clock=rest.get("clock", time.time),  # type: ignore[arg-type]
        stamp=lambda: NOW,
        hear=heard.append if heard is not None else lambda _: None,
        stopped=rest.get("stopped", lambda: False),  # type: ignore[arg-type]
    )


def add(store: Store, count: int = 3) -> str:
    tasks = [ImageTask(ImageRequest("a fox", seed=n, images="scripted:")) for n in range(count)]
    return store.queue.add("foxes", tasks, actor="ada", now=NOW)


def states(store: Store, job: str) -> list[tuple[str, str | None]]:
    return [(image.state, image.reason) for image in store.queue.images(job=job)]


def failing(first: Exception, times: int) -> Callable[[ImageRequest], Answer]:
    """A script that raises so many times and then draws."""
    left = [times]

    def script(request: ImageRequest) -> Answer:
        left[0] -= 1
        return first if left[0] >= 0 else picture(request)

    return script


def test_it_draws_what_is_open_and_tells(store: Store) -> None:
    job, heard = add(store, 2), list[DrawEvent]()
    images = ScriptedImages(steps=2)
    asyncio.run(Worker(bench(store, images, heard)).run())
    found = store.queue.images(job=job)
    assert [image.state for image in found] == ["ok", "ok"]
    assert [Path(image.path or "").exists() for image in found] == [True, True]
    for position in (0, 1):  # the next is begun while one is being kept
        own = [event for event in heard if event.position == position]
        assert [type(event) for event in own] == [
            DrawStarted, DrawProgress, DrawProgress, DrawDone,
        ]  # fmt: skip
        assert own[0] == DrawStarted(job, position, 1)
        assert own[3] == DrawDone(job, position, found[position])
    progress = heard[2]
    assert isinstance(progress, DrawProgress)
    assert progress.done == 0.5
    assert progress.preview
    assert images.closed == 1


def test_a_refused_picture_is_a_result_that_says_so(store: Store) -> None:
    job = add(store, 1)
    script = lambda _: ImageFiltered("Filter reason: prompt")  # noqa: E731
    asyncio.run(Worker(bench(store, ScriptedImages(script))).run())
    assert states(store, job) == [("filtered", "Filter reason: prompt")]


def test_a_black_picture_is_a_filters(store: Store) -> None:
    job, file = add(store, 1), io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    asyncio.run(Worker(bench(store, ScriptedImages(lambda _: file.getvalue()))).run())
    assert states(store, job) == [("filtered", working.BLACK)]
    assert not (store.folder / "images").exists()


def test_a_passing_failure_is_tried_again(store: Store) -> None:
    job, heard = add(store, 1), list[DrawEvent]()
    images = ScriptedImages(failing(BackendError("overloaded", retryable=True), 2))
    asyncio.run(Worker(bench(store, images, heard, clock=Clock())).run())
    assert states(store, job) == [("ok", None)]
    retries = [event for event in heard if isinstance(event, DrawRetry)]
    assert [(event.reason, event.position) for event in retries] == [("overloaded", 0)] * 2
    assert 0.8 <= retries[0].wait <= 1.2
    assert 1.6 <= retries[1].wait <= 2.4


def test_it_gives_up_and_the_rest_goes_on(store: Store) -> None:
    job = add(store, 2)

    def script(request: ImageRequest) -> Answer:
        down = BackendError("down", retryable=True)
        return down if request.seed == 0 else picture(request)

    images = ScriptedImages(script)
    asyncio.run(Worker(bench(store, images, clock=Clock())).run())
    assert states(store, job) == [("failed", "down"), ("ok", None)]
    assert sum(request.seed == 0 for request in images.asked) == 4


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (BackendError("no such sampler"), "no such sampler"),
        (InputError("the prompt is too long"), "the prompt is too long"),
        (b"<svg/>", "an SVG drawing came, not a picture of pixels"),
        (b"", "nothing came"),
    ],
)
def test_what_can_never_be_is_asked_once(store: Store, answer: Answer, reason: str) -> None:
    job, images = add(store, 1), ScriptedImages(lambda _: answer)
    asyncio.run(Worker(bench(store, images)).run())
    assert states(store, job) == [("failed", reason)]
    assert len(images.asked) == 1


def test_a_plug_in_that_breaks_fails_its_picture_and_no_other(store: Store) -> None:
    job = add(store, 2)

    def script(request: ImageRequest) -> Answer:
        return KeyError("artifacts") if request.seed == 0 else picture(request)

    asyncio.run(Worker(bench(store, ScriptedImages(script))).run())
    reason = "scripted: broke: KeyError: 'artifacts'"
    assert states(store, job) == [("failed", reason), ("ok", None)]


def test_a_missing_key_ends_the_run_and_everything_waits(store: Store) -> None:
    job = add(store, 3)
    images = ScriptedImages(failing(SetupError("the key is missing"), 1))
    with pytest.raises(SetupError, match="key"):
        asyncio.run(Worker(bench(store, images)).run())
    (info,) = store.queue.jobs(job=job)
    assert (info.waiting, info.running) == (3, 0)
    asyncio.run(Worker(bench(store, images)).run())
    assert states(store, job) == [("ok", None)] * 3


def test_a_back_end_that_is_not_set_up_stops_no_other(store: Store) -> None:
    fine = ScriptedImages()

    def open_images(name: str) -> ScriptedImages:
        if name == "scripted:":
            raise SetupError("the key is missing")
        return fine

    missing = add(store, 2)
    other = ImageTask(ImageRequest("a wolf", seed=5, images="fine:"))
    job = store.queue.add("wolves", [other], actor="ada", now=NOW)
    tools = replace(bench(store, fine), open_images=open_images)
    with pytest.raises(SetupError, match="key"):
        asyncio.run(Worker(tools).run())
    assert states(store, job) == [("ok", None)]
    (info,) = store.queue.jobs(job=missing)
    assert info.waiting == 2


def test_a_failure_says_the_way_out(store: Store) -> None:
    job = add(store, 1)
    error = BackendError("no sampler 'Euler q'", hint="such as Euler a")
    asyncio.run(Worker(bench(store, ScriptedImages(lambda _: error))).run())
    assert states(store, job) == [("failed", "no sampler 'Euler q'; such as Euler a")]


def test_stopped_what_is_made_stays_and_the_rest_waits(store: Store) -> None:
    job, heard = add(store, 5), list[DrawEvent]()
    done = lambda: sum(isinstance(e, DrawDone) for e in heard) >= 2  # noqa: E731
    images = ScriptedImages(delay=0.01)
    asyncio.run(Worker(bench(store, images, heard, stopped=done)).run())
    (info,) = store.queue.jobs(job=job)
    assert info.ok >= 2
    assert info.waiting == 5 - info.ok
    asyncio.run(Worker(bench(store, images)).run())
    assert states(store, job) == [("ok", None)] * 5
    assert len({image.id for image in store.queue.images(job=job)}) == 5


def test_interrupted_the_back_end_is_left_early(store: Store) -> None:
    job, images = add(store, 1), ScriptedImages(delay=30)

    async def interrupt() -> None:
        task = asyncio.create_task(Worker(bench(store, images)).run())
        while not images.asked:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupt())
    assert images.cancelled == 1
    (info,) = store.queue.jobs(job=job)
    assert (info.waiting, info.running) == (1, 0)


def test_cancelled_by_another_it_is_let_go(store: Store) -> None:
    job, images = add(store, 1), ScriptedImages(delay=60)
    thread = threading.Thread(
        target=lambda: asyncio.run(Worker(bench(store, images)).run()), daemon=True
    )
    thread.start()
    while not images.asked:
        time.sleep(0.01)
    assert store.queue.cancel(job, actor="bea", now=NOW) == 1
    thread.join(working.BEAT + 30)
    assert not thread.is_alive()
    assert images.cancelled == 1
    (info,) = store.queue.jobs(job=job)
    assert (info.state, info.cancelled) == ("cancelled", 1)


def test_two_workers_share_a_job_and_nothing_is_drawn_twice(store: Store) -> None:
    job = add(store, 12)
    both = [ScriptedImages(delay=0.01), ScriptedImages(delay=0.01)]
    threads = [
        threading.Thread(
            target=lambda images=images, owner=owner: asyncio.run(
                Worker(bench(store, images, owner=owner)).run((job,))
            )
        )
        for owner, images in zip("ab", both, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states(store, job) == [("ok", None)] * 12
    asked = [request.seed for images in both for request in images.asked]
    assert sorted(asked) == list(range(12))


def test_as_many_as_the_back_end_takes(store: Store) -> None:
    add(store, 6)
    most, now = [0], [0]

    class Counting(ScriptedImages):
        async def _stream(self, request: ImageRequest):  # type: ignore[no-untyped-def]  # noqa: ANN202
            now[0] += 1
            most[0] = max(most[0], now[0])
            try:
                async for event in super()._stream(request):
                    yield event
            finally:
                now[0] -= 1

    asyncio.run(Worker(bench(store, Counting(delay=0.02, parallel=3))).run())
    assert most[0] == 3


KILLED = """
import asyncio, sys, time
from pathlib import Path
from bozzetto.app.workers import at_work
from bozzetto.generate.worker import Bench, Worker
from bozzetto.store.store import Store
from bozzetto.testing.images import ScriptedImages

folder = Path(sys.argv[1])
with Store.open(folder) as store, at_work(folder) as owner:
    hear = lambda event: print(type(event).__name__, flush=True)
    images = ScriptedImages(delay=0.05)
    tools = Bench(
        store.queue, folder, lambda _: images, owner, "ada", time.time, lambda: "now", hear
    )
    asyncio.run(Worker(tools).run())
"""


def test_killed_in_the_middle_the_next_goes_on_at_once(store: Store) -> None:
    from bozzetto.app.workers import free_dead

    job = add(store, 8)
    command = [sys.executable, "-c", KILLED, str(store.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        done = 0
        for line in process.stdout:
            done += line.strip() == "DrawDone"
            if done == 3:
                process.kill()
                break
    free_dead(store.folder, store.queue)
    (info,) = store.queue.jobs(job=job)
    assert info.running == 0
    assert info.ok >= 3
    asyncio.run(Worker(bench(store, ScriptedImages())).run())
    assert states(store, job) == [("ok", None)] * 8
    files = {path for path in (store.folder / "images").rglob("*") if path.is_file()}
    assert files == {Path(image.path or "") for image in store.queue.images(job=job)}


def test_a_worker_that_lives_keeps_what_it_has(store: Store) -> None:
    from bozzetto.app.workers import at_work, free_dead

    add(store, 1)
    with at_work(store.folder) as owner:
        store.queue.claim(owner, time.time())
        free_dead(store.folder, store.queue)
        assert store.queue.owners() == [owner]
    assert list((store.folder / "workers").iterdir()) == []
