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
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

from bozzetto.testing.comfyui_nodes import NODES, draw, object_info, order, validate

__all__ = ["ComfyServer", "Trouble"]

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_STATUS = {200: "OK", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 500: "Error"}
_TEXT, _BINARY, _CLOSE = 1, 2, 8

Answer = tuple[int, bytes, str]
File = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong.

    `fails_in` is a class of nodes that fail; `drops` closes the websockets after so many messages
    of a picture, once; `silent` tells nothing and draws for ever; `no_pictures` leaves the
    outputs empty; `late` is how many seconds after its end a picture comes into the history.
    `answers` gives fixed answers by path. `old` is a server of years ago: no `/api/jobs`, no
    `/models`, an `/interrupt` that stops whatever runs, ids of its own.
    """

    fails_in: str | None = None
    drops: int | None = None
    silent: bool = False
    no_pictures: bool = False
    late: float = 0.0
    answers: Mapping[str, Answer] = field(default_factory=dict)
    old: bool = False


@dataclass(slots=True)
class _Job:
    number: int
    id: str
    graph: dict[str, Any]
    extra: dict[str, Any]

    @property
    def row(self) -> list[Any]:
        return [self.number, self.id, self.graph, self.extra, []]


class _InterruptedError(Exception):
    pass


class _NodeError(Exception):
    pass


class ComfyServer:
    """A ComfyUI on a loopback port.

    `requests` holds what was asked, as "METHOD path"; `prompts` the bodies of `/prompt`;
    `drawn` counts the pictures that were really drawn. `trouble` may be changed at any time.
    """

    def __init__(
        self,
        *,
        steps: int = 3,
        pause: float = 0.0,
        checkpoints: tuple[str, ...] = ("sd_xl_base_1.0.safetensors", "v1-5-pruned.safetensors"),
        trouble: Trouble | None = None,
    ) -> None:
        self.trouble = trouble or Trouble()
        self.requests: list[str] = []
        self.prompts: list[dict[str, Any]] = []
        self.history: dict[str, Any] = {}
        self.files: dict[File, bytes] = {}
        self.drawn = 0
        self.address = ""
        self._steps, self._pause = steps, pause
        self._checkpoints = list(checkpoints)
        self._cache: dict[str, dict[str, Any]] = {}
        self._queue: deque[_Job] = deque()
        self._running: _Job | None = None
        self._interrupted = False
        self._lines: dict[str, asyncio.StreamWriter] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._port = 0
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
    def idle(self) -> bool:
        """Whether nothing waits and nothing is drawn."""
        return self._running is None and not self._queue

    def _within(self, work: Any) -> None:  # noqa: ANN401
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._listen())
        drawing = self._loop.create_task(self._draw_all())
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
        self._queue.clear()
        self._interrupted = True
        self.history.clear()
        self._cache.clear()
        self._lines.clear()

    # What comes in

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass
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
            answer: Answer = (403, b"", "text/plain")
        elif path in self.trouble.answers:
            answer = self.trouble.answers[path]
        elif path == "/ws":
            await self._websocket(reader, writer, headers, query.get("clientId", ""))
            return False
        else:
            answer = self._answer(method, path, query, body)
        status, data, kind = answer
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
        self._queue.append(_Job(len(self.prompts), prompt_id, body["prompt"], extra))
        answer = {"prompt_id": prompt_id, "number": len(self.prompts), "node_errors": {}}
        return _json(200, answer)

    def _queued(self) -> dict[str, Any]:
        running = [self._running.row] if self._running else []
        return {"queue_running": running, "queue_pending": [job.row for job in self._queue]}

    def _history(self, prompt_id: str) -> dict[str, Any]:
        found = self.history.items()
        return {key: entry for key, entry in found if not prompt_id or key == prompt_id}

    def _delete(self, body: Mapping[str, Any]) -> Answer:
        gone = body.get("delete", [])
        self._queue = deque(job for job in self._queue if job.id not in gone)
        return 200, b"", "text/plain"

    def _interrupt(self, body: Mapping[str, Any]) -> Answer:
        asked = None if self.trouble.old else body.get("prompt_id")
        if self._running and asked in (None, self._running.id):
            self._interrupted = True
        return 200, b"", "text/plain"

    def _jobs(self, method: str, path: str) -> Answer:
        parts = path.split("/")
        if self.trouble.old or method != "POST" or parts[-1] != "cancel":
            return 404, b"", "text/plain"
        before = len(self._queue)
        self._delete({"delete": [parts[3]]})
        runs = self._running is not None and self._running.id == parts[3]
        self._interrupted = self._interrupted or runs
        return _json(200, {"cancelled": runs or len(self._queue) < before})

    def _models(self, folder: str) -> Answer:
        if self.trouble.old or folder != "checkpoints":
            return 404, b"", "text/plain"
        return _json(200, self._checkpoints)

    def _view(self, query: Mapping[str, str]) -> Answer:
        asked = (query["filename"], query.get("subfolder", ""), query.get("type", "output"))
        data = self.files.get(asked)
        return (404, b"", "text/plain") if data is None else (200, data, "image/png")

    # What is drawn

    async def _draw_all(self) -> None:
        while True:
            while not self._queue:
                await asyncio.sleep(0.002)
            self._running, self._interrupted = self._queue.popleft(), False
            await self._draw(self._running)
            self._running = None

    async def _draw(self, job: _Job) -> None:
        """One picture, and how it ended into the history; then the end is told once more."""
        ids = {"prompt_id": job.id}
        outputs: dict[str, Any] = {}
        messages: list[list[Any]] = [["execution_start", ids]]
        try:
            await self._tell(job, "execution_start", ids)
            outputs = await self._run_nodes(job)
            messages.append(["execution_success", ids])
        except _InterruptedError:
            messages.append(["execution_interrupted", ids])
        except _NodeError as error:
            told = {**ids, **error.args[0]}
            messages.append(["execution_error", told])
        await self._tell(job, *messages[-1])
        await asyncio.sleep(self.trouble.late)
        good = messages[-1][0] == "execution_success"
        status = {"status_str": "success" if good else "error", "completed": good}
        entry = {"prompt": job.row, "outputs": outputs, "status": {**status, "messages": messages}}
        if self._server is not None and self._server.is_serving():
            self.history[job.id] = entry
        await self._tell(job, "executing", {"node": None, **ids})

    async def _run_nodes(self, job: _Job) -> dict[str, Any]:
        while self.trouble.silent:
            await self._breathe(0.005)
        key = json.dumps([[n["class_type"], n["inputs"]] for n in job.graph.values()])
        known = self._cache.get(key)
        told = list(job.graph) if known is not None else []
        await self._tell(job, "execution_cached", {"nodes": told, "prompt_id": job.id})
        if known is not None:
            return known
        outputs: dict[str, Any] = {}
        for name in order(job.graph):
            kind = job.graph[name]["class_type"]
            await self._tell(job, "executing", {"node": name, "prompt_id": job.id})
            if kind == self.trouble.fails_in:
                told_of = {"node_id": name, "node_type": kind, "exception_type": "RuntimeError"}
                raise _NodeError({**told_of, "exception_message": "mat1 and mat2\x1b[31m differ"})
            if kind == "KSampler":
                await self._sample(job, name)
            if NODES[kind].is_output and not self.trouble.no_pictures:
                outputs[name] = {"images": [self._save(job, kind, name)]}
                said = {"node": name, "output": outputs[name], "prompt_id": job.id}
                await self._tell(job, "executed", said)
        self._cache[key] = outputs
        return outputs

    async def _sample(self, job: _Job, name: str) -> None:
        preview = draw(job.graph, {}, side=16)
        for step in range(1, self._steps + 1):
            await self._breathe(self._pause)
            said: dict[str, Any] = {"value": step, "max": self._steps}
            if not self.trouble.old:
                said |= {"prompt_id": job.id, "node": name}
            await self._tell(job, "progress", said)
            await self._send(job, _BINARY, struct.pack(">II", 1, 2) + preview)

    async def _breathe(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self._interrupted:
            raise _InterruptedError

    def _save(self, job: _Job, kind: str, name: str) -> dict[str, str]:
        self.drawn += 1
        chunks = {"prompt": job.graph, **job.extra.get("extra_pnginfo", {})}
        prefix = job.graph[name]["inputs"].get("filename_prefix", "temp")
        folder, _, start = prefix.rpartition("/")
        filename = f"{start}_{self.drawn:05}_.png"
        place = "output" if kind == "SaveImage" else "temp"
        self.files[(filename, folder, place)] = draw(job.graph, chunks)
        return {"filename": filename, "subfolder": folder, "type": place}

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
        status = {"exec_info": {"queue_remaining": len(self._queue)}}
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

    async def _tell(self, job: _Job, kind: str, data: Mapping[str, Any]) -> None:
        await self._send(job, _TEXT, json.dumps({"type": kind, "data": data}).encode())

    async def _send(self, job: _Job, opcode: int, data: bytes) -> None:
        writer = self._lines.get(job.extra.get("client_id") or "")
        if writer is None or self.trouble.silent:
            return
        if self.trouble.drops is not None:
            self.trouble = replace(self.trouble, drops=self.trouble.drops - 1)
            if self.trouble.drops == 0:
                self.trouble = replace(self.trouble, drops=None)
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
