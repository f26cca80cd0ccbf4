"""Answers of Amazon's models, whole or in events: read by a thread, as botocore waits."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from bozzetto.adapters.aws import in_thread
from bozzetto.adapters.aws_errors import Asked, error_of, line
from bozzetto.errors import BackendError, BozzettoError

__all__ = ["answered", "heard"]

_SILENT = frozenset({"ReadTimeoutError", "TimeoutError"})
_DAMAGED = frozenset({"ParserError", "ResponseParserError"})
_END = object()

T = TypeVar("T")


async def answered(work: Callable[[], T], asked: Asked, timeout: float) -> T:
    """What a blocking call brings, its body read within it.

    Raises:
        InputError, SetupError, BackendError: as `heard` does.
    """
    try:
        return await in_thread(work)
    except Exception as error:
        # The chain is cut: a service may repeat a signed request.
        raise _told(error, asked, timeout, False) from None


async def heard(begin: Callable[[], Any], asked: Asked, timeout: float) -> AsyncGenerator[Any]:
    """The events of the stream that `begin` opens. Left early, the connection is closed.

    `timeout` is how long the service may stay silent, as the client was told, seconds.

    Raises:
        InputError, SetupError, BackendError: as `error_of` says; it falls silent, breaks off, or
            sends what is no event stream.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[Any] = asyncio.Queue()

    def send(item: object) -> None:
        with suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(queue.put_nowait, item)

    reader = _Reader(begin, send)
    threading.Thread(target=reader.run, name="bozzetto-aws-stream", daemon=True).start()
    started = False
    try:
        while (item := await queue.get()) is not _END:
            if isinstance(item, BaseException):
                # The chain is cut: a service may repeat a signed request.
                raise _told(item, asked, timeout, started) from None
            started = True
            yield item
    finally:
        reader.leave()


class _Reader:
    """A thread's work: it alone opens, reads and closes the stream."""

    def __init__(self, begin: Callable[[], Any], send: Callable[[object], None]) -> None:
        self._begin = begin
        self._send = send
        self._stream: Any = None
        self._left = False

    def run(self) -> None:
        """Hand over each event, then the end or the error."""
        try:
            self._stream = self._begin()
            for event in self._events():
                self._send(event)
        except BaseException as error:
            self._send(error)
        else:
            self._send(_END)
        finally:
            if self._stream is not None:
                with suppress(Exception):  # it is over, however it closes
                    self._stream.close()

    def _events(self) -> Iterator[Any]:
        for event in () if self._left else self._stream:
            yield event
            if self._left:
                return

    def leave(self) -> None:
        """Wake the thread if it waits for more, so that it closes the connection."""
        self._left = True
        # Closing from here would wait for the reading thread; urllib3 shuts the socket's reading
        # side for this very case, and botocore has no name of its own for it.
        shutdown = getattr(getattr(self._stream, "_raw_stream", None), "shutdown", None)
        if shutdown is not None:
            with suppress(Exception):  # it has ended already
                shutdown()


def _told(error: BaseException, asked: Asked, timeout: float, started: bool) -> BaseException:
    from botocore.exceptions import BotoCoreError, ClientError

    names = {kind.__name__ for kind in type(error).__mro__}
    if isinstance(error, BozzettoError):
        return error
    if names & _SILENT:
        what = "stopped in the middle of its answer" if started else "did not begin to answer"
        return BackendError(f"{asked.title}: {asked.name} {what}: nothing for {timeout:g} s")
    if names & _DAMAGED:
        return BackendError(f"{asked.title}: {asked.name} sent a damaged stream: {line(error)}")
    if isinstance(error, BotoCoreError | ClientError):
        return error_of(error, asked)
    if "HTTPError" in names or isinstance(error, OSError):  # urllib3's, which leak here
        what = "broke off in the middle of its answer" if started else "closed the connection"
        return BackendError(f"{asked.title}: {asked.name} {what}", retryable=True)
    return error
