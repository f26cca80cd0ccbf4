"""One streamed answer over HTTP: ask, retry before the first token, read.

What differs from one interface to the next is its `Wire`. A server is a stranger: what it sends
is bounded in time, bytes and characters, and never trusted to be well formed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from bozzetto.adapters.chat.reading import Reading
from bozzetto.adapters.chat.retrying import patiently
from bozzetto.adapters.chat.written import CHARACTERS_A_TOKEN
from bozzetto.adapters.endpoint import (
    PASSING,
    Endpoint,
    PassingError,
    key_refused,
    pause_of,
    said_by,
)
from bozzetto.errors import BackendError, SetupError
from bozzetto.types import ChatEvent, ChatRequest, Finish

__all__ = ["Call", "Wire", "answer"]

CONNECT = 5.0
"""Seconds to reach a server at all."""

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wire:
    """An interface: what is posted where, how the answer is read.

    `optional` are fields of the body that a server may refuse, by its name in the refusal;
    `without` makes the body less such a field. `hint` helps where there is no such model.
    """

    path: str
    headers: Callable[[Endpoint], Mapping[str, str]]
    reading: Callable[[Endpoint, int], Reading]
    optional: re.Pattern[str]
    without: Callable[[Body, str], Body]
    hint: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way. `refused` remembers, for later calls, the fields nobody wanted."""

    wire: Wire
    endpoint: Endpoint
    request: ChatRequest
    body: Body
    refused: set[str]

    def fitting(self) -> Body:
        """The body less the fields that were refused."""
        body = self.body
        for name in sorted(self.refused & body.keys()):
            body = self.wire.without(body, name)
        return body


def answer(call: Call) -> AsyncGenerator[ChatEvent]:
    """Stream one answer; retries and pauses end with the first event.

    Raises:
        SetupError: the key is refused, or there is no such model.
        BackendError: the server is down, slow, refuses, breaks off, or talks junk.
    """
    return patiently(lambda: _fitting(call))


async def _fitting(call: Call) -> AsyncGenerator[ChatEvent]:
    """An answer, after as many refusals of a field as the server has."""
    while True:
        try:
            async with aclosing(_once(call, call.fitting())) as events:
                async for event in events:
                    yield event
            return
        except _UnsupportedError as unsupported:
            call.refused.add(unsupported.name)


class _UnsupportedError(Exception):
    """The server refuses an optional field that older or newer servers want."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


_FILTERED = re.compile(r"\"code\": ?\"content_(?:filter|policy_violation)\"|\"flagged_input\": ?")


async def _once(call: Call, body: Body) -> AsyncGenerator[ChatEvent]:
    endpoint = call.endpoint
    async with _response(call, body) as response:
        if response.status_code != 200:
            text = await _beginning(response)
            if response.status_code in (400, 403) and _FILTERED.search(text):
                yield Finish("filtered")
                return
            raise _refusal(call, body, response, text)
        reading = call.wire.reading(endpoint, CHARACTERS_A_TOKEN * call.request.max_tokens)
        try:
            async for chunk in response.aiter_bytes():
                for event in reading.feed(chunk):
                    yield event
                if reading.over:
                    break
            for event in () if reading.over else reading.feed(b"", last=True):
                yield event
        except httpx2.HTTPError as error:
            # An end was announced already: whatever breaks after it takes nothing away.
            if reading.reason is None:
                raise _broken(endpoint, error, bool(reading.characters)) from error
        for event in reading.end():
            yield event


@asynccontextmanager
async def _response(call: Call, body: Body) -> AsyncIterator[httpx2.Response]:
    """The open response. No connection outlives a call, so that no event loop owns one."""
    endpoint = call.endpoint
    headers = {
        "Accept": "text/event-stream, application/json",
        "Accept-Encoding": "identity",
        **call.wire.headers(endpoint),
    }
    client = httpx2.AsyncClient(
        timeout=httpx2.Timeout(endpoint.timeout, connect=min(CONNECT, endpoint.timeout)),
        follow_redirects=False,
        trust_env=not endpoint.local,
        verify=not endpoint.local or endpoint.url.startswith("https:"),
    )
    async with client:
        url = f"{endpoint.url}{call.wire.path}"
        query = dict(endpoint.query)
        request = client.build_request("POST", url, json=body, headers=headers, params=query)
        try:
            response = await client.send(request, stream=True)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise _broken(endpoint, error, False) from error
        try:
            yield response
        finally:
            await response.aclose()


async def _beginning(response: httpx2.Response) -> str:
    """The first kilobytes of a refusal; what breaks while reading it does not matter."""
    data = b""
    try:
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > 20_000:
                break
    except httpx2.HTTPError:
        pass
    return data[:20_000].decode("utf-8", "replace")


def _broken(endpoint: Endpoint, error: Exception, started: bool) -> BackendError:
    """An error of the transport in our words. A refused connection is not tried again."""
    place = endpoint.place
    if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout):
        hint = f"is it running? the address can be set by {endpoint.address_variable}"
        return BackendError(f"{place} cannot be reached", hint=hint)
    if isinstance(error, httpx2.TimeoutException):
        what = "stopped in the middle of its answer" if started else "did not begin to answer"
        return BackendError(f"{place} {what}: nothing for {endpoint.timeout:g} s")
    if isinstance(error, httpx2.InvalidURL | httpx2.UnsupportedProtocol):
        return BackendError(f"{place}: that is not an address")
    what = "broke off in the middle of its answer" if started else "closed the connection"
    return PassingError(f"{place} {what}")


def _refusal(call: Call, body: Body, response: httpx2.Response, text: str) -> Exception:
    """What a status other than 200 means."""
    endpoint = call.endpoint
    status, said = response.status_code, said_by(endpoint, text)
    if status in (401, 403):
        return key_refused(endpoint, status, said)
    if status == 404:
        message = f"{endpoint.place} has no model {endpoint.model!r}{said}"
        return SetupError(message, hint=call.wire.hint)
    if status in (400, 422):
        named = call.wire.optional.search(said)
        if named and named[1] in body:
            return _UnsupportedError(named[1])
    if status in PASSING and "insufficient_quota" not in text:
        pause = pause_of(response.headers.get("retry-after", ""))
        return PassingError(f"{endpoint.place} answered {status}{said}", status=status, pause=pause)
    if 300 <= status < 400:
        hint = f"set the address it moved to by {endpoint.address_variable}"
        return BackendError(f"{endpoint.place} points elsewhere", hint=hint, status=status)
    return BackendError(f"{endpoint.place} answered {status}{said}", status=status)
