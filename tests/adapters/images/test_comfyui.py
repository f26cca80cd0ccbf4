"""The adapter against a server that behaves as documented, and one that misbehaves."""

from __future__ import annotations

import asyncio
import io
import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image

from bozzetto.adapters.images.comfyui import ComfyUI, open_images
from bozzetto.errors import BackendError, BozzettoError, InputError, SetupError
from bozzetto.testing.comfyui_server import ComfyServer, Trouble
from bozzetto.testing.images import PLAIN, collect
from bozzetto.types import Effective, ImageMade, ImageProgress, ImageRequest

BARE = ImageRequest("a small dog")


@pytest.fixture
def server() -> Iterator[ComfyServer]:
    with ComfyServer() as found:
        yield found


def opened(server: ComfyServer, workflow: str = "sdxl", *, timeout: float = 5.0) -> ComfyUI:
    return open_images(f"{workflow}@{server.address}", environ={}, timeout=timeout)


def made(images: ComfyUI, request: ImageRequest = PLAIN) -> ImageMade:
    end = asyncio.run(collect(images, request))[-1]
    assert isinstance(end, ImageMade)
    return end


def failed(images: ComfyUI, request: ImageRequest = PLAIN) -> BozzettoError:
    with pytest.raises(BozzettoError) as caught:
        made(images, request)
    return caught.value


def kept(tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> str:
    """A file of the user's own: the workflow sd with a change."""
    folder = Path(__file__).parents[3] / "src/bozzetto/adapters/images/workflows"
    graph = json.loads((folder / "sd.json").read_text())
    change(graph)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(graph))
    return str(path)


# The name, the address and the workflow


def test_the_default_is_a_workflow_for_sdxl_at_home() -> None:
    images = open_images("", environ={}, timeout=1.0)
    assert images.features.name == "comfyui:sdxl"
    error = failed(open_images("sd@http://127.0.0.1:9", environ={}, timeout=1.0))
    assert error.message == "ComfyUI at http://127.0.0.1:9 cannot be reached"
    assert isinstance(error, BackendError)
    assert error.retryable


def test_the_address_comes_from_the_environment_too(server: ComfyServer) -> None:
    environ = {"COMFYUI_BASE_URL": server.address}
    assert made(open_images("flux", environ=environ, timeout=5.0)).effective.guidance == 5.0


@pytest.mark.parametrize("rest", ["nothing", "nowhere.json", "sd\0"])
def test_an_unknown_workflow_is_told(rest: str) -> None:
    with pytest.raises(InputError) as caught:
        open_images(rest, environ={}, timeout=1.0)
    assert caught.value.message == f"comfyui: there is no workflow {rest!r}"
    assert caught.value.hint == "there are sd, sdxl, sd3, flux, or name a file in API format"


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(SetupError, match="is not an address"):
        open_images("sd@http://", environ={}, timeout=1.0)
    with pytest.raises(SetupError, match="carries a query") as caught:
        open_images("sd@http://localhost:8188?token=canary", environ={}, timeout=1.0)
    assert "canary" not in f"{caught.value} {caught.value.hint}"


# What is asked and what is told


def test_what_really_made_it_is_told(server: ComfyServer) -> None:
    request = replace(PLAIN, sampler="DPM++ 2M Karras", width=513, height=700)
    assert made(opened(server), request).effective == Effective(
        prompt="a small dog",
        negative="cat",
        seed=7,
        steps=2,
        guidance=5.0,
        sampler="dpmpp_2m karras",
        width=512,
        height=704,
        model="sd_xl_base_1.0.safetensors",
        notes=(
            "width 513 gave way to 512",
            "height 700 gave way to 704",
            "no model was named: sd_xl_base_1.0.safetensors is the server's first that fits",
        ),
    )


