"""A ComfyUI workflow with named slots: read, checked, filled. Data only; nothing is ever run here.

A slot is a text value of a node that is exactly "%prompt%", or "%steps|28%" with what stands in
where the request says nothing. A file may come from a stranger: it says which nodes to run, and
never where in a file system or on a network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bozzetto.errors import InputError
from bozzetto.text.normalise import visible

__all__ = [
    "KINDS",
    "LARGEST",
    "Graph",
    "Slot",
    "Value",
    "Workflow",
    "read_workflow",
    "refuse_place",
    "renamed",
]

LARGEST = 1 << 20
"""Bytes of a workflow's file."""

MOST_NODES = 500
DEEPEST = 20

Value = str | int | float
Graph = dict[str, dict[str, Any]]

KINDS: dict[str, Callable[[str], Value]] = {
    "prompt": str,
    "negative": str,
    "seed": int,
    "steps": int,
    "guidance": float,
    "sampler": str,
    "scheduler": str,
    "width": int,
    "height": int,
    "model": str,
}
"""The slots there are, and what stands in each."""

_ALWAYS = frozenset({"prompt", "seed"})
_TEXTS = frozenset({"prompt", "negative"})
_SLOT = re.compile(r"%([A-Za-z_]+)(?:\|([^%]*))?%")
_PLACE = re.compile(r"\s*(?:[\\/~]|[A-Za-z]:[\\/]|[A-Za-z][A-Za-z0-9+.-]*://)")
_UP = re.compile(r"(?:^|[\\/])\s*\.\.\s*(?:[\\/]|$)")
_NAMES_FILE = re.compile(r"file|path|prefix|folder|dir|image|video|audio|name|url", re.IGNORECASE)
_OUTPUT = re.compile(r"(?:save|preview).*image|image.*(?:save|preview)", re.IGNORECASE)
_NO_FILE = "SaveImageWebsocket"
_RUNS = re.compile(
    r"python|javascript|shell|(?:exec(?:ute)?|run|eval)[ _]?(?:code|command|script)",
    re.IGNORECASE,
)
_MULTIPLES = {"EmptySD3LatentImage": 16}


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a workflow that takes a value of the request; `key` is the input's name."""

    name: str
    default: Value | None
    place: str
    key: str


@dataclass(frozen=True, slots=True)
class Workflow:
    """A checked graph and its slots, in the order of the file.

    `multiple` is what the sides of its pictures are multiples of, pixels.
    """

    title: str
    graph: Graph
    slots: tuple[Slot, ...]
    multiple: int = 8

    @property
    def names(self) -> frozenset[str]:
        """The names of its slots."""
        return frozenset(slot.name for slot in self.slots)

    def waiting(self, name: str) -> Slot | None:
        """The first slot of a name that has no value of its own."""
        open_ = (slot for slot in self.slots if slot.name == name and slot.default is None)
        return next(open_, None)

    def values(self, asked: Mapping[str, Value]) -> dict[str, Value]:
        """What stands in the first slot of each name, given what the request asks."""
        found: dict[str, Value] = {}
        for slot in self.slots:
            found.setdefault(slot.name, self._value(slot, asked))
        return found

    def fill(self, asked: Mapping[str, Value]) -> Graph:
        """The graph with a value in each slot.

        Raises:
            InputError: a slot gets none, or a name points out of its folder.
        """
        slots = iter(self.slots)

        def put(text: str) -> Value:
            return self._value(next(slots), asked) if _SLOT.fullmatch(text) else text

        filled = {}
        for node, told in self.graph.items():
            inputs = {key: _replaced(value, put) for key, value in told["inputs"].items()}
            filled[node] = {**told, "inputs": inputs}
        return filled

    def _value(self, slot: Slot, asked: Mapping[str, Value]) -> Value:
        value = asked.get(slot.name, slot.default)
        if value is None and slot.name == "negative":
            return ""
        if value is None:
            raise InputError(
                f"{self.title}: {slot.place} waits for a value of {slot.name}",
                hint=f'give one, or a default in the file: "%{slot.name}|...%"',
            )
        if isinstance(value, str) and slot.name not in _TEXTS:
            refuse_place(value, f"{slot.name} for {slot.place}")
        return value


def read_workflow(data: bytes, title: str) -> Workflow:
    """Read and check a file in ComfyUI's API format.

    Raises:
        InputError: it is none, is too large, or wants what no file may; says which node.
    """
    if len(data) > LARGEST:
        raise InputError(f"{title}: a workflow of more than {LARGEST >> 10} KiB is not read")
    try:
        found = json.loads(data)
        json.dumps(found, allow_nan=False)
    except RecursionError as error:
        raise InputError(f"{title} is nested more than {DEEPEST} deep") from error
    except ValueError as error:
        raise InputError(f"{title} is not a JSON file") from error
    graph = _graph(found, title)
    slots = tuple(_slots(graph, title))
    if "prompt" not in {slot.name for slot in slots}:
        raise _no_prompt(data, title)
    multiple = max(_MULTIPLES.get(node["class_type"], 8) for node in graph.values())
    return Workflow(title, graph, slots, multiple)


def _no_prompt(data: bytes, title: str) -> InputError:
    if b"%prompt%" in data:
        return InputError(
            f"{title}: %prompt% stands within another text",
            hint='a slot is the whole value: "text": "%prompt%"',
        )
    return InputError(
        f"{title} has no slot for the prompt",
        hint='write "%prompt%" in place of the text of the node that takes it',
    )


