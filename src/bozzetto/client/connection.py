"""Calls over HTTP: answers, events that are taken up again, lines, files; errors as ours."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import httpx2

from bozzetto.client.records import Json
from bozzetto.errors import (
    BackendError,
    BozzettoError,
    DataError,
    InputError,
    NotFoundError,
    SetupError,
)

__all__ = ["Connection", "OnEvent", "as_lines", "given", "once", "pieces"]

OnEvent = Callable[[str, Json], None]

SILENCE = 60.0
"""Seconds that the server may be silent; while it works it says every 15 that it is there."""

LONG = httpx2.Timeout(SILENCE, read=None)
"""For what says nothing until it is done."""

TRIES = 3
"""Connections that may be lost while one call works."""

PIECE = 2**18
"""Bytes of a file that are sent at a time."""

KEY = "Idempotency-Key"
"""What names a call that is to be done once: it may be sent again when its answer got lost."""

_ERRORS: Mapping[str, type[BozzettoError]] = {
    kind.code: kind for kind in (BackendError, DataError, InputError, NotFoundError, SetupError)
}


class Connection:
    """A server at an address, and who calls it."""

    def __init__(self, address: str, token: str) -> None:
        self._http = httpx2.Client(
            base_url=f"{address.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=SILENCE,
            trust_env=False,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Json:  # noqa: ANN401
        """An answer; what is None is not asked."""
        return self.call("GET", path, params=given(params))

    def post(self, path: str, body: Json) -> Json:
        """An answer to what is sent."""
        return self.call("POST", path, json=body)

    def once(self, path: str, body: Json) -> Json:
        """The same, done once, also where an answer gets lost and it is sent again."""
        return self.call("POST", path, json=body, headers=once())

    def call(self, method: str, path: str, **more: Any) -> Json:  # noqa: ANN401
        """An answer.

        Raises:
            BozzettoError: the server refuses, or is not there.
        """
        lost = 0
        while True:
            try:
                return _read(self._http.request(method, path, **more))
            except httpx2.TransportError as error:
                lost += 1
                if not _again(error, more) or lost >= TRIES:
                    raise _lost(error) from error

    def work(self, method: str, path: str, on_event: OnEvent | None = None, **more: Any) -> Json:  # noqa: ANN401
        """What long work answers; `on_event` hears what happens before."""
        for name, data in self._told(method, path, more):
            if name == "error":
                raise _error(data)
            if name == "result":
                return data
            if on_event:
                on_event(name, data)
        raise BackendError("the server ended without a result", retryable=True)

    def _told(self, method: str, path: str, more: Json) -> Iterator[tuple[str, Json]]:
        """The events of a call, taken up again where the connection is lost."""
        last, lost, begun = 0, 0, False
        while True:
            sent = {} if begun else dict(more)
            headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}
            headers |= sent.pop("headers", {})
            try:
                with self._http.stream(method, path, headers=headers, **sent) as answer:
                    if answer.is_error:
                        answer.read()
                        _read(answer)
                    begun, method = True, "GET"
                    path = answer.headers.get("location", path).removeprefix("/api/v1")
                    for number, name, data in _events(answer.iter_lines()):
                        last = number
                        yield name, data
                return
            except httpx2.TransportError as error:
                lost += 1
                if not (begun or _again(error, more)) or lost > TRIES:
                    raise _lost(error) from error

    def lines(self, method: str, path: str, **more: Any) -> Iterator[Json]:  # noqa: ANN401
        """The objects of an answer of JSON Lines, as they come."""
        with self._streamed(method, path, **more) as answer:
            try:
                for line in answer.iter_lines():
                    yield json.loads(line)
            except httpx2.TransportError as error:
                raise _lost(error) from error

    def download(
        self,
        method: str,
        path: str,
        target: Path,
        *,
        rights: int = 0o666,
        **more: Any,  # noqa: ANN401
    ) -> Path:
        """Write an answer to a file, whole or not at all."""
        beside = target.with_name(f"{target.name}.part")
        try:
            with self._streamed(method, path, **more) as answer, _made(beside, rights) as file:
                for data in answer.iter_bytes():
                    file.write(data)
            beside.replace(target)
        except httpx2.TransportError as error:
            raise _lost(error) from error
        except OSError as error:
            raise InputError(f"{target}: {error.strerror or error}") from error
        finally:
            beside.unlink(missing_ok=True)
        return target

    @contextmanager
    def _streamed(self, method: str, path: str, **more: Any) -> Iterator[httpx2.Response]:  # noqa: ANN401
        asked = self._http.build_request(method, path, timeout=LONG, **more)
        try:
            answer = self._http.send(asked, stream=True)
        except httpx2.TransportError as error:
            raise _lost(error) from error
        try:
            if answer.is_error:
                answer.read()
                _read(answer)
            yield answer
        finally:
            answer.close()


def _made(path: Path, rights: int) -> BinaryIO:
    """A new file for those whom the rights name, less the process's mask."""
    path.unlink(missing_ok=True)
    return os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), rights),
        "wb",
    )


def once() -> dict[str, str]:
    """A header that names a call which is to be done once."""
    return {KEY: secrets.token_urlsafe(16)}


def _again(error: httpx2.TransportError, more: Json) -> bool:
    """Whether a call may be sent again: it is done once, and the server was there."""
    gone = isinstance(error, httpx2.ConnectError | httpx2.TimeoutException)
    return KEY in more.get("headers", {}) and not gone


def given(params: Mapping[str, Any]) -> dict[str, Any]:
    """What of parameters is said, as an address carries it."""
    return {name: value for name, value in params.items() if value is not None}


def pieces(file: Path) -> Iterator[bytes]:
    """A file, some at a time."""
    with file.open("rb") as opened:
        while data := opened.read(PIECE):
            yield data


def as_lines(ideas: Iterable[str | Json]) -> bytes:
    """Ideas, each a text or an object with `idea`, as JSON Lines."""
    rows = [{"idea": one} if isinstance(one, str) else one for one in ideas]
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def _events(lines: Iterator[str]) -> Iterator[tuple[int, str, Json]]:
    number, name = 0, ""
    for line in lines:
        key, _, value = line.partition(": ")
        if key == "id":
            number = int(value)
        elif key == "event":
            name = value
        elif key == "data":
            yield number, name, json.loads(value)


def _read(answer: httpx2.Response) -> Json:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BackendError(f"this is no server of ours: status {answer.status_code}")
    if answer.is_error:
        raise _error(found)
    return found


def _lost(error: Exception) -> BackendError:
    name = type(error).__name__
    return BackendError(f"the server is not there: {name}", hint="bozzetto serve", retryable=True)


def _error(problem: Json) -> BozzettoError:
    kind = _ERRORS.get(str(problem.get("code")), BozzettoError)
    return kind(str(problem.get("detail")), hint=problem.get("hint"))
