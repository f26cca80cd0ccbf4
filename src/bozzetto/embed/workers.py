"""Processes that embed, one thread each, and talk to this one over pipes.

They are started as a program of their own, not by `multiprocessing`, whose children run the
caller's script again: a script without a main guard may embed too.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from bozzetto.errors import BackendError

__all__ = ["Workers", "processors", "receive", "send"]

Block = Sequence[str]
Embedded = tuple[Block, NDArray[np.float16]]

_LENGTH = struct.Struct("<Q")

_ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Workers:
    """Some worker processes; `close` ends them at once."""

    def __init__(self, name: str, count: int) -> None:
        self.processes = [_start(name) for _ in range(count)]

    def embed(self, blocks: Sequence[Block]) -> Iterator[Embedded]:
        """Yield each block with its vectors, as they get done.

        Raises:
            BackendError: a worker failed or died.
        """
        todo: queue.SimpleQueue[Block] = queue.SimpleQueue()
        for block in blocks:
            todo.put(block)
        done: queue.SimpleQueue[Embedded | BackendError] = queue.SimpleQueue()
        for process in self.processes:
            threading.Thread(target=_serve, args=(process, todo, done), daemon=True).start()
        for _ in blocks:
            result = done.get()
            if isinstance(result, BackendError):
                raise result
            yield result

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:
                        continue


def send(pipe: IO[bytes], head: object, body: bytes = b"") -> None:
    """Write one message: a JSON head and bytes."""
    encoded = json.dumps(head).encode("ascii")
    pipe.write(_LENGTH.pack(len(encoded)) + encoded + _LENGTH.pack(len(body)) + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> tuple[object, bytes]:
    """Read one message.

    Raises:
        EOFError: the other side is gone.
    """
    head, body = _part(pipe), _part(pipe)
    return json.loads(head), body


def _part(pipe: IO[bytes]) -> bytes:
    size = pipe.read(_LENGTH.size)
    if len(size) < _LENGTH.size:
        raise EOFError
    content = pipe.read(_LENGTH.unpack(size)[0])
    if len(content) < _LENGTH.unpack(size)[0]:
        raise EOFError
    return content


def _start(name: str) -> subprocess.Popen[bytes]:
    """Start one process, which finds its modules where this one does."""
    paths = os.pathsep.join(path for path in sys.path if path)
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "bozzetto.embed.worker", name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **_ONE_THREAD, "PYTHONPATH": paths},
    )


def _serve(
    process: subprocess.Popen[bytes],
    todo: queue.SimpleQueue[Block],
    done: queue.SimpleQueue[Embedded | BackendError],
) -> None:
    """Feed one process until nothing is left to do."""
    while True:
        try:
            block = todo.get_nowait()
        except queue.Empty:
            return
        try:
            done.put((block, _ask(process, block)))
        except BackendError as error:
            done.put(error)
            return


def _ask(process: subprocess.Popen[bytes], block: Block) -> NDArray[np.float16]:
    hint = "run the same command again: it goes on where it stopped"
    if process.stdin is None or process.stdout is None:
        raise BackendError("an embedding process has no pipes", hint=hint)
    try:
        send(process.stdin, list(block))
        head, body = receive(process.stdout)
    except (OSError, EOFError, ValueError):
        raise BackendError("an embedding process died", hint=hint, retryable=True) from None
    if not isinstance(head, list):
        raise BackendError(f"an embedding process failed: {head}", hint=hint)
    return np.frombuffer(body, dtype="<f2").reshape(head)
