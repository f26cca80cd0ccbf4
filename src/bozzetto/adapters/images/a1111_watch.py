"""How far a web UI is with our picture, and stopping it.

AUTOMATIC1111 and Forge tell of one task by its id (/internal/progress). SD.Next gives tasks
ids of its own, and a server started with --nowebui lacks that page: they tell only of what they
are drawing (/sdapi/v1/progress), which is ours when nothing was being drawn before we asked.
Nobody else's picture is shown, nor interrupted.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx2

from bozzetto.adapters.endpoint import Endpoint, PassingError, read_json
from bozzetto.adapters.http import Answer, read_object, refusal
from bozzetto.adapters.images.http import call, decode_picture
from bozzetto.errors import BackendError, SetupError
from bozzetto.types import ImageProgress

__all__ = ["POLL", "Watch"]

POLL = 0.5
"""Seconds between two looks."""

LEAVING = 2.0
"""Seconds that interrupting may take."""

PREVIEW = 4 * 2**20
"""Bytes that an answer with a preview may have."""

_MAGIC = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"RIFF")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look shows: is ours drawn, does it wait, is it done, how far, with a preview."""

    active: bool
    waiting: bool = False
    over: bool = False
    done: float = 0.0
    preview: bytes | None = None


class Watch:
    """Looks at one task of a server, now and then."""

    def __init__(self, client: httpx2.AsyncClient, endpoint: Endpoint, job: str) -> None:
        self._client = client
        self._endpoint = endpoint
        self._job = job
        self._by_id = True
        self._was_idle = False
        self._done = 0.0
        self._preview = -1
        self._alive = time.monotonic()

    async def begin(self) -> None:
        """See that the server is there, lets us in and has its API.

        Raises:
            SetupError: it wants a password, or runs without `--api`.
            BackendError: it is not there.
        """
        path = "/sdapi/v1/progress?skip_current_image=true"
        answer = await call(self._client, self._endpoint, "GET", path, most=PREVIEW)
        if answer.status == 404:
            raise SetupError(
                f"{self._endpoint.place} has no API", hint="start the web UI with --api"
            )
        if answer.status != 200:
            raise refusal(self._endpoint, answer, "")
        found = read_object(self._endpoint, answer)
        state = found.get("state")
        self._was_idle = not (isinstance(state, dict) and state.get("job_count"))
        self._alive = time.monotonic()

    async def look(self) -> ImageProgress | None:
        """Wait a moment; how far the picture is where that is news.

        Raises:
            BackendError: nothing has moved for the time that the endpoint may be silent.
        """
        await asyncio.sleep(POLL)
        try:
            seen = await self._see(preview=True)
        except BackendError:
            seen = _Seen(active=False)
        now, moved = time.monotonic(), seen.done > self._done
        if moved or seen.waiting or seen.preview:
            self._alive = now
        elif now - self._alive > self._endpoint.timeout:
            raise PassingError(
                f"{self._endpoint.place} stopped in the middle of a picture: "
                f"nothing for {self._endpoint.timeout:g} s"
            )
        self._done = max(self._done, seen.done)
        return ImageProgress(self._done, seen.preview) if moved or seen.preview else None

    async def stopped(self) -> bool:
        """Whether somebody interrupted what was drawn last: it is sent as far as it got."""
        path = "/sdapi/v1/progress?skip_current_image=true"
        try:
            answer = await call(self._client, self._endpoint, "GET", path, most=PREVIEW)
        except BackendError:
            return False
        state = _object(answer).get("state")
        state = state if isinstance(state, dict) else {}
        return not state.get("job_count") and state.get("interrupted") is True

    async def interrupt(self) -> None:
        """Stop the picture if it is ours that is drawn; one that waits cannot be taken back."""
        try:
            async with asyncio.timeout(LEAVING):
                for _ in range(10):
                    seen = await self._see(preview=False)
                    if seen.active:
                        await call(self._client, self._endpoint, "POST", "/sdapi/v1/interrupt")
                    never = not (self._by_id or self._was_idle)
                    if seen.active or seen.waiting or seen.over or never:
                        return
                    await asyncio.sleep(0.1)
        except (BackendError, TimeoutError):
            return

    async def _see(self, *, preview: bool) -> _Seen:
        if self._by_id:
            ask = {"id_task": self._job, "id_live_preview": self._preview, "live_preview": preview}
            path = "/internal/progress"
            answer = await call(self._client, self._endpoint, "POST", path, body=ask, most=PREVIEW)
            found = _object(answer)
            # "paused" is in SD.Next's answers alone.
            if "active" in found and "paused" not in found:
                return self._of_task(found)
            self._by_id = False
        path = f"/sdapi/v1/progress?skip_current_image={str(not preview).lower()}"
        answer = await call(self._client, self._endpoint, "GET", path, most=PREVIEW)
        return self._of_server(_object(answer))

    def _of_task(self, found: dict[str, Any]) -> _Seen:
        number = found.get("id_live_preview")
        preview = self._picture(found.get("live_preview"))
        if preview and type(number) is int:
            self._preview = number
        return _Seen(
            active=found.get("active") is True,
            waiting=found.get("queued") is True,
            over=found.get("completed") is True,
            done=_share(found.get("progress")),
            preview=preview,
        )

    def _of_server(self, found: dict[str, Any]) -> _Seen:
        state, task = found.get("state"), found.get("current_task")
        busy = bool(isinstance(state, dict) and state.get("job_count"))
        ours = task == self._job if isinstance(task, str) else self._was_idle
        if not (busy and ours):
            return _Seen(active=False, waiting=busy)
        preview = self._picture(found.get("current_image"))
        return _Seen(active=True, done=_share(found.get("progress")), preview=preview)

    def _picture(self, text: object) -> bytes | None:
        """A preview, or None where there is none that anybody could show."""
        if not text:
            return None
        try:
            data = decode_picture(self._endpoint, text)
        except BackendError:
            return None
        return data if data.startswith(_MAGIC) else None


def _object(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; nothing where it is none, such as the page itself."""
    try:
        found = read_json(answer.text) if answer.status == 200 else None
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def _share(found: object) -> float:
    """A share from 0 to 1; 0 for what is none."""
    if not isinstance(found, int | float):
        return 0.0
    return min(float(found), 1.0) if found > 0 else 0.0
