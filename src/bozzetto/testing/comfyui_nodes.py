"""The core nodes that the ComfyUI of `bozzetto.testing` knows: checked as ComfyUI checks them."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["NODES", "Node", "Problem", "draw", "object_info", "order", "validate"]

Graph = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Node:
    """What a node takes and gives. An input is a type, or a list of what may stand there."""

    inputs: Mapping[str, Any]
    gives: tuple[str, ...] = ()
    is_output: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number, or with `type` "FLOAT" any, between two bounds."""

    low: float
    high: float
    type: str = "INT"


_SIDE = Number(16, 16384)
_LATENT = Node({"width": _SIDE, "height": _SIDE, "batch_size": Number(1, 4096)}, ("LATENT",))
_SAMPLERS = ["euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "ddim", "uni_pc"]
_SCHEDULERS = ["simple", "sgm_uniform", "karras", "exponential", "normal", "beta"]

NODES: Mapping[str, Node] = {
    "CheckpointLoaderSimple": Node({"ckpt_name": "CHECKPOINT"}, ("MODEL", "CLIP", "VAE")),
    "CLIPTextEncode": Node({"text": "STRING", "clip": "CLIP"}, ("CONDITIONING",)),
    "EmptyLatentImage": _LATENT,
    "EmptySD3LatentImage": _LATENT,
    "FluxGuidance": Node(
        {"conditioning": "CONDITIONING", "guidance": Number(0, 100, "FLOAT")}, ("CONDITIONING",)
    ),
    "KSampler": Node(
        {
            "model": "MODEL",
            "seed": Number(0, 2**64 - 1),
            "steps": Number(1, 10000),
            "cfg": Number(0, 100, "FLOAT"),
            "sampler_name": _SAMPLERS,
            "scheduler": _SCHEDULERS,
            "positive": "CONDITIONING",
            "negative": "CONDITIONING",
            "latent_image": "LATENT",
            "denoise": Number(0, 1, "FLOAT"),
        },
        ("LATENT",),
    ),
    "VAEDecode": Node({"samples": "LATENT", "vae": "VAE"}, ("IMAGE",)),
    "SaveImage": Node({"images": "IMAGE", "filename_prefix": "STRING"}, (), True),
    "PreviewImage": Node({"images": "IMAGE"}, (), True),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a graph is not taken, in the server's own shape."""

    error: Mapping[str, Any]
    node_errors: Mapping[str, Any]


def validate(graph: Graph, checkpoints: list[str]) -> Problem | None:
    """What is wrong with a graph; None where it can run."""
    for name, node in graph.items():
        if node.get("class_type") not in NODES:
            kind = node.get("class_type")
            message = f"Node '{kind}' not found. The custom node may not be installed."
            extra = {"node_id": name, "class_type": kind}
            return Problem(_error("missing_node_type", message, f"Node ID '#{name}'", extra), {})
    if not any(NODES[node["class_type"]].is_output for node in graph.values()):
        return Problem(_error("prompt_no_outputs", "Prompt has no outputs", ""), {})
    wrong = {name: list(_wrong(graph, name, checkpoints)) for name in graph}
    told = {
        name: {"errors": errors, "dependent_outputs": [], "class_type": graph[name]["class_type"]}
        for name, errors in wrong.items()
        if errors
    }
    if not told:
        return None
    message = "Prompt outputs failed validation"
    return Problem(_error("prompt_outputs_failed_validation", message, ""), told)


def _error(
    kind: str, message: str, details: str, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {"type": kind, "message": message, "details": details, "extra_info": dict(extra or {})}


def _wrong(graph: Graph, name: str, checkpoints: list[str]) -> Iterator[dict[str, Any]]:
    node = graph[name]
    for key, wanted in NODES[node["class_type"]].inputs.items():
        value = node["inputs"].get(key)
        found = _fault(graph, value, checkpoints if wanted == "CHECKPOINT" else wanted, key)
        if found:
            kind, message, details = found
            yield _error(kind, message, details, {"input_name": key, "received_value": value})


def _fault(graph: Graph, value: Any, wanted: Any, key: str) -> tuple[str, str, str] | None:  # noqa: ANN401
    """Type, message and details of what is wrong with one input."""
    if value is None:
        return "required_input_missing", "Required input is missing", key
    if isinstance(value, list):
        return _link_fault(graph, value, wanted, key)
    if isinstance(wanted, list):
        listed = f"{key}: {value!r} not in {wanted}"
        return None if value in wanted else ("value_not_in_list", "Value not in list", listed)
    if isinstance(wanted, Number):
        return _number_fault(value, wanted, key)
    if wanted != "STRING":
        return "bad_linked_input", "Bad linked input, must be a length-2 list", key
    return None


def _link_fault(
    graph: Graph,
    value: list[Any],
    wanted: Any,  # noqa: ANN401
    key: str,
) -> tuple[str, str, str] | None:
    gives = NODES[graph[value[0]]["class_type"]].gives
    given = gives[value[1]] if value[1] < len(gives) else "nothing"
    if given == wanted:
        return None
    details = f"{key}, received_type({given}) mismatch input_type({wanted})"
    return "return_type_mismatch", "Return type mismatch between linked nodes", details


def _number_fault(value: Any, wanted: Number, key: str) -> tuple[str, str, str] | None:  # noqa: ANN401
    if isinstance(value, str | bool) or (wanted.type == "INT" and isinstance(value, float)):
        message = f"Failed to convert an input value to a {wanted.type} value"
        return "invalid_input_type", message, f"{key}, {value}"
    if value < wanted.low:
        message = f"Value {value} smaller than min of {wanted.low}"
        return "value_smaller_than_min", message, key
    if value > wanted.high:
        return "value_bigger_than_max", f"Value {value} bigger than max of {wanted.high}", key
    return None


def order(graph: Graph) -> list[str]:
    """The nodes in the order in which they run."""
    done: list[str] = []

    def visit(name: str) -> None:
        for value in graph[name]["inputs"].values():
            if isinstance(value, list) and value[0] not in done:
                visit(value[0])
        if name not in done:
            done.append(name)

    for name in graph:
        if NODES[graph[name]["class_type"]].is_output:
            visit(name)
    return done


def draw(graph: Graph, chunks: Mapping[str, Any], *, side: int | None = None) -> bytes:
    """The picture of a graph as a PNG: a colour by prompt and seed, with its text chunks."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    size = next(node["inputs"] for node in graph.values() if "width" in node["inputs"])
    seen = [v for n in graph.values() for k, v in n["inputs"].items() if k in ("seed", "text")]
    digest = hashlib.sha256(json.dumps(seen).encode()).digest()
    notes = PngInfo()
    for key, value in chunks.items():
        notes.add_text(key, json.dumps(value))
    file = io.BytesIO()
    shape = (side or size["width"], side or size["height"])
    Image.new("RGB", shape, tuple(digest[:3])).save(file, "PNG", pnginfo=notes, compress_level=1)
    return file.getvalue()


def object_info(checkpoints: list[str]) -> dict[str, Any]:
    """What `/object_info` says of the nodes."""
    return {name: _info(node, checkpoints) for name, node in NODES.items()}


def _info(node: Node, checkpoints: list[str]) -> dict[str, Any]:
    required = {}
    for key, wanted in node.inputs.items():
        if isinstance(wanted, Number):
            required[key] = [wanted.type, {"min": wanted.low, "max": wanted.high}]
        else:
            required[key] = [checkpoints if wanted == "CHECKPOINT" else wanted]
    return {
        "input": {"required": required},
        "output": list(node.gives),
        "output_node": node.is_output,
    }
