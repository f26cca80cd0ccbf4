from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.images.comfyui_events import (
    LARGEST_PREVIEW,
    File,
    Watch,
    files,
    read_preview,
    what_failed,
)
from bozzetto.errors import BackendError
from bozzetto.types import ImageProgress

JPEG = b"\xff\xd8\xff\xe0 a small picture"
GRAPH = {
    "1": {"class_type": "KSampler", "inputs": {}},
    "2": {"class_type": "KSamplerAdvanced", "inputs": {}},
    "3": {"class_type": "SaveImage", "inputs": {}},
}


def told(kind: str, **data: object) -> str:
    return json.dumps({"type": kind, "data": {"prompt_id": "a", **data}})


def shares(*messages: str, graph: dict[str, Any] = GRAPH) -> list[float]:
    watch = Watch("a", graph)
    heard = [watch.hear(message) for message in messages]
    return [progress.done for progress in heard if progress]


@pytest.mark.parametrize(
    ("frame", "preview"),
    [
        (struct.pack(">II", 1, 1) + JPEG, JPEG),
        (struct.pack(">II", 4, 2) + b"{}" + JPEG, JPEG),
        (struct.pack(">II", 4, 2**31) + b"{}" + JPEG, None),
        (struct.pack(">II", 1, 1) + b"<svg/>", None),
        (struct.pack(">II", 3, 1) + JPEG, None),
        (struct.pack(">II", 1, 1) + JPEG + bytes(LARGEST_PREVIEW), None),
        (b"", None),
    ],
)
def test_a_preview_is_a_small_picture(frame: bytes, preview: bytes | None) -> None:
    assert read_preview(frame) == preview


def test_progress_is_that_of_all_samplers_and_never_goes_back() -> None:
    assert shares(
        told("execution_start"),
        told("progress", value=1, max=2, node="1"),
        told("progress", value=2, max=2, node="1"),
        told("progress", value=9, max=9, node="3"),
        told("progress", value=1, max=4, node="2"),
        told("progress", value=0, max=4, node="2"),
        told("progress", value=4, max=4, node="2"),
    ) == [0.25, 0.5, 0.625, 0.625, 1.0]


def test_old_servers_name_neither_picture_nor_node() -> None:
    message = json.dumps({"type": "progress", "data": {"value": 1, "max": 4}})
    assert shares(message, graph={"1": GRAPH["1"]}) == [0.25]


@pytest.mark.parametrize(
    ("message", "over"),
    [
        (told("execution_success"), True),
        (told("executing", node=None), True),
        (told("executing", node="1"), False),
        (told("executing"), False),
        (json.dumps({"type": "executing", "data": {"node": None}}), False),
        (json.dumps({"type": "execution_success", "data": {"prompt_id": "b"}}), False),
    ],
)
def test_the_end_is_told_of_this_picture_alone(message: str, over: bool) -> None:
    watch = Watch("a", GRAPH)
    assert watch.hear(message) is None
    assert watch.over is over


def test_a_failure_names_the_node_in_safe_words() -> None:
    watch = Watch("a", GRAPH)
    message = told(
        "execution_error", node_id="1", node_type="KSampler", exception_message="no\n\x1b[2J"
    )
    with pytest.raises(BackendError) as caught:
        watch.hear(message)
    assert caught.value.message == r"ComfyUI: node 1 (KSampler) failed: no [2J"
    assert not caught.value.retryable
    assert watch.over


def test_a_failure_for_want_of_memory_says_what_helps() -> None:
    data = {"node_id": "1", "node_type": "KSampler", "exception_type": "torch.OutOfMemoryError"}
    error = what_failed([["execution_start", {}], ["execution_error", data]])
    assert error.message.endswith("failed: torch.OutOfMemoryError")
    assert error.hint == "a smaller picture needs less memory"


@given(st.text() | st.binary() | st.recursive(
    st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["type", "data", "prompt_id", "value", "max", "node"]), inner
    )
).map(json.dumps))  # fmt: skip
def test_junk_is_passed_over(message: str | bytes) -> None:
    watch = Watch("a", GRAPH)
    heard = watch.hear(message)
    assert heard is None or isinstance(heard, ImageProgress)
    assert not watch.over


def test_kept_pictures_come_before_those_for_a_look() -> None:
    def image(name: str, kind: str, folder: str = "") -> dict[str, str]:
        return {"filename": name, "subfolder": folder, "type": kind}

    outputs = {
        "1": {"images": [image("a.png", "temp"), image("b.png", "input"), {"filename": "c.png"}]},
        "2": {"text": ["words"]},
        "3": {"images": [image("d.png", "output", "x/.."), image("e.png", "output", "x"), None]},
        "4": None,
    }
    assert files({"outputs": outputs}) == [File("e.png", "x", "output"), File("a.png", "", "temp")]


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([["execution_interrupted", {}]], "ComfyUI: somebody interrupted the picture there"),
        (None, "ComfyUI: the picture failed, and no reason was given"),
        ([[1], "x", ["a", 2]], "ComfyUI: the picture failed, and no reason was given"),
    ],
)
def test_a_history_that_tells_of_a_failure_is_one(messages: object, said: str) -> None:
    with pytest.raises(BackendError) as caught:
        files({"status": {"status_str": "error", "messages": messages}})
    assert (caught.value.message, caught.value.retryable) == (said, False)
