"""Calls to an embedding service over HTTP: bounded in bytes and time, errors in our words.

What a status means stands in one place for all services that speak HTTP
(`bozzetto.adapters.http.refusal`). Connections are kept between calls, as a search that
opened one each time would take twice as long, and end with their owner.
"""

from __future__ import annotations

import json
import threading
import time
import weakref
from typing import Any

import httpx2

from bozzetto.adapters.endpoint import Endpoint, PassingError, pause_of
from bozzetto.adapters.http import Answer, read_object, refusal
from bozzetto.errors import BackendError

__all__ = ["LARGEST", "Line"]

LARGEST = 64 * 2**20
"""Bytes of an answer at most: 256 vectors of 4,096 numbers take 25 MB."""

CONNECT = 5.0
"""Seconds to reach a server at all."""

READING = 120.0
"""Seconds that an answer may take to arrive once it has begun."""

_IDLE = 60.0  # seconds that a connection is kept for the next search


class Line:
    """The way to one service. Safe to share between threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._opened: httpx2.Client | None = None

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """The JSON object that a call is answered with.

        Raises:
            SetupError: the key or the model is missing or refused.
            BackendError: the server is down, silent, refuses, breaks off, or sends junk.
        """
        endpoint = self._endpoint
        extra: dict[str, Any] = {}
        if body is not None:
            extra = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
        try:
            with self._client().stream(method, f"{endpoint.url}{path}", **extra) as response:
                data = _read(response, endpoint)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _broken(endpoint, error) from None
        pause = pause_of(response.headers.get("retry-after", ""))
        answer = Answer(response.status_code, data, pause)
        if answer.status != 200:
            raise refusal(endpoint, answer, endpoint.model)
        return read_object(endpoint, answer)

    def _client(self) -> httpx2.Client:
        with self._lock:
            if self._opened is None:
                self._opened = _open(self._endpoint)
                weakref.finalize(self, self._opened.close)
            return self._opened


def _open(endpoint: Endpoint) -> httpx2.Client:
    """A client. A proxy of the environment is not for loopback."""
    return httpx2.Client(
        timeout=httpx2.Timeout(endpoint.timeout, connect=min(CONNECT, endpoint.timeout)),
        limits=httpx2.Limits(keepalive_expiry=_IDLE),
        headers={"Accept": "application/json", **endpoint.credentials},
        params=dict(endpoint.query),
        follow_redirects=False,
        trust_env=not endpoint.local,
        verify=not endpoint.local or endpoint.url.startswith("https:"),
    )


def _read(response: httpx2.Response, endpoint: Endpoint) -> bytes:
    body, until = bytearray(), time.monotonic() + READING
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST:
            raise BackendError(f"{endpoint.place} sent more than {LARGEST >> 20} MiB")
        if time.monotonic() > until:
            raise PassingError(f"{endpoint.place} did not come to an end in {READING:.0f} s")
    return bytes(body)


def _broken(endpoint: Endpoint, error: Exception) -> BackendError:
    """An error of the transport in our words. A refused connection is not tried again."""
    place = endpoint.place
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        hint = f"is it running? the address can be set by {endpoint.address_variable}"
        return BackendError(f"{place} cannot be reached", hint=hint)
    if isinstance(error, httpx2.TimeoutException):
        return PassingError(f"{place} did not answer: nothing for {endpoint.timeout:g} s")
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return BackendError(f"{place}: that is not an address")
    return PassingError(f"{place} broke off in the middle of a call")
