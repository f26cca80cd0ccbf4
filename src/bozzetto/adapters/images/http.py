"""One call to a picture service over HTTP: bounded in bytes and time, errors in our words.

No connection outlives a picture, so that no event loop owns one. Nothing is tried again here:
whoever asked for the picture has a queue, and is told what may pass (`retryable`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx2

from bozzetto.adapters.endpoint import Endpoint, PassingError, pause_of
from bozzetto.adapters.http import Answer
from bozzetto.adapters.images.fitting import decode
from bozzetto.adapters.paid import lost
from bozzetto.errors import BackendError

__all__ = ["LARGEST", "call", "decode_picture", "open_client"]

LARGEST = 180 * 2**20
"""Bytes of an answer at most: a file of 128 MiB, the largest that is kept, in base64 and JSON."""

CONNECT = 5.0
"""Seconds to reach a server at all."""

READING = 300.0
"""Seconds that an answer may take to arrive once it has begun."""


def open_client(
    endpoint: Endpoint, headers: Mapping[str, str], *, auth: tuple[str, str] | None = None
) -> httpx2.AsyncClient:
    """A client for the calls of one picture. A proxy of the environment is not for loopback."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(endpoint.timeout, connect=min(CONNECT, endpoint.timeout)),
        headers={"Accept": "application/json", "Accept-Encoding": "identity", **headers},
        auth=auth,
        follow_redirects=False,
        trust_env=not endpoint.local,
        verify=not endpoint.local or endpoint.url.startswith("https:"),
    )


async def call(
    client: httpx2.AsyncClient,
    endpoint: Endpoint,
    method: str,
    path: str,
    *,
    body: object = None,
    form: Mapping[str, str] | None = None,
    patient: bool = False,
    paid: bool = False,
    most: int = LARGEST,
) -> Answer:
    """Ask once, for at most so many bytes. A `patient` call bears any silence.

    What a `paid` call asks for may be done although the answer is lost: that is not retryable.

    Raises:
        BackendError: the server cannot be reached, is silent, breaks off, or sends too much.
    """
    extra: dict[str, Any] = {}
    if body is not None:
        extra = {"content": json.dumps(body), "headers": {"Content-Type": "application/json"}}
    if form is not None:
        # As multipart even without a file: None says that a part has no file name.
        parts = {name: (None, value.encode("utf-8", "replace")) for name, value in form.items()}
        extra = {"files": parts}
    if patient:
        extra["timeout"] = httpx2.Timeout(None, connect=min(CONNECT, endpoint.timeout))
    try:
        request = client.build_request(method, f"{endpoint.url}{path}", **extra)
        response = await client.send(request, stream=True)
        try:
            async with asyncio.timeout(READING):
                data = await _read(response, endpoint, most)
        finally:
            await response.aclose()
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError) as error:
        broken = _broken(endpoint, error)
        raise (lost(broken.message) if paid and _went_out(error) else broken) from error
    return Answer(response.status_code, data, pause_of(response.headers.get("retry-after", "")))


async def _read(response: httpx2.Response, endpoint: Endpoint, most: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > most:
            raise BackendError(f"{endpoint.place} sent more than {most >> 20} MiB")
    return bytes(body)


_NOT_SENT = (
    httpx2.ConnectError,
    httpx2.ConnectTimeout,
    httpx2.InvalidURL,
    httpx2.LocalProtocolError,
    httpx2.PoolTimeout,
    httpx2.ProxyError,
    httpx2.UnsupportedProtocol,
    httpx2.WriteError,
    httpx2.WriteTimeout,
)


def _went_out(error: Exception) -> bool:
    """Whether the server has the whole request, as far as can be known."""
    return not isinstance(error, _NOT_SENT)


def _broken(endpoint: Endpoint, error: Exception) -> BackendError:
    """An error of the transport in our words."""
    place = endpoint.place
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        hint = f"is it running? the address can be set by {endpoint.address_variable}"
        return BackendError(f"{place} cannot be reached", hint=hint, retryable=True)
    if isinstance(error, httpx2.TimeoutException | TimeoutError):
        return PassingError(f"{place} did not answer: nothing for {endpoint.timeout:g} s")
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return BackendError(f"{place}: that is not an address")
    return PassingError(f"{place} broke off in the middle of a call")


def decode_picture(endpoint: Endpoint, text: object) -> bytes:
    """The bytes of a file in base64, with or without "data:image/png;base64," before it.

    Raises:
        BackendError: there is none, or it is not base64.
    """
    if isinstance(text, str) and text[:5] == "data:":
        text = text.partition(",")[2]
    return decode(text, endpoint.place)
