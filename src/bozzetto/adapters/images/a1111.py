"""AUTOMATIC1111's web UI, and Forge and SD.Next, which speak its API (`--api`).

`rest` is the server's address, http://127.0.0.1:7860 where it is empty. What is sent is what a
request holds and nothing else: no scripts, and of the settings only the checkpoint. Prompts go
as they are: `(word:1.2)` is that server's own syntax.

POST /sdapi/v1/txt2img, documented by the server itself at /docs.
"""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import AsyncGenerator, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

import httpx2

from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint, read_json, said_by
from bozzetto.adapters.http import Answer, read_object, refusal
from bozzetto.adapters.images.a1111_info import read_info
from bozzetto.adapters.images.a1111_watch import Watch
from bozzetto.adapters.images.http import call, decode_picture, open_client
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.ports import ImageFeatures
from bozzetto.types import ImageEvent, ImageFiltered, ImageMade, ImageProgress, ImageRequest

__all__ = ["A1111", "SERVICE", "open_images"]

SERVICE = Service(
    "AUTOMATIC1111", "http://127.0.0.1:7860", "A1111_BASE_URL", "A1111_AUTH", model="its own"
)

_NO_CHECKPOINT = re.compile(r"(?:checkpoint|model)\b.*not found|unknown checkpoint", re.I)
_NO_SAMPLER = re.compile(r"sampler\b.*not found|unknown sampler|invalid sampler", re.I)


class A1111:
    """Pictures of a web UI; it draws one at a time, whoever asks."""

    def __init__(self, name: str, endpoint: Endpoint, auth: tuple[str, str] | None) -> None:
        self._features = ImageFeatures(name=name, previews=True)
        self._endpoint = endpoint
        self._auth = auth

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return self._features

    def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Make one picture; leaving early interrupts it there while it is ours that is drawn."""
        return _stream(self._endpoint, self._auth, request)

    async def aclose(self) -> None:
        """Nothing is held between calls."""


async def _stream(
    endpoint: Endpoint, auth: tuple[str, str] | None, request: ImageRequest
) -> AsyncGenerator[ImageEvent]:
    job = f"task(bozzetto-{uuid4().hex})"
    async with open_client(endpoint, {}, auth=auth) as client:
        watch = Watch(client, endpoint, job)
        await watch.begin()
        yield ImageProgress(0.0)
        posting = asyncio.create_task(
            call(
                client, endpoint, "POST", "/sdapi/v1/txt2img",
                body=_body(request, job), patient=True,
            )
        )  # fmt: skip
        looking = asyncio.create_task(watch.look())
        try:
            while not posting.done():
                await asyncio.wait({posting, looking}, return_when=asyncio.FIRST_COMPLETED)
                if looking.done() and not posting.done():
                    event = looking.result()
                    looking = asyncio.create_task(watch.look())
                    if event:
                        yield event
        finally:
            await _end_tasks(watch, posting, looking)
        answer = posting.result()
        if answer.status != 200:
            raise await _refusal(client, endpoint, answer, request)
        end = _made(endpoint, request, read_object(endpoint, answer))
        stopped = await watch.stopped()
    yield _with_note(end, "it was interrupted there and is not finished") if stopped else end


async def _end_tasks(
    watch: Watch, posting: asyncio.Task[Answer], looking: asyncio.Task[ImageProgress | None]
) -> None:
    """Leave no task behind; a call that is still open is left, and its picture interrupted."""
    left = not posting.done()
    posting.cancel()
    looking.cancel()
    await asyncio.gather(posting, looking, return_exceptions=True)
    if left:
        await watch.interrupt()


def _body(request: ImageRequest, job: str) -> dict[str, Any]:
    optional = {
        "negative_prompt": request.negative,
        "steps": request.steps,
        "cfg_scale": request.guidance,
        "sampler_name": request.sampler,
        "width": request.width or request.height,
        "height": request.height or request.width,
    }
    body: dict[str, Any] = {name: value for name, value in optional.items() if value is not None}
    if request.model:
        body["override_settings"] = {"sd_model_checkpoint": request.model}
        body["override_settings_restore_afterwards"] = True
    return body | {
        "prompt": request.prompt,
        "seed": request.seed,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
        "force_task_id": job,
    }


async def _refusal(
    client: httpx2.AsyncClient, endpoint: Endpoint, answer: Answer, request: ImageRequest
) -> BozzettoError:
    """What a status other than 200 means; a name it does not know, with those it does."""
    said = said_by(endpoint, answer.text)
    if request.sampler and _NO_SAMPLER.search(said):
        hint = await _close(client, endpoint, "/sdapi/v1/samplers", "name", request.sampler)
        return InputError(f"{endpoint.place} has no sampler {request.sampler!r}", hint=hint)
    if request.model and _NO_CHECKPOINT.search(said):
        hint = await _close(client, endpoint, "/sdapi/v1/sd-models", "title", request.model)
        return SetupError(f"{endpoint.place} has no checkpoint {request.model!r}", hint=hint)
    return refusal(endpoint, answer, request.model or "of that name")


async def _close(
    client: httpx2.AsyncClient, endpoint: Endpoint, path: str, field: str, name: str
) -> str | None:
    """The names nearest to one that the server does not know, for a hint."""
    try:
        answer = await call(client, endpoint, "GET", path, most=2**22)
        found = read_json(answer.text)
    except (BackendError, ValueError):
        return None
    rows = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    names = [str(one[field]) for one in rows[:5000] if field in one]
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or sorted(names)[:5]
    return said_by(endpoint, f"it has {', '.join(near)}").removeprefix(": ") if near else None


def _made(endpoint: Endpoint, request: ImageRequest, found: Mapping[str, Any]) -> ImageEvent:
    info = read_info(found.get("info"))
    if info.filtered:
        return ImageFiltered(f"{SERVICE.title} found the picture unfit and blanked it")
    images = found.get("images")
    # A grid of several may come first; we ask for one picture, so that one must be left.
    images = images[info.first :] if isinstance(images, list) else []
    if len(images) != 1:
        raise BackendError(
            f"{endpoint.place} sent {len(images)} pictures where one was asked for",
            hint="was it interrupted there, or does an extension add pictures?",
        )
    return ImageMade(decode_picture(endpoint, images[0]), info.effective(request))


def _login(endpoint: Endpoint) -> tuple[str, str] | None:
    if not endpoint.key:
        return None
    user, colon, password = endpoint.key.partition(":")
    if not (user and colon):
        raise SetupError(
            f"{endpoint.key_variable} holds no user name and password",
            hint=f"set {endpoint.key_variable} to USER:PASSWORD, as in the server's --api-auth",
        )
    return user, password


def _with_note(end: ImageEvent, note: str) -> ImageEvent:
    if not isinstance(end, ImageMade):
        return end
    notes = (*end.effective.notes, note)
    return replace(end, effective=replace(end.effective, notes=notes))


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> A1111:
    """Open a server. `timeout` is how long it may stay silent, seconds.

    Raises:
        SetupError: the address is none, or the user name and password are not.
    """
    address = rest.strip()
    if address and "://" not in address:
        address = f"http://{address}"
    endpoint = open_endpoint("a1111", SERVICE, address, environ=environ, timeout=timeout)
    if endpoint.model != SERVICE.model:
        shown = re.split("[?#]", rest.rpartition("@")[2])[0]  # behind these may be a key
        hint = f"such as {SERVICE.address}"
        raise InputError(f"a1111: takes an address, not {shown!r}", hint=hint)
    return A1111(f"a1111:{endpoint.url}", endpoint, _login(endpoint))
