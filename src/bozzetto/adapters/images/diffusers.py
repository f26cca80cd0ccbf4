"""Hugging Face diffusers in this process: Stable Diffusion 1.5, XL, 3 and their quick kin.

    diffusers:FOLDER              a model in diffusers' layout
    diffusers:FILE.safetensors    a single checkpoint
    diffusers:OWNER/MODEL         a model of the Hugging Face hub, fetched at first use

The model is loaded at the first picture, once for the process however many generators name it,
and freed when the last of them is closed. One picture is drawn at a time, by one thread. A
picture takes the time it takes: `timeout` is for answers from a network, and means nothing here.
HF_HUB_OFFLINE, HF_HUB_CACHE and HF_TOKEN are heeded.
"""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

from bozzetto.adapters.images.drawing import LeftError, Loaded, draw
from bozzetto.adapters.images.loading import free, load, locate
from bozzetto.errors import InputError, MissingExtraError
from bozzetto.ports import ImageFeatures
from bozzetto.text.normalise import visible
from bozzetto.types import ImageEvent, ImageProgress, ImageRequest

__all__ = ["Diffusers", "open_images"]

_Tell = Callable[[ImageEvent | Exception], None]

PACKAGES = ("torch", "diffusers", "transformers", "safetensors")


@dataclass(slots=True)
class _Held:
    """A loaded model and the generators that want it kept, by their ids."""

    loaded: Loaded
    users: set[int] = field(default_factory=set)


_HELD: dict[str, _Held] = {}
"""The models of this process, by name; touched by the worker's thread alone."""


@cache
def _worker() -> ThreadPoolExecutor:
    """The one thread that loads and draws."""
    return ThreadPoolExecutor(1, thread_name_prefix="diffusers")


class Diffusers:
    """An image generator that draws with a diffusers pipeline."""

    def __init__(self, name: str, environ: Mapping[str, str]) -> None:
        self._name = name
        self._environ = environ

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return ImageFeatures(name=f"diffusers:{self._name}", previews=True)

    async def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Draw a request; leaving early stops the drawing within a step."""
        yield ImageProgress(0.0)
        loop = asyncio.get_running_loop()
        events: asyncio.Queue[ImageEvent | Exception] = asyncio.Queue()
        left = threading.Event()

        def tell(event: ImageEvent | Exception) -> None:
            try:
                loop.call_soon_threadsafe(events.put_nowait, event)
            except RuntimeError:  # the loop was closed, nobody listens
                left.set()

        job = _worker().submit(self._draw, request, tell, left)
        try:
            while True:
                event = await events.get()
                if isinstance(event, Exception):
                    raise event
                yield event
                if not isinstance(event, ImageProgress):
                    return
        finally:
            left.set()
            job.cancel()

    def _draw(self, request: ImageRequest, tell: _Tell, left: threading.Event) -> None:
        """In the worker's thread: load where that is due, draw, tell all of it."""
        try:
            if self._name not in _HELD:
                _HELD[self._name] = _Held(load(self._name, self._environ))
            held = _HELD[self._name]
            held.users.add(id(self))
            if not left.is_set():
                tell(draw(held.loaded, request, tell, left.is_set))
        except LeftError:
            return
        except Exception as error:
            tell(error)

    async def aclose(self) -> None:
        """Let go of the model; it is freed where nobody else wants it."""
        if _worker.cache_info().currsize:
            done: Future[None] = _worker().submit(_release, self._name, id(self))
            await asyncio.wrap_future(done)


def _release(name: str, user: int) -> None:
    held = _HELD.get(name)
    if held is None or user not in held.users:
        return
    held.users.discard(user)
    if not held.users:
        del _HELD[name], held
        free()


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> Diffusers:
    """Open a model by folder, file or hub name; nothing is loaded yet.

    Raises:
        InputError: no model is named.
        SetupError: there is no such model, or it may not be loaded.
        MissingExtraError: a package is missing.
    """
    name = rest.strip()
    if not name:
        raise InputError(
            "diffusers: names no model",
            hint="diffusers:FOLDER, diffusers:FILE.safetensors or diffusers:OWNER/MODEL",
        )
    missing = [package for package in PACKAGES if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"diffusers:{visible(name)} needs the package {missing[0]}",
            hint="pip install 'bozzetto[diffusers]'",
        )
    locate(name)
    return Diffusers(name, environ)
