from __future__ import annotations

import json
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.adapters.images.comfyui import BUILT_IN
from bozzetto.adapters.images.comfyui_workflow import (
    KINDS,
    LARGEST,
    MOST_NODES,
    Value,
    read_workflow,
    renamed,
)
from bozzetto.errors import InputError
from bozzetto.testing.comfyui_nodes import validate

A = ": node 1 (SaveImage), a"


def graph(**inputs: object) -> dict[str, Any]:
    """A graph of one node that takes the prompt and gives a picture."""
    return {"1": {"class_type": "SaveImage", "inputs": {"text": "%prompt%", **inputs}}}


def other(kind: str) -> dict[str, Any]:
    """A graph of one node of that kind."""
    return {"1": {"class_type": kind, "inputs": {"text": "%prompt%"}}}


def read(found: object) -> Any:  # noqa: ANN401
    return read_workflow(json.dumps(found).encode(), "mine.json")


def refusal(found: object) -> InputError:
    with pytest.raises(InputError) as caught:
        read(found)
    return caught.value


def test_whole_values_are_replaced_and_numbers_are_numbers() -> None:
    workflow = read(
        graph(
            a="%steps|28%", b="%guidance|7%", c="at %steps% steps", d=["%seed%", {"e": "%model%"}],
            f="%negative%", g="100%", h="%sampler|euler%",
        )
    )  # fmt: skip
    asked: dict[str, Value] = {
        "prompt": 'a "dog" %seed% {red|blue}',
        "seed": 7,
        "model": "x/y.ckpt",
    }
    assert workflow.fill(asked)["1"]["inputs"] == {
        "text": 'a "dog" %seed% {red|blue}',
        "a": 28,
        "b": 7.0,
        "c": "at %steps% steps",
        "d": [7, {"e": "x/y.ckpt"}],
        "f": "",
        "g": "100%",
        "h": "euler",
    }
    assert workflow.values(asked)["steps"] == 28
    assert workflow.names == {
        "prompt", "steps", "guidance", "seed", "model", "negative", "sampler"
    }  # fmt: skip


def test_filling_leaves_the_workflow_as_it_is() -> None:
    workflow = read(graph(a="%steps|1%"))
    assert workflow.fill({"prompt": "one", "steps": 2}) != workflow.fill({"prompt": "two"})
    assert workflow.graph == graph(a="%steps|1%")


@given(st.text(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
def test_any_prompt_stands_there_to_the_letter(prompt: str, seed: int, guidance: float) -> None:
    filled = read(graph(a="%seed%", b="%guidance%", c="%prompt%")).fill(
        {"prompt": prompt, "seed": seed, "guidance": guidance}
    )
    assert filled["1"]["inputs"] == {"text": prompt, "a": seed, "b": guidance, "c": prompt}


@given(st.binary() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.sampled_from(["%prompt%", "../x"]),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.sampled_from(["1", "class_type", "inputs", "nodes", "links", "_meta"]), inner
    ),
).map(lambda found: json.dumps(found).encode()))  # fmt: skip
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        workflow = read_workflow(data, "x")
    except InputError as error:
        assert error.message.startswith("x")  # noqa: PT017
    else:
        assert "prompt" in workflow.names


def test_a_slot_without_a_value_says_which() -> None:
    with pytest.raises(InputError) as caught:
        read(graph(a="%steps%")).fill({"prompt": "x"})
    assert caught.value.message == "mine.json: node 1 (SaveImage), a waits for a value of steps"
    assert caught.value.hint == 'give one, or a default in the file: "%steps|...%"'


