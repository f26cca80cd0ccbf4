"""The thread of a server that draws what is asked of it, one job after the other."""

from __future__ import annotations

import base64
import logging
import queue
import threading
from collections import Counter, OrderedDict
from typing import Any

from fastapi import HTTPException

from bozzetto.app import Assistant
from bozzetto.app.wire import image_json, job_json
from bozzetto.errors import BozzettoError
from bozzetto.types import DrawDone, DrawEvent, DrawProgress, DrawRetry
from bozzetto.web.feed import Feed
from bozzetto.web.problems import told_of

__all__ = ["CLOSING", "Drawer", "job_shape", "tell"]

Json = dict[str, Any]

REMEMBERED = 32
"""Jobs that are over and whose events can still be heard."""

LARGEST_PREVIEW = 96 * 1024
"""Bytes of a preview that is passed on."""

KINDS = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG", "image/png"), (b"RIFF", "image/webp"))

CLOSING: Json = {"code": "closing", "detail": "the server has ended; the job waits"}
"""The last event of a job that was not over when the server ended."""

_log = logging.getLogger(__name__)


def job_shape(a: Assistant, job: str) -> Json:
    """A job and the pictures there are of it.

    Raises:
        NotFoundError: there is none of that id.
    """
    info, images = a.jobs.show(job)
    return job_json(info) | {"images": [image_json(image) for image in images]}


class Drawer:
    """Draws jobs of the queue in a thread, which begins with the first of them."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._jobs: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._feeds: OrderedDict[str, Feed] = OrderedDict()
        self._asked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def check(self) -> None:
        """Make sure that jobs are still taken.

        Raises:
            HTTPException: 503, the server is about to end.
        """
        if self._stopped.is_set():
            raise HTTPException(503, "the server is about to end")

    @property
    def ending(self) -> bool:
        """Whether the server is about to end."""
        return self._stopped.is_set()

    def add(self, job: str) -> None:
        """Draw what is open of a job, after those that were asked for before."""
        with self._lock:
            self._asked[job] += 1
            if self._asked[job] == 1:
                self._feeds.pop(job, None)
                self._feeds[job] = Feed()
                self._forget()
            self._jobs.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="bozzetto-drawer")
                self._thread.start()

    def _forget(self) -> None:
        over = [job for job, feed in self._feeds.items() if feed.closed]
        for job in over[:-REMEMBERED]:
            del self._feeds[job]

    def feed(self, job: str) -> Feed | None:
        """What happens to a job; None where this server did not draw it."""
        with self._lock:
            return self._feeds.get(job)

    def drain(self) -> None:
        """Draw no more; what is begun waits again as if it had not been."""
        self._stopped.set()
        self._jobs.put(None)

    def close(self) -> None:
        """Draw no more, and wait until everything is given back."""
        self.drain()
        with self._lock:
            thread = self._thread
        if thread:
            thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None and not self._stopped.is_set():
            self._draw(job)
        with self._lock:
            feeds = list(self._feeds.values())
        for feed in feeds:
            feed.put("error", CLOSING)
            feed.close()

    def _draw(self, job: str) -> None:
        feed = self._feeds[job]
        try:
            self._assistant.jobs.resume(
                job, on_event=lambda event: tell(feed, event), stopped=self._stopped.is_set
            )
            last = ("result", job_shape(self._assistant, job))
        except Exception as error:
            if not isinstance(error, BozzettoError):
                _log.exception("a job failed")
            last = ("error", told_of(error))
        with self._lock:
            self._asked[job] -= 1
            if self._asked[job] or self._stopped.is_set():
                return
            del self._asked[job]
            feed.put(*last)
            feed.close()


def tell(feed: Feed, event: DrawEvent) -> None:
    """Put what happened into the feed of its job."""
    about = {"position": event.position}
    if isinstance(event, DrawDone):
        feed.put("done", about | {"image": image_json(event.image)})
    elif isinstance(event, DrawProgress):
        shown = about | {"done": event.done, "preview": _data_url(event.preview)}
        feed.put("progress", shown, passing=True, about=event.position)
    elif isinstance(event, DrawRetry):
        feed.put("retry", about | {"reason": event.reason, "wait": event.wait}, passing=True)
    else:
        feed.put("started", about | {"attempt": event.attempt}, passing=True)


def _data_url(data: bytes | None) -> str | None:
    """A preview as an address that a page can show; None where it is no picture, or too large."""
    kind = next((kind for start, kind in KINDS if data and data.startswith(start)), None)
    if data is None or kind is None or len(data) > LARGEST_PREVIEW:
        return None
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
