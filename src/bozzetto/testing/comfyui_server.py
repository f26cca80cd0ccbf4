"""A server that behaves as ComfyUI's documentation says, without any model behind it.

    with ComfyServer(steps=4, pause=0.01) as server:
        images = open_images(f"sd@{server.address}", environ={}, timeout=5.0)

It checks graphs as ComfyUI does, queues them, tells progress with previews on a websocket, keeps
a history, and gives real PNG files with ComfyUI's chunks. It runs in a thread of its own on a
loopback port; what `Trouble` names goes wrong.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import struct
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from bozzetto.testing.comfyui_nodes import object_info, validate
from bozzetto.testing.comfyui_studio import Answer, Job, Studio, Trouble

__all__ = ["ComfyServer", "Trouble"]

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STATUS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Error"}
_TEXT, _CLOSE = 1, 8


class ComfyServer:
    """A ComfyUI on a loopback port.

    `requests` holds what was asked, as "METHOD path"; `prompts` the bodies of `/prompt`; the
    `studio` what waits, what runs, and what was drawn.
    """

    def __init__(
        self,
        *,
        steps: int = 3,
        pause: float = 0.0,
        checkpoints: tuple[str, ...] = ("sd_xl_base_1.0.safetensors", "v1-5-pruned.safetensors"),
        trouble: Trouble | None = None,
    ) -> None:
        self.requests: list[str] = []
        self.prompts: list[dict[str, Any]] = []
        self.address = ""
        self.studio = Studio(trouble or Trouble(), steps, pause, self._send)
        self._checkpoints = list(checkpoints)
        self._lines: dict[str, asyncio.StreamWriter] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = self._sent = 0
        self._server: asyncio.Server | None = None
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

    def die(self) -> None:
        """Stop listening and break every connection, as a killed process does."""
        self._within(self._die())

    def start_anew(self) -> None:
        """Listen on the same port again, knowing nothing of before but the files."""
        self._within(self._listen())

    def wait(self, done: Callable[[Self], bool], seconds: float = 5.0) -> bool:
        """Wait until something holds of the server; whether it did in time."""
        until = time.monotonic() + seconds
        while not done(self) and time.monotonic() < until:
            time.sleep(0.005)
        return done(self)

    @property
    def trouble(self) -> Trouble:
        """What goes wrong; may be changed at any time."""
        return self.studio.trouble

    @trouble.setter
    def trouble(self, trouble: Trouble) -> None:
        self.studio.trouble = trouble

    @property
    def idle(self) -> bool:
        """Whether nothing waits and nothing is drawn."""
        return self.studio.running is None and not self.studio.queue

    def _within(self, work: Any) -> None:  # noqa: ANN401
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        drawing = self._loop.create_task(self.studio.draw_all())
        self._ready.set()
        try:
            self._loop.run_forever()
        finally:
            drawing.cancel()
            self._loop.run_until_complete(self._die())
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.close()

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"

    async def _die(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._lines.clear()
        self.studio.forget()

    # What comes in

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # cancelled where the server ends: nobody waits for this task
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays."""
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        url = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        path = unquote(url.path)
        self.requests.append(f"{method} {path}")
        if _foreign(headers):
            status, data, kind = 403, b"", "text/plain"
        elif path in self.trouble.answers:
            status, data, kind = self.trouble.answers[path]
        elif path == "/ws":
            await self._websocket(reader, writer, headers, query.get("clientId", ""))
            return False
        else:
            status, data, kind = self._answer(method, path, query, body)
        head = (
            f"HTTP/1.1 {status} {_STATUS.get(status, '-')}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        writer.write(head.encode() + data)
        await writer.drain()
        return True

    def _answer(self, method: str, path: str, query: Mapping[str, str], body: bytes) -> Answer:
        if path.startswith("/api/jobs"):
            return self._jobs(method, path)
        kind, _, rest = path.removeprefix("/api").lstrip("/").partition("/")
        found = json.loads(body) if body else {}
        routes: dict[str, Callable[[], Answer]] = {
            "POST prompt": lambda: self._prompt(found),
            "POST queue": lambda: self._delete(found),
            "POST interrupt": lambda: self._interrupt(found),
            "GET queue": lambda: _json(200, self._queued()),
            "GET history": lambda: _json(200, self._history(rest)),
            "GET view": lambda: self._view(query),
            "GET models": lambda: self._models(rest),
            "GET object_info": lambda: _json(200, object_info(self._checkpoints)),
        }
        route = routes.get(f"{method} {kind}")
        return route() if route else (404, b"", "text/plain")

    def _prompt(self, body: dict[str, Any]) -> Answer:
        self.prompts.append(body)
        wrong = validate(body["prompt"], self._checkpoints)
        if wrong:
            return _json(400, {"error": wrong.error, "node_errors": wrong.node_errors})
        prompt_id = str(uuid.uuid4()) if self.trouble.old else body.get("prompt_id")
        if prompt_id != str(uuid.UUID(prompt_id)):
            return _json(400, {"error": {"type": "invalid_prompt_id"}, "node_errors": {}})
        extra = {**body.get("extra_data", {}), "client_id": body.get("client_id")}
        self.studio.queue.append(Job(len(self.prompts), prompt_id, body["prompt"], extra))
        number = len(self.prompts)
        return _json(200, {"prompt_id": prompt_id, "number": number, "node_errors": {}})

    def _queued(self) -> dict[str, Any]:
        running = self.studio.running
        return {
            "queue_running": [running.row] if running else [],
            "queue_pending": [job.row for job in self.studio.queue],
        }

    def _history(self, prompt_id: str) -> dict[str, Any]:
        found = self.studio.history.items()
        return {key: entry for key, entry in found if not prompt_id or key == prompt_id}

    def _delete(self, body: Mapping[str, Any]) -> Answer:
        self.studio.delete(body.get("delete", []))
        return 200, b"", "text/plain"

    def _interrupt(self, body: Mapping[str, Any]) -> Answer:
        self.studio.interrupt(None if self.trouble.old else body.get("prompt_id"))
        return 200, b"", "text/plain"

    def _jobs(self, method: str, path: str) -> Answer:
        parts = path.split("/")
        if self.trouble.old or method != "POST" or parts[-1] != "cancel":
            return 404, b"", "text/plain"
        waited = self.studio.delete([parts[3]])
        return _json(200, {"cancelled": self.studio.interrupt(parts[3]) or bool(waited)})

    def _models(self, folder: str) -> Answer:
        if self.trouble.old or folder != "checkpoints":
            return 404, b"", "text/plain"
        return _json(200, self._checkpoints)

    def _view(self, query: Mapping[str, str]) -> Answer:
        asked = (query["filename"], query.get("subfolder", ""), query.get("type", "output"))
        data = self.studio.files.get(asked)
        return (404, b"", "text/plain") if data is None else (200, data, "image/png")

    # What goes out on the websocket

    async def _websocket(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        headers: Mapping[str, str],
        client: str,
    ) -> None:
        digest = hashlib.sha1(headers["sec-websocket-key"].encode() + _MAGIC).digest()
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        self._lines[client] = writer
        status = {"exec_info": {"queue_remaining": len(self.studio.queue)}}
        said = {"type": "status", "data": {"status": status, "sid": client}}
        writer.write(_frame(_TEXT, json.dumps(said).encode()))
        try:
            while await _heard(reader) != _CLOSE:
                pass
            writer.write(_frame(_CLOSE, struct.pack(">H", 1000)))
            await writer.drain()
        finally:
            if self._lines.get(client) is writer:
                del self._lines[client]

    async def _send(self, client: str, opcode: int, data: bytes) -> None:
        writer = self._lines.get(client)
        if writer is None:
            return
        self._sent += 1
        if self._sent == self.trouble.drops:
            writer.transport.abort()
            return
        try:
            writer.write(_frame(opcode, data))
            await writer.drain()
        except OSError:
            pass


def _json(status: int, found: Any) -> Answer:  # noqa: ANN401
    return status, json.dumps(found).encode(), "application/json; charset=utf-8"


def _foreign(headers: Mapping[str, str]) -> bool:
    """Whether a page of somebody else's asks."""
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


def _frame(opcode: int, data: bytes) -> bytes:
    """One unmasked frame (RFC 6455, 5.2)."""
    if len(data) < 126:
        return struct.pack(">BB", 0x80 | opcode, len(data)) + data
    if len(data) < 1 << 16:
        return struct.pack(">BBH", 0x80 | opcode, 126, len(data)) + data
    return struct.pack(">BBQ", 0x80 | opcode, 127, len(data)) + data


async def _heard(reader: asyncio.StreamReader) -> int:
    """Read a client's frame and give its opcode; what it says does not matter."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size > 125:
        wide = 2 if size == 126 else 8
        size = int.from_bytes(await reader.readexactly(wide), "big")
    await reader.readexactly(size + 4)
    return first & 0x0F