def test_what_has_no_slot_is_told(server: ComfyServer, tmp_path: Path) -> None:
    def fix(graph: dict[str, Any]) -> None:
        graph["1"]["inputs"]["ckpt_name"] = "v1-5-pruned.safetensors"
        graph["3"]["inputs"]["text"] = "blurry"
        graph["6"]["inputs"] |= {"seed": 1, "scheduler": "normal"}

    images = opened(server, kept(tmp_path, fix))
    end = made(images, replace(PLAIN, model="x", sampler="euler beta"))
    assert end.effective.notes == (
        "the workflow mine.json has no slot for a negative prompt",
        "the workflow mine.json has no slot for a scheduler",
        "the workflow mine.json has no slot for a model",
        "the workflow mine.json has no slot for a seed: all seeds look the same",
    )
    assert (end.effective.negative, end.effective.seed, end.effective.model) == (None, None, None)
    assert (images.features.seeds, images.features.negative) == (False, False)


def test_each_workflow_takes_the_checkpoint_that_fits(server: ComfyServer) -> None:
    assert made(opened(server, "sd")).effective.model == "v1-5-pruned.safetensors"
    assert made(opened(server, "flux")).effective.model == "sd_xl_base_1.0.safetensors"


def test_a_server_without_checkpoints_is_told() -> None:
    with ComfyServer(checkpoints=()) as server:
        error = failed(opened(server))
    assert isinstance(error, SetupError)
    assert error.message == f"ComfyUI at {server.address} has no checkpoint"


def test_the_picture_carries_the_graph_and_the_prompt_to_the_letter(server: ComfyServer) -> None:
    request = replace(PLAIN, prompt='{red|blue} "dog", %steps% ü 犬')
    with Image.open(io.BytesIO(made(opened(server), request).data)) as found:
        graph = json.loads(found.text["prompt"])  # type: ignore[attr-defined]
        assert found.size == (512, 512)
    assert graph["2"]["inputs"]["text"] == request.prompt


def test_progress_comes_with_previews(server: ComfyServer) -> None:
    *before, end = asyncio.run(collect(opened(server), PLAIN))
    told = [
        (event.done, event.preview is not None)
        for event in before
        if isinstance(event, ImageProgress)
    ]
    assert told[0] == (0.0, False)
    assert {share for share, _ in told} == {0.0, 1 / 3, 2 / 3, 1.0}
    assert sum(shown for _, shown in told) == 3
    assert server.prompts[0]["extra_data"] == {"preview_method": "auto"}
    assert isinstance(end, ImageMade)


# What the server does not take


@pytest.mark.parametrize(
    ("request_", "kind", "said"),
    [
        (
            replace(PLAIN, sampler="no_such"),
            InputError,
            "node 6 (KSampler): Value not in list: sampler_name: 'no_such' not in",
        ),
        (
            replace(PLAIN, model="none.ckpt"),
            SetupError,
            "node 1 (CheckpointLoaderSimple): Value not in list: ckpt_name: 'none.ckpt' not in",
        ),
        (replace(PLAIN, steps=0), InputError, "node 6 (KSampler): Value 0 smaller than min of 1"),
    ],
)
def test_a_value_that_is_not_taken_names_its_node(
    server: ComfyServer, request_: ImageRequest, kind: type[BozzettoError], said: str
) -> None:
    error = failed(opened(server), request_)
    assert type(error) is kind
    assert error.message.startswith(f"ComfyUI at {server.address} did not take {said}")


def test_a_node_that_the_server_lacks_is_named(server: ComfyServer, tmp_path: Path) -> None:
    name = kept(
        tmp_path, lambda graph: graph.update(x={"class_type": "FaceDetailer", "inputs": {}})
    )
    error = failed(opened(server, name))
    assert isinstance(error, SetupError)
    assert error.message == (
        f"ComfyUI at {server.address} lacks a node of the workflow: Node 'FaceDetailer' not found."
        " The custom node may not be installed. Node ID '#x'"
    )


def test_a_page_of_somebody_else_is_refused_as_comfyui_does(server: ComfyServer) -> None:
    headers = {"Origin": "http://example.org"}
    assert httpx2.get(f"{server.address}/queue", headers=headers).status_code == 403


