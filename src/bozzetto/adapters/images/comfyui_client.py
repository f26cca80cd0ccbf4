"""A ComfyUI server over HTTP and its websocket: a stranger, bounded in time and in bytes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode

import httpx2

from bozzetto.adapters.endpoint import Endpoint, PassingError, read_json
from bozzetto.adapters.http import Answer, read_object, refusal
from bozzetto.adapters.images.comfyui_events import File, one_line
from bozzetto.adapters.images.http import call, open_client
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

__all__ = ["Feed", "Server", "State", "connect"]

CONNECT = 5.0
"""Seconds to open a websocket at all."""

LARGEST_MESSAGE = 16 << 20
"""Bytes of one message; a longer one closes the line."""

REOPEN = 0.3
"""Seconds between two tries to open a lost websocket."""

CANCEL = 3.0
"""Seconds that cancelling may take: whoever leaves does not wait for long."""

_FOLDERS = {"unet_name": "diffusion_models"}

State = Literal["waiting", "running"]


@asynccontextmanager
async def connect(endpoint: Endpoint) -> AsyncIterator[Server]:
    """A client for one picture, so that no event loop owns a connection."""
    async with open_client(endpoint, _headers(endpoint)) as client:
        yield Server(client, endpoint)


def _headers(endpoint: Endpoint) -> dict[str, str]:
    """ComfyUI wants no key; what stands before it may."""
    return {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}


class Server:
    """The calls of one server that a picture needs."""

    def __init__(self, client: httpx2.AsyncClient, endpoint: Endpoint) -> None:
        self._client = client
        self.endpoint = endpoint

    async def submit(self, graph: Mapping[str, Any], prompt_id: str, client_id: str) -> str:
        """Ask for a picture; the id under which the server runs it.

        Raises:
            InputError: the server does not take a value.
            SetupError: it lacks a node or a model.
            BackendError: it cannot be reached, refuses, or answers junk.
        """
        body = {
            "prompt": graph,
            "prompt_id": prompt_id,
            "client_id": client_id,
            "extra_data": {"preview_method": "auto"},
        }
        taken = (await self._object("POST", "/prompt", body)).get("prompt_id")
        if not isinstance(taken, str) or not taken:
            raise BackendError(f"{self.endpoint.place} took a picture and gave no id for it")
        return taken

    async def entry(self, prompt_id: str) -> dict[str, Any] | None:
        """What the history says of a picture that has ended; None of another."""
        entry = (await self._object("GET", f"/history/{quote(prompt_id)}")).get(prompt_id)
        return entry if isinstance(entry, dict) else None

    async def state(self, prompt_id: str) -> State | None:
        """Whether a picture waits or is drawn; None where the queue does not know it."""
        found = await self._object("GET", "/queue")
        if prompt_id in _queued(found.get("queue_running")):
            return "running"
        return "waiting" if prompt_id in _queued(found.get("queue_pending")) else None

    async def cancel(self, prompt_id: str) -> None:
        """Stop a picture, and only that one; what fails on the way does not matter."""
        try:
            async with asyncio.timeout(CANCEL):
                await self._cancel(prompt_id)
        except (BackendError, InputError, SetupError, TimeoutError):
            pass

    async def _cancel(self, prompt_id: str) -> None:
        try:
            await self._call("POST", f"/api/jobs/{quote(prompt_id)}/cancel", {})
        except BackendError as error:
            if error.status not in (404, 405):
                raise
            # An older server. Its interrupt may stop whatever runs: ask first whose it is.
            await self._call("POST", "/queue", {"delete": [prompt_id]})
            if await self.state(prompt_id) == "running":
                await self._call("POST", "/interrupt", {"prompt_id": prompt_id})

    async def models(self, key: str) -> list[str]:
        """The models that an input of that name can take, in the server's order."""
        folder = _FOLDERS.get(key, "checkpoints")
        try:
            found = read_json((await self._call("GET", f"/models/{folder}")).text)
        except ValueError as error:
            raise BackendError(f"{self.endpoint.place} sent no list of models") from error
        except BackendError as error:
            if error.status != 404:
                raise
            found = _listed(await self._object("GET", "/object_info/CheckpointLoaderSimple"))
        return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []

    async def fetch(self, file: File) -> bytes | None:
        """The bytes of a picture; None where the file is gone.

        Raises:
            BackendError: it is too large, or breaks off.
        """
        query = {"filename": file.filename, "subfolder": file.subfolder, "type": file.type}
        try:
            return (await self._call("GET", f"/view?{urlencode(query)}")).body
        except BackendError as error:
            if error.status != 404:
                raise
            return None

    async def _object(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        return read_object(self.endpoint, await self._call(method, path, body))

    async def _call(self, method: str, path: str, body: object = None) -> Answer:
        answer = await call(self._client, self.endpoint, method, path, body=body)
        if answer.status != 200:
            raise _refusal(self.endpoint, answer)
        return answer


def _refusal(endpoint: Endpoint, answer: Answer) -> BozzettoError:
    """What a status other than 200 means."""
    if answer.status == 400:
        return _invalid(endpoint.place, answer)
    if answer.status in (404, 405):
        return BackendError(
            f"{endpoint.place} answered {answer.status}",
            hint=f"is that a ComfyUI? the address can be set by {endpoint.address_variable}",
            status=answer.status,
        )
    return refusal(endpoint, answer, endpoint.model)


def _queued(items: Any) -> set[str]:  # noqa: ANN401
    """The ids of a queue's items: lists of a number, the id, and more."""
    rows = items if isinstance(items, list) else []
    return {row[1] for row in rows if isinstance(row, list) and row[1:] and _is_text(row[1])}


def _is_text(value: Any) -> bool:  # noqa: ANN401
    return isinstance(value, str)


def _listed(found: Any) -> Any:  # noqa: ANN401
    """The checkpoints in an `/object_info`: a list of names, or "COMBO" and options."""
    try:
        kind, *more = found["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"]
        return kind if isinstance(kind, list) else more[0]["options"]
    except (KeyError, TypeError, IndexError, ValueError):
        return []


def _invalid(place: str, answer: Answer) -> BozzettoError:
    """Why a graph was not taken: the node and the input it stumbled over."""
    try:
        found = read_json(answer.text)
    except ValueError:
        found = None
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return BackendError(f"{place} did not take the workflow", status=400)
    node_errors = found.get("node_errors") if isinstance(found, dict) else None
    for name, told in node_errors.items() if isinstance(node_errors, dict) else ():
        for one in told.get("errors", ()) if isinstance(told, dict) else ():
            if isinstance(one, dict):
                return _stumbled(place, f"node {name} ({told.get('class_type')})", one)
    said = one_line(f"{error.get('message')} {error.get('details') or ''}")
    if error.get("type") in ("missing_node_type", "invalid_prompt"):
        return SetupError(
            f"{place} lacks a node of the workflow: {said}",
            hint="install the custom node there, or take another workflow",
        )
    return InputError(f"{place} did not take the workflow: {said}")


def _stumbled(place: str, node: str, error: Mapping[str, Any]) -> InputError | SetupError:
    said = one_line(f"{error.get('message')}: {error.get('details')}")
    message = f"{place} did not take {one_line(node, 120)}: {said}"
    extra = error.get("extra_info")
    name = extra.get("input_name") if isinstance(extra, dict) else None
    if error.get("type") == "value_not_in_list" and str(name).endswith(("ckpt_name", "unet_name")):
        return SetupError(message, hint="put the model into ComfyUI's models folder, or name one")
    return InputError(message)


class Feed:
    """The websocket of one client id, opened again when it is lost."""

    def __init__(self, endpoint: Endpoint, client_id: str) -> None:
        self._endpoint = endpoint
        self._url = f"ws{endpoint.url.removeprefix('http')}/ws?clientId={client_id}"
        self._line: ClientConnection | None = None

    async def open(self) -> None:
        """Open it for the first time.

        Raises:
            BackendError: there is no server, or it refuses.
        """
        from websockets.exceptions import InvalidStatus, WebSocketException

        place = self._endpoint.place
        try:
            self._line = await self._connect()
        except InvalidStatus as error:
            answer = Answer(error.response.status_code, b"")
            raise _refusal(self._endpoint, answer) from error
        except (OSError, TimeoutError, EOFError) as error:
            raise PassingError(f"{place} opens no websocket") from error
        except (WebSocketException, ValueError) as error:
            raise BackendError(f"{place} speaks no websocket") from error

    async def _connect(self) -> ClientConnection:
        from websockets.asyncio.client import connect as open_line

        class Line(open_line):
            """One that follows no redirect: a key is for its host."""

            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc

        # No pings: a server that loads a model may not answer them for a while.
        return await Line(
            self._url, proxy=None, compression=None, max_size=LARGEST_MESSAGE, ping_interval=None,
            open_timeout=min(CONNECT, self._endpoint.timeout), close_timeout=0.3,
            additional_headers=_headers(self._endpoint),
        )  # fmt: skip

    async def receive(self, seconds: float) -> str | bytes | None:
        """The next message; None where none came in time, or the line is lost."""
        from websockets.exceptions import ConnectionClosed, WebSocketException

        if self._line is None:
            await asyncio.sleep(min(REOPEN, seconds))
            try:
                self._line = await self._connect()
            except (OSError, TimeoutError, EOFError, WebSocketException, ValueError):
                return None
            return None
        try:
            async with asyncio.timeout(seconds):
                return await self._line.recv()
        except TimeoutError:
            return None
        except ConnectionClosed:
            await self.aclose()
            return None

    async def aclose(self) -> None:
        """Let go of the line."""
        line, self._line = self._line, None
        if line is not None:
            await line.close()