def _graph(found: Any, title: str) -> Graph:  # noqa: ANN401
    """The graph alone, every node of it looked at."""
    if isinstance(found, dict) and "nodes" in found and "links" in found:
        raise InputError(
            f"{title} is a workflow as the editor saves it, not one for the API",
            hint="in ComfyUI: Workflow > Export (API), or Save (API Format) with dev mode on",
        )
    if not isinstance(found, dict) or not found:
        raise _not_api(title)
    if len(found) > MOST_NODES:
        raise InputError(f"{title} has {len(found)} nodes; at most {MOST_NODES} are taken")
    for name, node in found.items():
        if not isinstance(node, dict) or not isinstance(node.get("class_type"), str):
            raise _not_api(title)
        if not isinstance(node.get("inputs"), dict):
            raise _not_api(title)
        if _depth(node) > DEEPEST:
            raise InputError(f"{title}: {_named(name, node)} is nested more than {DEEPEST} deep")
        if _RUNS.search(node["class_type"]):
            raise InputError(f"{title}: {_named(name, node)} runs code; that is never sent")
        _check_inputs(found, name, node, title)
    _check_outputs(found, title)
    return {name: _bare(node) for name, node in found.items()}


def _bare(node: dict[str, Any]) -> dict[str, Any]:
    """What a node is and takes, and its title for ComfyUI's own messages; nothing else."""
    bare = {"class_type": node["class_type"], "inputs": node["inputs"]}
    meta = node.get("_meta")
    title = meta.get("title") if isinstance(meta, dict) else None
    return {**bare, "_meta": {"title": title}} if isinstance(title, str) else bare


def _not_api(title: str) -> InputError:
    return InputError(
        f"{title} is not a workflow in API format",
        hint='it is an object of nodes: {"3": {"class_type": "KSampler", "inputs": {...}}, ...}',
    )


def _named(name: str, node: Mapping[str, Any]) -> str:
    return visible(f"node {name[:40]} ({node['class_type'][:60]})")


def _depth(value: Any) -> int:  # noqa: ANN401
    """How deep lists and objects nest, looked at no deeper than matters."""
    level, depth = [value], 0
    while level and depth <= DEEPEST:
        inner = [list(v.values()) if isinstance(v, dict) else v for v in level]
        level = [v for held in inner if isinstance(held, list) for v in held]
        depth += 1
    return depth


def _check_inputs(graph: Graph, name: str, node: dict[str, Any], title: str) -> None:
    for key, value in node["inputs"].items():
        place = f"{_named(name, node)}, {visible(key[:60])}"
        if _is_link(value) and value[0] not in graph:
            raise InputError(f"{title}: {place} takes from node {value[0]!r}, which is not there")
        for text in _texts(value):
            refuse_place(text, f"{title}: {place}")
            found = _SLOT.fullmatch(text)
            if found and found[1] in _TEXTS and _NAMES_FILE.search(key):
                raise InputError(f"{title}: {place} names a file; no prompt belongs there")


def _check_outputs(graph: Graph, title: str) -> None:
    kinds = {node["class_type"] for node in graph.values()} - {_NO_FILE}
    if not any(_OUTPUT.search(kind) for kind in kinds):
        raise InputError(
            f"{title} has no node that gives a picture out",
            hint="let it end in SaveImage or PreviewImage",
        )


def refuse_place(text: str, what: str) -> None:
    """Refuse what points out of ComfyUI's own folders.

    Raises:
        InputError: the text is an absolute path or an address, goes upwards, or holds a NUL.
    """
    if _PLACE.match(text) or _UP.search(text) or "\0" in text:
        raise InputError(
            f"{what}: {visible(text[:80])!r} is a place outside of ComfyUI's folders",
            hint="name a file by its name alone, or by a folder within ComfyUI's own",
        )


def _slots(graph: Graph, title: str) -> Iterator[Slot]:
    for name, node in graph.items():
        for key, value in node["inputs"].items():
            place = f"{_named(name, node)}, {visible(key[:60])}"
            for text in _texts(value):
                found = _SLOT.fullmatch(text)
                if found:
                    yield _slot(found, key, place, title)


def _slot(found: re.Match[str], key: str, place: str, title: str) -> Slot:
    name, default = found[1], found[2]
    if name not in KINDS:
        known = ", ".join(f"%{known}%" for known in KINDS)
        raise InputError(f"{title}: {place}: there is no slot %{name}%", hint=f"there are {known}")
    if default is None:
        return Slot(name, None, place, key)
    if name in _ALWAYS:
        raise InputError(f"{title}: {place}: a {name} always comes with the request")
    try:
        return Slot(name, KINDS[name](default.strip()), place, key)
    except ValueError as error:
        shown = visible(default[:40])
        raise InputError(f"{title}: {place}: {shown!r} is no value for {name}") from error


def _is_link(value: Any) -> bool:  # noqa: ANN401
    """As ComfyUI itself tells: a list of a node's name and the number of its output."""
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and isinstance(value[1], int | float)
    )


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401
    """The texts of an input, in the order in which they are replaced."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _replaced(value: Any, put: Callable[[str], Value]) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return put(value)
    if isinstance(value, dict):
        return {key: _replaced(inner, put) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, put) for inner in value]
    return value


def renamed(graph: Graph, mark: str) -> Graph:
    """The graph with another file name, so that ComfyUI does not take a lost file for there."""
    changed = {}
    for name, node in graph.items():
        prefix = node["inputs"].get("filename_prefix")
        inputs = dict(node["inputs"])
        if isinstance(prefix, str):
            inputs["filename_prefix"] = f"{prefix}_{mark}"
        changed[name] = {**node, "inputs": inputs}
    return changed