@pytest.mark.parametrize(
    ("path", "answer", "said", "retryable"),
    [
        ("/prompt", (500, b"", "text/plain"), "answered 500", True),
        ("/prompt", (429, b"", "text/plain"), "answered 429", True),
        ("/prompt", (404, b"", "text/plain"), "answered 404", False),
        ("/prompt", (400, b"x", "text/plain"), "did not take the workflow", False),
        ("/prompt", (200, b"{}", "text/plain"), "took a picture and gave no id for it", False),
        ("/queue", (200, b"<html>", "text/html"), "sent a web page", False),
        ("/queue", (200, b"[" * 9999, "text/html"), "sent something that is not JSON", False),
        ("/ws", (500, b"", "text/plain"), "answered 500", True),
        ("/ws", (200, b"", "text/plain"), "answered 200", False),
        ("/models/checkpoints", (200, b"x", "text/plain"), "sent no list of models", False),
        ("/view", (500, b"", "text/plain"), "answered 500", True),
    ],
)  # fmt: skip
def test_junk_is_told_in_our_words(
    server: ComfyServer, path: str, answer: tuple[int, bytes, str], said: str, retryable: bool
) -> None:
    server.trouble = Trouble(answers={path: answer})
    error = failed(opened(server))
    assert isinstance(error, BackendError)
    assert error.message == f"ComfyUI at {server.address} {said}"
    assert error.retryable is retryable


# What goes wrong on the way


def test_a_node_that_fails_is_named(server: ComfyServer) -> None:
    server.trouble = Trouble(fails_in="VAEDecode")
    error = failed(opened(server))
    assert error.message == ("ComfyUI: node 7 (VAEDecode) failed: mat1 and mat2[31m differ")
    server.trouble = Trouble()
    made(opened(server))
    assert len({body["prompt_id"] for body in server.prompts}) == 2


def test_a_workflow_without_pictures_is_told(server: ComfyServer) -> None:
    server.trouble = Trouble(no_pictures=True)
    error = failed(opened(server))
    assert error.message == f"ComfyUI at {server.address}: the workflow gave no picture out"


@pytest.mark.parametrize("number", range(1, 14))
def test_a_lost_websocket_loses_no_picture(number: int) -> None:
    with ComfyServer(trouble=Trouble(drops=number), pause=0.002) as server:
        made(opened(server))
        assert (len(server.prompts), server.studio.drawn) == (1, 1)


def test_the_history_may_come_late(server: ComfyServer) -> None:
    server.trouble = Trouble(late=0.2)
    made(opened(server))


def test_silence_is_told_and_the_picture_taken_back(server: ComfyServer) -> None:
    server.trouble = Trouble(silent=True)
    error = failed(opened(server, timeout=0.8))
    assert isinstance(error, BackendError)
    assert error.message == f"ComfyUI at {server.address} fell silent: nothing for 0.8 s"
    assert error.retryable
    assert server.wait(lambda found: found.idle)


def test_waiting_for_others_is_no_silence() -> None:
    with ComfyServer(steps=1, pause=0.5) as server:
        images = opened(server, timeout=1.5)

        async def four() -> list[Any]:
            requests = [replace(PLAIN, seed=seed) for seed in (1, 2, 3, 4)]
            return await asyncio.gather(*(collect(images, one) for one in requests))

        assert all(isinstance(events[-1], ImageMade) for events in asyncio.run(four()))


def test_a_server_that_dies_is_waited_for_and_then_told() -> None:
    with ComfyServer(pause=5.0) as server:
        images = opened(server, timeout=1.0)

        async def dies() -> None:
            async for _ in images.stream(PLAIN):
                await asyncio.to_thread(server.die)

        with pytest.raises(BackendError) as caught:
            asyncio.run(dies())
    assert caught.value.message == f"ComfyUI at {server.address} cannot be reached"
    assert caught.value.retryable


