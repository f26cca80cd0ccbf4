"""The text of rows worked out: normalised, split, named; across processes when there is much.

Workers are plain Python processes fed over pipes: unlike `multiprocessing` they never import
the caller's main module, so a script or a notebook needs no guard.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from queue import SimpleQueue
from types import TracebackType
from typing import IO, Any, Self, TypeVar

from bozzetto.errors import BozzettoError, DataError
from bozzetto.text.normalise import fold, normalise
from bozzetto.text.split import split

__all__ = ["LONGEST_PROMPT", "Reader", "Worked", "work_out"]

LONGEST_PROMPT = 20_000
"""Characters of a prompt that are kept at most; a longer text is something else."""

Worked = tuple[int | None, str, str]
"""(hash, normalised text, core), the hash as the store keeps it; None and why it is no prompt."""

_FEW = 2
"""Batches that are not worth processes."""

_LENGTH = struct.Struct("<Q")
T = TypeVar("T")


def work_out(texts: Sequence[str]) -> list[Worked]:
    """What the library keeps of each text."""
    return [_work_out(text) for text in texts]


def _work_out(text: str) -> Worked:
    if len(text) > LONGEST_PROMPT:
        return None, f"the prompt has {len(text):,} characters; {LONGEST_PROMPT:,} are read", ""
    clean = normalise(text)
    key = fold(clean)
    if not key:
        return None, "the prompt is empty" if not clean else "the prompt has no word", ""
    # `prompt_id` of a normalised text, which need not be normalised again.
    digest = sha256(key.encode()).digest()
    return int.from_bytes(digest[:8], signed=True), clean, split(clean).core


class Reader:
    """Works out texts in order; after the first batches in `processes` of its own, if any."""

    def __init__(self, processes: int = 0) -> None:
        self._processes = processes
        self._idle: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        self._started: list[subprocess.Popen[bytes]] = []
        self._threads: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            for worker in self._started:
                worker.kill()
        if self._threads is not None:
            self._threads.shutdown(cancel_futures=True)
        for worker in self._started:
            for pipe in (worker.stdin, worker.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()
            worker.wait()

    def stream(
        self, batches: Iterable[tuple[T, Sequence[str]]]
    ) -> Iterator[tuple[T, list[Worked]]]:
        """Work out the texts beside each item; items come out in the order they went in.

        Where `batches` fails, what it gave before still comes out.
        """
        given = iter(batches)
        for item, texts in islice(given, _FEW if self._processes else None):
            yield item, work_out(texts)
        ahead: deque[tuple[T, Future[list[Worked]]]] = deque()
        failure = None
        while True:
            try:
                item, texts = next(given)
            except StopIteration:
                break
            except BozzettoError as error:
                failure = error
                break
            ahead.append((item, self._pool().submit(self._ask, texts)))
            if len(ahead) > self._processes:
                first, future = ahead.popleft()
                yield first, future.result()
        for first, future in ahead:
            yield first, future.result()
        if failure is not None:
            raise failure

    def _pool(self) -> ThreadPoolExecutor:
        """Threads that each wait for one of the processes."""
        if self._threads is None:
            for _ in range(self._processes):
                worker = _start()
                self._started.append(worker)
                self._idle.put(worker)
            self._threads = ThreadPoolExecutor(self._processes)
        return self._threads

    def _ask(self, texts: Sequence[str]) -> list[Worked]:
        worker = self._idle.get()
        try:
            if worker.stdin is None or worker.stdout is None:
                raise _lost()
            _send(worker.stdin, list(texts))
            answer = _receive(worker.stdout)
        except OSError as error:
            raise _lost() from error
        finally:
            self._idle.put(worker)  # a dead one too: who gets it next fails as well, at once
        if answer is None:
            raise _lost()
        return answer


def _lost() -> DataError:
    return DataError(
        "a process that reads prompts ended unexpectedly (out of memory?)",
        hint="run the import again: it goes on where it stopped",
    )


def _start() -> subprocess.Popen[bytes]:
    # The worker finds this package where we found it, installed or not.
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-m", "bozzetto.library.reading"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": paths},
    )


def _send(pipe: IO[bytes], value: list[Any]) -> None:
    data = marshal.dumps(value)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> list[Any] | None:
    """The next value; None where the other side has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        return None
    value: list[Any] = marshal.loads(data)
    return value


def _serve() -> None:
    """Answer until the pipe closes; its end is also how a worker learns that we died."""
    source, sink = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while (texts := _receive(source)) is not None:
            _send(sink, work_out(texts))


if __name__ == "__main__":
    _serve()
