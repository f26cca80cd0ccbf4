"""ComfyUI: a workflow in API format, its slots filled, one picture a request.

`rest` is a workflow, "@" and the address of a server, or one of the two alone. A workflow is one
of ours (`BUILT_IN`) or a file of the user's, see `comfyui_workflow`. Wire format: the server's
own routes (`/prompt`, `/ws`, `/history`, `/view`, `/queue`), as of ComfyUI 0.3 and later.

A picture's id derives from the filled graph: what was asked for before we died is taken from the
server's history or waited for in its queue, and not drawn twice.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from time import monotonic

from bozzetto.adapters.endpoint import Endpoint, Service, open_endpoint
from bozzetto.adapters.images.comfyui_client import Feed, Server, connect
from bozzetto.adapters.images.comfyui_events import Watch, files
from bozzetto.adapters.images.comfyui_samplers import split_sampler
from bozzetto.adapters.images.comfyui_workflow import (
    LARGEST,
    Graph,
    Value,
    Workflow,
    read_workflow,
    renamed,
)
from bozzetto.errors import BackendError, InputError, SetupError
from bozzetto.ports import ImageFeatures
from bozzetto.types import Effective, ImageEvent, ImageMade, ImageProgress, ImageRequest

__all__ = ["BUILT_IN", "ComfyUI", "open_images"]

BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "sd": ("v1-5", "v1.5", "sd15", "1.5"),
    "sdxl": ("xl",),
    "sd3": ("sd3",),
    "flux": ("flux",),
}
"""Our workflows, and what the names of checkpoints that fit them often hold."""

SERVICE = Service(
    "ComfyUI", "http://127.0.0.1:8188", "COMFYUI_BASE_URL", "COMFYUI_API_KEY", model="sdxl"
)
"""The workflow takes the model's place in `rest`."""

QUIET = 5.0
"""Seconds without a word after which history and queue are asked."""

POLL = 0.25
"""Seconds between two looks at a picture of which nothing more is told to us."""

_NAMESPACE = uuid.UUID("5f0b1f0a-6a52-5c0e-9f3a-0d6f5f6f7a11")
_UNMET = {
    "negative": "a negative prompt",
    "steps": "steps",
    "guidance": "a guidance",
    "sampler": "a sampler",
    "scheduler": "a scheduler",
    "width": "a width",
    "height": "a height",
    "model": "a model",
}


class ComfyUI:
    """An image generator behind a ComfyUI server."""

    def __init__(
        self, name: str, workflow: Workflow, endpoint: Endpoint, prefers: tuple[str, ...] = ()
    ) -> None:
        slots = workflow.names
        self._features = ImageFeatures(
            name=name, seeds="seed" in slots, negative="negative" in slots, parallel=2,
            previews=True,
        )  # fmt: skip
        self._workflow = workflow
        self._endpoint = endpoint
        self._prefers = prefers
        self._open: set[str] = set()

    @property
    def features(self) -> ImageFeatures:
        """What the generator is."""
        return self._features

    async def stream(self, request: ImageRequest) -> AsyncGenerator[ImageEvent]:
        """Make one picture; leaving early takes it out of the server's queue, or stops it."""
        async with connect(self._endpoint) as server:
            asked, notes = await self._asked(server, request)
            graph = self._workflow.fill(asked)
            prompt_id = self._id(graph)
            self._open.add(prompt_id)
            try:
                async with aclosing(_made(server, graph, prompt_id)) as events:
                    async for event in events:
                        if isinstance(event, _Drawn):
                            effective = _effective(self._workflow.values(asked), request)
                            noted = (*notes, *event.notes)
                            yield ImageMade(event.data, replace(effective, notes=noted))
                        else:
                            yield event
            finally:
                self._open.discard(prompt_id)

    async def aclose(self) -> None:
        """Nothing is held between calls."""

    def _id(self, graph: Graph) -> str:
        """The same for the same graph, unless that one is on its way here already."""
        text = json.dumps(graph, sort_keys=True)
        prompt_id = str(uuid.uuid5(_NAMESPACE, text))
        return str(uuid.uuid4()) if prompt_id in self._open else prompt_id

    async def _asked(
        self, server: Server, request: ImageRequest
    ) -> tuple[dict[str, Value], list[str]]:
        """The request in the words of the slots, and what of it cannot be had."""
        asked = _in_slots(request, self._workflow.multiple)
        names, title = self._workflow.names, self._workflow.title
        notes = [
            f"the workflow {title} has no slot for {words}"
            for name, words in _UNMET.items()
            if asked.get(name, "") != "" and name not in names
        ]
        if "seed" not in names:
            notes.append(f"the workflow {title} has no slot for a seed: all seeds look the same")
        for name, size in (("width", request.width), ("height", request.height)):
            if size and name in names and asked[name] != size:
                notes.append(f"{name} {size} gave way to {asked[name]}")
        slot = self._workflow.waiting("model")
        if slot and request.model is None:
            asked["model"] = self._first(await server.models(slot.key))
            notes.append(f"no model was named: {asked['model']} is the server's first that fits")
        return asked, notes

    def _first(self, models: Sequence[str]) -> str:
        if not models:
            raise SetupError(
                f"{self._endpoint.place} has no checkpoint",
                hint="put one into its models/checkpoints folder",
            )
        fits = (m for hint in self._prefers for m in models if hint in m.lower())
        return next(fits, models[0])