@pytest.mark.parametrize("name", ["../../secret.ckpt", "/etc/passwd", "C:\\x", "http://x/y", "a\0"])
def test_a_name_of_the_request_stays_within_its_folder(name: str) -> None:
    with pytest.raises(InputError, match="outside of ComfyUI's folders"):
        read(graph(a="%model%")).fill({"prompt": "x", "model": name})


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"nodes": [], "links": []}, " is a workflow as the editor saves it, not one for the API"),
        ([], " is not a workflow in API format"),
        ({}, " is not a workflow in API format"),
        ({"1": {"class_type": "SaveImage"}}, " is not a workflow in API format"),
        ({"1": {"class_type": 3, "inputs": {}}}, " is not a workflow in API format"),
        (graph(text="x"), " has no slot for the prompt"),
        (graph(text="best, %prompt%"), ": %prompt% stands within another text"),
        (graph(a="%stepz|3%"), f"{A}: there is no slot %stepz%"),
        (graph(a="%steps|many%"), f"{A}: 'many' is no value for steps"),
        (graph(a="%prompt|x%"), f"{A}: a prompt always comes with the request"),
        (graph(a=["9", 0]), f"{A} takes from node '9', which is not there"),
        (graph(a_path="%negative%"), f"{A}_path names a file; no prompt belongs there"),
        (other("KSampler"), " has no node that gives a picture out"),
        (other("SaveImageWebsocket"), " has no node that gives a picture out"),
        (other("Run Python Code"), ": node 1 (Run Python Code) runs code; that is never sent"),
        (float("nan"), " is not a JSON file"),
    ],
)
def test_what_is_no_workflow_is_refused(found: object, said: str) -> None:
    assert refusal(found).message == f"mine.json{said}"


@pytest.mark.parametrize(
    "place",
    [
        "../x",
        "a/../../b",
        "..",
        "..\\x",
        "/etc/x",
        "\\\\host\\x",
        "C:/x",
        "~/x",
        "file:///x",
        "a\0b",
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_file_names_no_place_outside(place: str, wrapped: bool) -> None:
    value: object = [{"deep": [[place, 0]]}] if wrapped else place
    assert "outside of ComfyUI's folders" in refusal(graph(filename_prefix=value)).message


@pytest.mark.parametrize("text", ["models/x.ckpt", "wait... what", "a/b/c", "3:4", "a..b", "5/10"])
def test_other_texts_pass(text: str) -> None:
    assert read(graph(a=text)).fill({"prompt": "x"})["1"]["inputs"]["a"] == text


def test_large_deep_and_crowded_files_are_refused() -> None:
    deep: object = "x"
    for _ in range(30):
        deep = [deep]
    assert (
        refusal(graph(a=deep)).message
        == "mine.json: node 1 (SaveImage) is nested more than 20 deep"
    )
    with pytest.raises(InputError, match="nested more than 20 deep"):
        read_workflow(b"[" * 200_000, "mine.json")
    with pytest.raises(InputError, match="more than 1024 KiB"):
        read_workflow(b" " * (LARGEST + 1), "mine.json")
    crowd = {str(n): graph()["1"] for n in range(MOST_NODES + 1)}
    assert refusal(crowd).message == "mine.json has 501 nodes; at most 500 are taken"


def test_what_a_node_is_not_asked_for_is_not_sent() -> None:
    found = graph()
    found["1"] |= {"_meta": {"title": "Save", "x": "../y"}, "is_changed": "../x"}
    assert read(found).graph == {
        "1": {"class_type": "SaveImage", "inputs": {"text": "%prompt%"}, "_meta": {"title": "Save"}}
    }


def test_a_lost_file_is_asked_for_under_another_name() -> None:
    again = renamed(graph(filename_prefix="x/y"), "1a2b")
    assert again["1"]["inputs"] == {"text": "%prompt%", "filename_prefix": "x/y_1a2b"}
    assert renamed(graph(), "1a2b") == graph()


@pytest.mark.parametrize("name", BUILT_IN)
def test_ours_are_what_comfyui_takes(name: str) -> None:
    file = resources.files("bozzetto.adapters.images") / "workflows" / f"{name}.json"
    workflow = read_workflow(file.read_bytes(), name)
    assert set(KINDS) - workflow.names == ({"negative"} if name == "flux" else set())
    assert workflow.multiple == (16 if name in ("sd3", "flux") else 8)
    filled = workflow.fill({"prompt": "a", "seed": 2**64 - 1, "model": "m.safetensors"})
    assert validate(filled, ["m.safetensors"]) is None
