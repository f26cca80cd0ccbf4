"""Who is at work in a home: a lock a worker, so that one that died is told from one that draws."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from bozzetto.store.queue import Queue

__all__ = ["at_work", "free_dead"]

FOLDER = "workers"


@contextmanager
def at_work(folder: Path) -> Iterator[str]:
    """The name of a new worker, locked for as long as it is at work."""
    owner = f"{platform.node() or 'here'}-{os.getpid()}-{uuid4().hex[:8]}"
    path = _lock_path(folder, owner)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    with lock:
        yield owner
    path.unlink(missing_ok=True)


def free_dead(folder: Path, queue: Queue) -> None:
    """Give back what workers had in hand that are there no more."""
    for owner in queue.owners():
        path = _lock_path(folder, owner)
        if not path.exists():  # a worker of another machine, or one whose lease will run out
            continue
        try:
            with FileLock(path, timeout=0):
                queue.let_go(owner, crashed=True)
        except Timeout:
            continue
        path.unlink(missing_ok=True)


def _lock_path(folder: Path, owner: str) -> Path:
    return folder / FOLDER / f"{owner}.lock"
