"""GGUF files that llama.cpp holds in this process: each is loaded once, and lent.

A model that nobody holds any more stays for some minutes, because the next who writes is likely
to want the same, and loading takes seconds and memory takes nobody's time.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread, Timer
from typing import Any

import xllamacpp

from bozzetto.errors import SetupError
from bozzetto.text.normalise import visible

__all__ = ["SHELF", "Answering", "Key", "Loaded", "Shelf", "examine"]

KEEP = 300.0
"""Seconds that a model stays after its last use."""

SLOTS = 4
"""Answers at a time; more wait."""

CONTEXT = 4096
"""Tokens that a request and its answer may have together."""

THREADS = max(1, (os.cpu_count() or 2) // 2)
"""Its threads wait for one another by spinning: one too many on a busy machine costs tenfold."""

PATIENCE = 30.0
"""Seconds that the end of this process waits for an answer to stop: at its next token."""

Put = Callable[[dict[str, Any] | Exception | None], None]


def examine(path: Path) -> None:
    """Make sure that a file can be read and is one of a model.

    Raises:
        SetupError: it is missing, a folder, closed to us, or something else.
    """
    shown = visible(str(path))
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except FileNotFoundError:
        hint = "name the file of a model: gguf:/path/to/model.gguf"
        raise SetupError(f"{shown}: there is no such file", hint=hint) from None
    except OSError as error:
        raise SetupError(f"{shown}: {(error.strerror or 'cannot be read').lower()}") from None
    if start != b"GGUF":
        hint = "llama.cpp reads models in the GGUF format; many are published in it"
        raise SetupError(f"{shown} is no GGUF file", hint=hint)


@dataclass(slots=True, eq=False)
class Answering:
    """An answer under way in a thread of its own; setting `left` ends it at its next token."""

    left: Event = field(default_factory=Event)
    thread: Thread | None = None

    def stop(self) -> None:
        """End it, and wait for that."""
        self.left.set()
        if self.thread is not None:
            self.thread.join(PATIENCE)


@dataclass(slots=True, eq=False)
class Loaded:
    """A model in memory, and the answers it is giving."""

    server: Any
    users: int = 0
    timer: Timer | None = None
    answering: set[Answering] = field(default_factory=set)

    def answer(self, body: dict[str, Any], put: Put) -> Answering:
        """Begin an answer: `put` gets its chunks, or an error, and None at the end."""
        one = Answering()
        self.answering.add(one)
        one.thread = Thread(target=self._answer, args=(body, put, one), daemon=True)
        one.thread.start()
        return one

    def _answer(self, body: dict[str, Any], put: Put, one: Answering) -> None:
        def take(chunk: dict[str, Any]) -> bool:
            put(chunk)
            return one.left.is_set()

        # Where the loop that asked is closed, nobody listens any more.
        with contextlib.suppress(RuntimeError):
            try:
                self.server.handle_chat_completions(body, take)
            except (RuntimeError, ValueError) as error:
                put(error)
            put(None)
        self.answering.discard(one)


def _load(path: Path) -> Any:  # noqa: ANN401 - the package has no types
    """The model, ready to answer. Its HTTP door cannot be left out, but gets a secret lock."""
    examine(path)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [secrets.token_urlsafe(32)]
    params.ui = False
    params.endpoint_slots = False
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT * SLOTS
    params.warmup = False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = THREADS
    params.verbosity = -1
    try:
        return xllamacpp.Server(params)
    except RuntimeError:
        raise SetupError(
            f"{visible(str(path))}: llama.cpp cannot load it",
            hint="the file may be cut short (compare its size with where it came from), larger"
            " than the memory, or want a newer xllamacpp",
        ) from None


Key = tuple[Path, int, int]


class Shelf:
    """Loaded models by file; one that was replaced is another. Safe between threads."""

    def __init__(self, keep: float = KEEP) -> None:
        self._keep = keep
        self._lock = Lock()
        self._models: dict[Key, Loaded] = {}

    def borrow(self, path: Path) -> tuple[Key, Loaded]:
        """The model of a file, loaded where it is not yet.

        Raises:
            SetupError: it cannot be loaded.
        """
        with self._lock:
            examine(path)
            stat = path.stat()
            key = (path.resolve(), stat.st_size, stat.st_mtime_ns)
            model = self._models.get(key)
            if model is None:
                model = self._models[key] = Loaded(_load(path))
            if model.timer is not None:
                model.timer.cancel()
                model.timer = None
            model.users += 1
            return key, model

    def give_back(self, key: Key) -> None:
        """Say that a model is not needed any more."""
        with self._lock:
            model = self._models[key]
            model.users -= 1
            if model.users == 0:
                model.timer = Timer(self._keep, self._drop, (key, model))
                model.timer.daemon = True
                model.timer.start()

    def _drop(self, key: Key, model: Loaded) -> None:
        with self._lock:
            if model.users == 0 and self._models.get(key) is model:
                del self._models[key]

    def __len__(self) -> int:
        """How many models are in memory."""
        return len(self._models)

    def clear(self) -> None:
        """Stop every answer and free every model."""
        with self._lock:
            models, self._models = list(self._models.values()), {}
        for model in models:
            if model.timer is not None:
                model.timer.cancel()
            for one in tuple(model.answering):
                one.stop()


SHELF = Shelf()
"""The models of this process."""

# llama.cpp's own threads must be over before the process is.
atexit.register(SHELF.clear)