def _in_slots(request: ImageRequest, multiple: int) -> dict[str, Value]:
    """What a request asks, by slot; sides are rounded to what the model's latents allow."""
    sampler, scheduler = split_sampler(request.sampler) if request.sampler else (None, None)
    asked: dict[str, Value | None] = {
        "prompt": request.prompt,
        "negative": request.negative,
        "seed": request.seed,
        "steps": request.steps,
        "guidance": request.guidance,
        "sampler": sampler,
        "scheduler": scheduler,
        "width": _side(request.width, multiple),
        "height": _side(request.height, multiple),
        "model": request.model,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _side(size: int | None, multiple: int) -> int | None:
    return None if size is None else max(16, round(size / multiple) * multiple)


def _effective(values: Mapping[str, Value], request: ImageRequest) -> Effective:
    """What stood in the slots; what had none is unknown."""
    named: dict[str, Value] = {k: v for k, v in values.items() if k != "scheduler"}
    if "sampler" in values and "scheduler" in values:
        named["sampler"] = f"{values['sampler']} {values['scheduler']}"
    named["negative"] = values.get("negative") or ""
    known = {key: value for key, value in named.items() if value != ""}
    return replace(Effective(prompt=request.prompt), **known)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The file of a picture that was drawn."""

    data: bytes
    notes: tuple[str, ...] = ()


class _LostError(BackendError):
    """What the server had of a picture is of no use: it has to be drawn again."""


async def _made(
    server: Server, graph: Graph, prompt_id: str
) -> AsyncGenerator[ImageProgress | _Drawn]:
    """Draw it; a second time under another id where the server lost what it had of the first."""
    share = 0.0
    try:
        async with aclosing(_drawn(server, graph, prompt_id, share)) as events:
            async for event in events:
                share = event.done if isinstance(event, ImageProgress) else share
                yield event
        return
    except _LostError:
        again = str(uuid.uuid4())
    async with aclosing(_drawn(server, renamed(graph, again[:8]), again, share)) as events:
        async for event in events:
            yield event


async def _drawn(
    server: Server, graph: Graph, prompt_id: str, share: float
) -> AsyncGenerator[ImageProgress | _Drawn]:
    job = _Job(server, graph, prompt_id, Watch(prompt_id, graph, share))
    try:
        await job.begin()
        yield ImageProgress(share)
        while job.entry is None:
            progress = await job.step()
            if progress:
                yield progress
        yield await job.picture()
    finally:
        await job.leave()


class _Job:
    """One picture on a server, from the asking to the file."""

    def __init__(self, server: Server, graph: Graph, prompt_id: str, watch: Watch) -> None:
        self.entry: dict[str, object] | None = None
        self._server = server
        self._graph = graph
        self._id = prompt_id
        self._watch = watch
        self._feed: Feed | None = None
        self._there = self._asked = False
        self._heard = self._looked = monotonic()
        self._quiet = min(QUIET, server.endpoint.timeout / 3)

    async def begin(self) -> None:
        """Find the picture there from before, or ask for it; progress is listened to first."""
        self.entry = await self._server.entry(self._id)
        if self.entry is not None:
            return
        self._there = await self._server.state(self._id) is not None
        if self._there:
            return
        client = uuid.uuid4().hex
        self._feed = Feed(self._server.endpoint, client)
        await self._feed.open()
        self._there = self._asked = True
        self._id = await self._server.submit(self._graph, self._id, client)
        self._watch.prompt_id = self._id
        self._heard = self._looked = monotonic()

    async def step(self) -> ImageProgress | None:
        """Wait for the next word; look for oneself where none comes.

        Raises:
            BackendError: the picture failed, or the server has lost it or fell silent.
        """
        if self._feed is None:
            await asyncio.sleep(POLL)
            message = None
        else:
            message = await self._feed.receive(POLL if self._watch.over else self._quiet)
        progress = None
        if message is not None:
            progress = self._watch.hear(message)
            if self._watch.touched:
                self._heard = monotonic()
        if self._watch.over or message is None or monotonic() - self._looked > self._quiet:
            await self._look()
        return progress

    async def _look(self) -> None:
        """Ask history and queue; a server that is away for a while may come back."""
        self._looked = now = monotonic()
        silence = self._server.endpoint.timeout
        known = True
        try:
            known = await self._ask()
        except BackendError as error:
            if not error.retryable or now - self._heard > silence:
                raise
        if not known:
            self._lose("was started anew and knows nothing of the picture")
        if self.entry is None and now - self._heard > silence:
            place = self._server.endpoint.place
            raise BackendError(f"{place} fell silent: nothing for {silence:g} s", retryable=True)

    async def _ask(self) -> bool:
        """Whether the server knows the picture."""
        self.entry = await self._server.entry(self._id)
        if self.entry is not None:
            return True
        state = await self._server.state(self._id)
        if state == "waiting":
            self._heard = monotonic()  # others are drawn first: that is no silence
        if state is None:
            self.entry = await self._server.entry(self._id)
        if self._watch.over and self.entry is None:
            await asyncio.sleep(0.02)  # the end is told a moment before it is in the history
        return state is not None or self.entry is not None or self._watch.over

    def _lose(self, why: str) -> None:
        kind = BackendError if self._asked else _LostError
        raise kind(f"{self._server.endpoint.place} {why}", retryable=True)

    async def picture(self) -> _Drawn:
        """The first picture that was kept.

        Raises:
            BackendError: it failed, there is none, or its file is gone.
        """
        try:
            found = files(self.entry or {})
        except BackendError as error:
            if self._asked:
                raise
            raise _LostError(error.message) from error
        if not found and not self._asked:
            self._lose("kept no picture")
        if not found:
            raise BackendError(f"{self._server.endpoint.place}: the workflow gave no picture out")
        data = await self._server.fetch(found[0])
        if data is None:
            raise _LostError(f"{self._server.endpoint.place} has lost the picture", retryable=True)
        more = len(found) - 1
        return _Drawn(data, (f"the workflow made {more} more; the first is kept",) if more else ())

    async def leave(self) -> None:
        """Cancel what is not over, and let go of the line."""
        if self._there and self.entry is None and not self._watch.over:
            await self._server.cancel(self._id)
        if self._feed is not None:
            await self._feed.aclose()


def open_images(rest: str, *, environ: Mapping[str, str], timeout: float) -> ComfyUI:
    """Open a workflow on a server. `timeout` is how long the server may stay silent, seconds.

    Raises:
        InputError: there is no such workflow, or it is refused.
        SetupError: the address is none.
    """
    endpoint = open_endpoint("comfyui", SERVICE, rest, environ=environ, timeout=timeout)
    name = endpoint.model
    # In notes, which travel with a picture, a file goes by its name and not by its folder.
    workflow = replace(read_workflow(_file(name), name), title=Path(name).name)
    return ComfyUI(f"comfyui:{name}", workflow, endpoint, BUILT_IN.get(name, ()))


def _file(name: str) -> bytes:
    """The bytes of a workflow: one of ours, or a file."""
    if name in BUILT_IN:
        return (resources.files(__package__) / "workflows" / f"{name}.json").read_bytes()
    try:
        with Path(name).expanduser().open("rb") as file:
            return file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        known = ", ".join(BUILT_IN)
        raise InputError(
            f"comfyui: there is no workflow {name!r}",
            hint=f"there are {known}, or name a file in API format",
        ) from error
