"""What a ComfyUI server tells of a picture, on its websocket and in its history. Pure."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bozzetto.errors import BackendError
from bozzetto.text.normalise import normalise, visible
from bozzetto.types import ImageProgress

__all__ = ["File", "Watch", "files", "one_line", "read_preview", "what_failed"]

LARGEST_PREVIEW = 2 << 20
"""Bytes of a preview that is shown on; larger ones are left out."""

_PREVIEW, _PREVIEW_WITH_METADATA = 1, 4
_PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|RIFF.{4}WEBP", re.DOTALL)
_SAMPLES = re.compile("sampler", re.IGNORECASE)
_ENDS = frozenset({"execution_error", "execution_interrupted"})


def one_line(text: str, most: int = 300) -> str:
    """What a server says as one safe line."""
    return visible(normalise(text[:4000]))[:most]


def read_preview(frame: bytes) -> bytes | None:
    """The picture of a binary frame; None where it is none, or too large.

    4 bytes of event type, then 4 of picture type and the picture, or 4 of length, JSON, picture.
    """
    if not 8 < len(frame) <= LARGEST_PREVIEW:
        return None
    kind, number = struct.unpack_from(">II", frame)
    start = {_PREVIEW: 8, _PREVIEW_WITH_METADATA: 8 + number}.get(kind, len(frame))
    return frame[start:] if _PICTURE.match(frame, start) else None


@dataclass(slots=True)
class Watch:
    """One picture on its way: messages in, progress out.

    `over` says that there is nothing more to hear, well or badly; `touched` that the last
    message was about this picture.
    """

    prompt_id: str
    graph: Mapping[str, Any]
    share: float = 0.0
    over: bool = False
    touched: bool = False
    _sampled: set[str] = field(default_factory=set)

    def hear(self, message: str | bytes) -> ImageProgress | None:
        """What a message says of the progress.

        Raises:
            BackendError: it says that the picture failed.
        """
        self.touched = False
        if isinstance(message, bytes):
            preview = read_preview(message)
            self.touched = preview is not None
            return ImageProgress(self.share, preview) if preview else None
        kind, data = _event(message)
        if data.get("prompt_id", self.prompt_id) != self.prompt_id:
            return None
        self.touched = kind != "status"
        if kind == "progress":
            return self._step(data)
        if kind in _ENDS and "prompt_id" in data:
            self.over = True
            raise what_failed([[kind, data]])
        if "prompt_id" in data:
            ended = kind == "executing" and data.get("node", "") is None
            self.over = self.over or kind == "execution_success" or ended
        return None

    def _step(self, data: Mapping[str, Any]) -> ImageProgress | None:
        """Progress of the nodes that sample; what others count says nothing of the whole."""
        value, most, node = data.get("value"), data.get("max"), data.get("node")
        samplers = [n for n, told in self.graph.items() if _SAMPLES.search(told["class_type"])]
        if not isinstance(value, int | float) or not isinstance(most, int | float) or most <= 0:
            return None
        if isinstance(node, str) and samplers:
            if node not in samplers:
                return None
            self._sampled.add(node)
        before = max(0, len(self._sampled) - 1)
        share = (before + min(max(value / most, 0.0), 1.0)) / max(1, len(samplers))
        self.share = max(self.share, min(share, 1.0))
        return ImageProgress(self.share)


def _event(message: str) -> tuple[str, dict[str, Any]]:
    """Type and data of a text message; nothing where it is none of ComfyUI's."""
    try:
        found = json.loads(message)
    except (ValueError, RecursionError):
        return "", {}
    kind = found.get("type") if isinstance(found, dict) else None
    data = found.get("data") if isinstance(found, dict) else None
    return (kind if isinstance(kind, str) else ""), (data if isinstance(data, dict) else {})


def what_failed(messages: Any) -> BackendError:  # noqa: ANN401
    """The error that a history's messages tell of: the node and its own words."""
    for kind, data in _pairs(messages):
        if kind == "execution_interrupted":
            return BackendError("ComfyUI: somebody interrupted the picture there")
        if kind == "execution_error":
            node = f"node {data.get('node_id')} ({data.get('node_type')})"
            said = data.get("exception_message") or data.get("exception_type") or "no reason given"
            memory = "OutOfMemory" in str(data.get("exception_type"))
            return BackendError(
                f"ComfyUI: {one_line(node, 120)} failed: {one_line(str(said))}",
                hint="a smaller picture needs less memory" if memory else None,
            )
    return BackendError("ComfyUI: the picture failed, and no reason was given")


def _pairs(messages: Any) -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401
    for pair in messages if isinstance(messages, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and isinstance(pair[1], dict):
            yield str(pair[0]), pair[1]


@dataclass(frozen=True, slots=True)
class File:
    """A picture on the server, as its history names it."""

    filename: str
    subfolder: str
    type: str


def files(entry: Mapping[str, Any]) -> list[File]:
    """The pictures of a history entry: the kept ones first, then those for a look only.

    Raises:
        BackendError: the entry says that the picture failed.
    """
    status = entry.get("status")
    if isinstance(status, dict) and status.get("status_str") == "error":
        raise what_failed(status.get("messages"))
    outputs = entry.get("outputs")
    found: list[Any] = []
    for output in outputs.values() if isinstance(outputs, dict) else ():
        images = output.get("images") if isinstance(output, dict) else None
        found += images if isinstance(images, list) else []
    named = [_file(image) for image in found if isinstance(image, dict)]
    return sorted((file for file in named if file), key=lambda file: file.type != "output")


def _file(image: Mapping[str, Any]) -> File | None:
    """The file of an image, if ComfyUI made it, in its own folder."""
    names = [image.get(key) for key in ("filename", "subfolder", "type")]
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) < len(names) or not texts[0] or texts[2] not in ("output", "temp"):
        return None
    parts = re.split(r"[\\/]", f"{texts[1]}/{texts[0]}")
    return None if ".." in parts else File(*texts)
