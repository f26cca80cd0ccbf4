"""A scripted server that speaks OpenAI's chat completions: as well, or as badly, as told.

    with ChatServer(lambda body: answer("a small dog, watercolor")) as server:
        chat = open_llamacpp(f"@{server.address}", environ={}, timeout=5.0)

It runs in a thread of its own on a loopback port.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Self

__all__ = ["HEAD", "RESET", "ChatServer", "Step", "answer", "delta", "end"]

Step = bytes | float | str | Callable[[], bytes]
"""Bytes to send, or what makes them in time; seconds to wait; `RESET` for the connection."""

RESET = "reset"

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def delta(text: str, reason: str | None = None) -> bytes:
    """The event of a piece of an answer."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


def end(sent: int = 10, received: int = 5) -> bytes:
    """The last events: why it ended, what it took, and that it is done."""
    usage = {"prompt_tokens": sent, "completion_tokens": received}
    said = json.dumps({"choices": [], "usage": usage})
    return delta("", "stop") + f"data: {said}\n\ndata: [DONE]\n\n".encode()


def answer(text: str, *, pause: float = 0.0, sent: int = 10, received: int = 5) -> list[Step]:
    """A good answer, word by word, with a pause after each."""
    steps: list[Step] = [HEAD]
    for number, word in enumerate(text.split(" ")):
        steps += [delta(word if number == 0 else f" {word}"), pause]
    return [*steps, end(sent, received)]


class ChatServer:
    """Answers each request by what `script` makes of its body.

    `requests` holds the bodies in order and `heads` the lines before them, names of headers in
    lower case, the first line under ""; `left` the moments (`time.monotonic`) at which a
    client went away before the script was at its end.
    """

    def __init__(self, script: Callable[[Mapping[str, Any]], Iterable[Step]]) -> None:
        self._script = script
        self.requests: list[dict[str, Any]] = []
        self.heads: list[dict[str, str]] = []
        self.left: list[float] = []
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def wait_left(self, number: int, seconds: float = 5.0) -> bool:
        """Wait until so many clients went away; whether they did in time."""
        return self._wait(lambda: len(self.left) >= number, seconds)

    def wait_asked(self, number: int, seconds: float = 5.0) -> bool:
        """Wait until so many requests came; whether they did in time."""
        return self._wait(lambda: len(self.requests) >= number, seconds)

    def reply(self, head: Mapping[str, str], body: Mapping[str, Any]) -> Iterable[Step]:
        """What to send for a request; a server that looks at more than the body overrides it."""
        return self._script(body)

    def _wait(self, done: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not done() and time.monotonic() < until:
            time.sleep(0.005)
        return done()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            server.close()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            named = (line.partition(":") for line in lines if line)
            head = {name.lower(): value.strip() for name, _, value in named} | {"": first}
            text = await reader.readexactly(int(head.get("content-length", "0")))
            body = json.loads(text or b"{}")
            self.heads.append(head)
            self.requests.append(body)
            if not await self._follow(self.reply(head, body), reader, writer):
                self.left.append(time.monotonic())
        except (OSError, asyncio.IncompleteReadError):
            self.left.append(time.monotonic())
        finally:
            writer.close()

    async def _follow(
        self, steps: Iterable[Step], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Whether the script came to its end with the client still there."""
        gone = asyncio.ensure_future(reader.read(1))
        try:
            for step in steps:
                if isinstance(step, float):
                    await asyncio.wait([gone], timeout=step)
                elif isinstance(step, str):
                    line = writer.get_extra_info("socket")
                    line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    writer.transport.abort()
                    return True
                else:
                    writer.write(step() if callable(step) else step)
                    await writer.drain()
                if gone.done():
                    return False
        finally:
            gone.cancel()
        return True