def test_a_server_started_anew_knows_nothing() -> None:
    with ComfyServer(pause=5.0) as server:
        images = opened(server)

        async def dies() -> None:
            async for _ in images.stream(PLAIN):
                await asyncio.to_thread(server.die)
                await asyncio.to_thread(server.start_anew)

        with pytest.raises(BackendError) as caught:
            asyncio.run(dies())
    assert caught.value.message.endswith("was started anew and knows nothing of the picture")
    assert caught.value.retryable


# Once and not twice


def test_a_picture_is_fetched_again_and_not_drawn_again(server: ComfyServer) -> None:
    first, second = made(opened(server)), made(opened(server))
    assert first == second
    assert (len(server.prompts), server.studio.drawn) == (1, 1)
    assert str(uuid.UUID(server.prompts[0]["prompt_id"])) == server.prompts[0]["prompt_id"]


def test_a_picture_on_its_way_is_waited_for_after_we_died() -> None:
    with ComfyServer(pause=0.05) as server:
        made(opened(server))
        server.die()
        server.start_anew()
        body = {**server.prompts[0], "client_id": "the one that died"}
        assert httpx2.post(f"{server.address}/prompt", json=body).status_code == 200
        made(opened(server))
        assert (len(server.prompts), server.studio.drawn) == (2, 2)


def test_a_lost_file_is_drawn_again(server: ComfyServer) -> None:
    first = made(opened(server))
    server.studio.files.clear()
    second = made(opened(server))
    assert server.studio.drawn == 2
    names = [body["prompt"]["8"]["inputs"]["filename_prefix"] for body in server.prompts]
    assert names == ["bozzetto", f"bozzetto_{server.prompts[1]['prompt_id'][:8]}"]
    assert second.effective == first.effective


def test_two_of_the_same_at_once_do_not_disturb_one_another() -> None:
    with ComfyServer(pause=0.02) as server:
        images = opened(server)

        async def leave_one() -> ImageMade:
            one, other = images.stream(PLAIN), images.stream(PLAIN)
            await anext(one)
            await anext(other)
            await one.aclose()
            end = [event async for event in other][-1]
            assert isinstance(end, ImageMade)
            return end

        asyncio.run(leave_one())
        assert len({body["prompt_id"] for body in server.prompts}) == 2


# Leaving


@pytest.mark.parametrize("old", [False, True])
def test_leaving_stops_what_runs_and_takes_out_what_waits(old: bool) -> None:
    with ComfyServer(pause=60.0 if not old else 0.1, steps=100, trouble=Trouble(old=old)) as server:
        images = opened(server)

        async def leave() -> None:
            runs, waits = images.stream(PLAIN), images.stream(replace(PLAIN, seed=8))
            await anext(runs)
            await anext(waits)
            await waits.aclose()
            assert not server.studio.queue
            await runs.aclose()

        start = time.monotonic()
        asyncio.run(leave())
        assert server.studio.drawn == 0
        assert ("POST /interrupt" in server.requests) is old
        assert time.monotonic() - start < 5.0


def test_an_old_server_is_not_told_to_stop_what_others_draw() -> None:
    with ComfyServer(steps=1, pause=1.5, trouble=Trouble(old=True)) as server:
        images = opened(server)

        async def leave_the_second() -> ImageMade:
            first, second = images.stream(PLAIN), images.stream(replace(PLAIN, seed=8))
            await anext(first)
            await anext(second)
            await second.aclose()
            end = [event async for event in first][-1]
            assert isinstance(end, ImageMade)
            return end

        asyncio.run(leave_the_second())
        assert "POST /interrupt" not in server.requests


def test_a_cancelled_task_cancels_the_picture() -> None:
    with ComfyServer(pause=0.01, steps=1000) as server:
        images = opened(server)

        async def cancel() -> None:
            task = asyncio.create_task(collect(images, PLAIN))
            while not server.prompts:
                await asyncio.sleep(0.005)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        asyncio.run(cancel())
        assert server.wait(lambda found: found.idle)
        assert server.studio.drawn == 0
