"""The queue of the ComfyUI of `bozzetto.testing`: draws what waits, tells how it goes."""

from __future__ import annotations

import asyncio
import json
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bozzetto.testing.comfyui_nodes import NODES, draw, order

__all__ = ["Job", "Studio", "Trouble"]

TEXT, BINARY = 1, 2

Answer = tuple[int, bytes, str]
File = tuple[str, str, str]
Send = Callable[[str, int, bytes], Awaitable[None]]
"""Sends to a client a text or a binary message."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong.

    `fails_in` is a class of nodes that fail; `drops` breaks the websocket in place of the
    message of that number, counted from 1; `silent` tells nothing and draws for ever;
    `no_pictures` leaves the outputs empty; `late` is how many seconds after its end a picture
    comes into the history.
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
class Job:
    """A picture that was asked for."""

    number: int
    id: str
    graph: dict[str, Any]
    extra: dict[str, Any]

    @property
    def row(self) -> list[Any]:
        """As the server's queue lists it."""
        return [self.number, self.id, self.graph, self.extra, []]


class _InterruptedError(Exception):
    pass


class _NodeError(Exception):
    pass


class Studio:
    """Draws one picture after the other.

    `drawn` counts the pictures that were really drawn, `files` holds them by name, subfolder and
    type; what is `running` or waits in the `queue` can be taken out.
    """

    def __init__(self, trouble: Trouble, steps: int, pause: float, send: Send) -> None:
        self.trouble = trouble
        self.history: dict[str, Any] = {}
        self.files: dict[File, bytes] = {}
        self.drawn = 0
        self.queue: deque[Job] = deque()
        self.running: Job | None = None
        self._steps, self._pause, self._send_to = steps, pause, send
        self._cache: dict[str, dict[str, Any]] = {}
        self._stop = asyncio.Event()
        self._life = 0

    def forget(self) -> None:
        """Know nothing any more but the files: the process died."""
        self.queue.clear()
        self.history.clear()
        self._cache.clear()
        self._stop.set()
        self.running = None
        self._life += 1

    def interrupt(self, prompt_id: str | None) -> bool:
        """Stop what runs, if it is that one (None: whatever it is); whether it was."""
        fits = self.running is not None and prompt_id in (None, self.running.id)
        if fits:
            self._stop.set()
        return fits

    def delete(self, prompt_ids: list[str]) -> int:
        """Take out of the queue what waits; how many there were."""
        before = len(self.queue)
        self.queue = deque(job for job in self.queue if job.id not in prompt_ids)
        return before - len(self.queue)

    async def draw_all(self) -> None:
        """Draw what waits, for ever."""
        while True:
            while not self.queue:
                await asyncio.sleep(0.002)
            self._stop.clear()
            self.running = self.queue.popleft()
            await self._draw(self.running)
            self.running = None

    async def _draw(self, job: Job) -> None:
        """One picture, and how it ended into the history; then the end is told once more."""
        ids, life = {"prompt_id": job.id}, self._life
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
        if life == self._life:
            self.history[job.id] = entry
        await self._tell(job, "executing", {"node": None, **ids})

    async def _run_nodes(self, job: Job) -> dict[str, Any]:
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

    async def _sample(self, job: Job, name: str) -> None:
        preview = draw(job.graph, {}, side=16)
        for step in range(1, self._steps + 1):
            await self._breathe(self._pause)
            said: dict[str, Any] = {"value": step, "max": self._steps}
            if not self.trouble.old:
                said |= {"prompt_id": job.id, "node": name}
            await self._tell(job, "progress", said)
            await self._send(job, BINARY, struct.pack(">II", 1, 2) + preview)

    async def _breathe(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return
        raise _InterruptedError

    def _save(self, job: Job, kind: str, name: str) -> dict[str, str]:
        self.drawn += 1
        chunks = {"prompt": job.graph, **job.extra.get("extra_pnginfo", {})}
        prefix = job.graph[name]["inputs"].get("filename_prefix", "temp")
        folder, _, start = prefix.rpartition("/")
        filename = f"{start}_{self.drawn:05}_.png"
        place = "output" if kind == "SaveImage" else "temp"
        self.files[(filename, folder, place)] = draw(job.graph, chunks)
        return {"filename": filename, "subfolder": folder, "type": place}

    async def _tell(self, job: Job, kind: str, data: Mapping[str, Any]) -> None:
        await self._send(job, TEXT, json.dumps({"type": kind, "data": data}).encode())

    async def _send(self, job: Job, opcode: int, data: bytes) -> None:
        if not self.trouble.silent:
            await self._send_to(job.extra.get("client_id") or "", opcode, data)
