"""A model in a GGUF file, run by llama.cpp within this process.

`rest` is the path of the file. The model is loaded at the first answer; its own template makes a
prompt of the messages.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any

from bozzetto.adapters.chat.completions import body_of
from bozzetto.adapters.chat.gguf_shelf import SHELF, Answering, Key, Loaded, Shelf, examine
from bozzetto.adapters.chat.reading import Completion
from bozzetto.adapters.chat.written import CHARACTERS_A_TOKEN
from bozzetto.adapters.endpoint import Endpoint
from bozzetto.errors import BackendError, SetupError
from bozzetto.ports import ChatFeatures
from bozzetto.types import ChatEvent, ChatRequest

__all__ = ["GgufChat", "open_chat"]

Chunk = dict[str, Any] | Exception | None

_PLAIN = {"chat_template_kwargs": {"enable_thinking": False}}
"""Thinking before the answer would take the tokens of the answer."""


class GgufChat:
    """A chat model in a file. `timeout` is how long it may stay silent, seconds."""

    def __init__(self, path: Path, *, timeout: float, shelf: Shelf = SHELF) -> None:
        self._features = ChatFeatures(name=f"gguf:{path.name}")
        self._endpoint = Endpoint("llama.cpp", str(path), path.name, timeout)
        self._path = path
        self._shelf = shelf
        self._lock = Lock()
        self._lent: tuple[Key, Loaded] | None = None
        self._answering: set[Answering] = set()

    @property
    def features(self) -> ChatFeatures:
        """What the model is."""
        return self._features

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatEvent]:
        """Stream one answer; leaving early ends it at the next token."""
        model = await asyncio.to_thread(self._model)
        reading = Completion(self._endpoint, CHARACTERS_A_TOKEN * request.max_tokens)
        chunks: asyncio.Queue[Chunk] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        one = model.answer(
            {**body_of(self._endpoint, request), **_PLAIN},
            lambda chunk: _hand(loop, chunks, chunk),
        )
        self._answering.add(one)
        try:
            while not reading.over and (chunk := await self._next(chunks)) is not None:
                if isinstance(chunk, Exception):
                    raise BackendError(f"{self._endpoint.place} refused the request")
                for event in reading.take(chunk):
                    yield event
        finally:
            one.left.set()
            self._answering.discard(one)
        for event in reading.end():
            yield event

    def _model(self) -> Loaded:
        with self._lock:
            if self._lent is None:
                self._lent = self._shelf.borrow(self._path)
            return self._lent[1]

    async def _next(self, chunks: asyncio.Queue[Chunk]) -> Chunk:
        seconds = self._endpoint.timeout
        try:
            async with asyncio.timeout(seconds):
                return await chunks.get()
        except TimeoutError:
            raise BackendError(f"{self._endpoint.place}: nothing for {seconds:g} s") from None

    async def aclose(self) -> None:
        """Stop what is still being said, and give the model back; a later call borrows anew."""
        for one in tuple(self._answering):
            one.left.set()
        await asyncio.to_thread(self._give_back)

    def _give_back(self) -> None:
        with self._lock:
            lent, self._lent = self._lent, None
        if lent is not None:
            self._shelf.give_back(lent[0])


def _hand(loop: asyncio.AbstractEventLoop, chunks: asyncio.Queue[Chunk], chunk: Chunk) -> None:
    """From the thread of an answer to the loop that asked.

    Raises:
        RuntimeError: that loop is closed.
    """
    loop.call_soon_threadsafe(chunks.put_nowait, chunk)


def open_chat(rest: str, *, environ: Mapping[str, str], timeout: float) -> GgufChat:
    """Open a model in a file.

    Raises:
        SetupError: there is no such file, or it is no GGUF.
    """
    if not rest.strip():
        hint = "name the file of a model: gguf:/path/to/model.gguf"
        raise SetupError("gguf: no file is named", hint=hint)
    path = Path(rest.strip()).expanduser()
    examine(path)
    return GgufChat(path, timeout=timeout)
