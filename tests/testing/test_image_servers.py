"""The servers that stand for picture services refuse what the documentation does not have."""

import io
import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
from PIL import Image

from bozzetto.testing.a1111_server import A1111Server
from bozzetto.testing.image_servers import (
    ImageServer,
    OpenAIServer,
    Reply,
    StabilityServer,
    draw,
)


def send(
    server: ImageServer, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, Any]]:
    """A request with the standard library alone: the status and the JSON."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(server.address + path, data, headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def form(server: ImageServer, path: str, **fields: str) -> tuple[int, dict[str, Any]]:
    """A multipart request."""
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(server.address + path, f"{parts}--x--\r\n".encode(), kind)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_a_picture_is_a_png_of_its_prompt_and_seed() -> None:
    with Image.open(io.BytesIO(draw("dog", 1, (20, 10), {"parameters": "x"}))) as found:
        assert (found.format, found.size, found.info["parameters"]) == ("PNG", (20, 10), "x")
    assert draw("dog", 1, (20, 10)) == draw("dog", 1, (20, 10))
    assert len({draw("dog", 1, (2, 2)), draw("dog", 2, (2, 2)), draw("cat", 1, (2, 2))}) == 3


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"prompt": "x", "style": "oil"}, "style"),
        ({"prompt": "x", "steps": "2"}, "steps"),
        ({"prompt": "x", "seed": True}, "seed"),
        ({"prompt": ["x"]}, "prompt"),
    ],
)
def test_the_web_ui_refuses_what_it_does_not_document(body: object, place: str) -> None:
    with A1111Server() as server:
        status, found = send(server, "/sdapi/v1/txt2img", body)
    assert status == 422
    assert [one["loc"] for one in found["detail"]] == [["body", place]]


def test_the_web_ui_draws_one_picture_at_a_time() -> None:
    with A1111Server(seconds=0.2) as server:
        body = {"prompt": "x", "steps": 4, "width": 64, "height": 64}
        threads = [
            threading.Thread(target=send, args=(server, "/sdapi/v1/txt2img", body | {"seed": n}))
            for n in range(3)
        ]
        for thread in threads:
            thread.start()
        seen = 0
        while any(thread.is_alive() for thread in threads):
            state = send(server, "/sdapi/v1/progress?skip_current_image=true")[1]["state"]
            seen = max(seen, state["job_count"])
        for thread in threads:
            thread.join()
        assert seen == 1
        assert len(server.to("/sdapi/v1/txt2img")) == 3


def test_the_web_ui_s_batches_have_a_grid_before_them() -> None:
    with A1111Server() as server:
        body = {"prompt": "x", "steps": 1, "seed": 4, "n_iter": 2, "width": 64, "height": 64}
        found = send(server, "/sdapi/v1/txt2img", body)[1]
    info = json.loads(found["info"])
    assert (len(found["images"]), info["index_of_first_image"]) == (3, 1)
    assert info["all_seeds"] == [4, 5]


def test_the_web_ui_keeps_its_options() -> None:
    with A1111Server(models=("a.safetensors [1]", "b.safetensors [2]")) as server:
        send(server, "/sdapi/v1/options", {"sd_model_checkpoint": "b.safetensors [2]"})
        assert send(server, "/sdapi/v1/options")[1]["sd_model_checkpoint"] == "b.safetensors [2]"


PATH = "/v2beta/stable-image/generate/"


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("core", {"prompt": "x", "cfg_scale": "5"}, "cfg_scale: unknown field"),
        ("core", {"prompt": "x", "width": "512"}, "width: unknown field"),
        ("core", {"prompt": ""}, "prompt: must be 1 to 10000 characters"),
        ("ultra", {"prompt": "x", "seed": "4294967295"}, "seed: must be from 0 to 4294967294"),
        ("ultra", {"prompt": "x", "aspect_ratio": "4:3"}, "aspect_ratio: unknown"),
        ("sd3", {"prompt": "x", "cfg_scale": "11"}, "cfg_scale: must be from 1 to 10"),
        (
            "sd3",
            {"prompt": "x", "model": "sd3.5-large-turbo", "negative_prompt": "y"},
            "negative_prompt: not with turbo",
        ),
    ],
)
def test_stability_refuses_what_it_does_not_document(
    kind: str, fields: dict[str, str], says: str
) -> None:
    with StabilityServer() as server:
        status, found = form(server, PATH + kind, **fields)
    assert (status, found["errors"]) == (400, [says])


def test_stability_takes_seed_0_for_any() -> None:
    with StabilityServer() as server:
        seeds = {form(server, f"{PATH}core", prompt="x", seed="0")[1]["seed"] for _ in range(3)}
        assert 0 not in seeds
        assert len(seeds) > 1
        assert send(server, "/v1/user/balance") == (200, {"credits": 25.0})
        assert send(server, f"{PATH}core", {"prompt": "x"})[0] == 400


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"model": "gpt-image-1", "prompt": "x", "seed": 1}, 400, "unknown_parameter"),
        ({"model": "gpt-image-1", "prompt": "x", "response_format": "url"}, 400,
         "unknown_parameter"),
        ({"model": "dall-e-3", "prompt": "x", "size": "512x512"}, 400, "invalid_value"),
        ({"model": "gpt-image-2", "prompt": "x", "size": "1000x1000"}, 400, "invalid_value"),
        ({"model": "gpt-image-2", "prompt": "x", "size": "512x512"}, 400, "invalid_value"),
        ({"model": "dall-e-2", "prompt": "x" * 1001}, 400, "string_length"),
        ({"model": "dall-e-7", "prompt": "x"}, 404, "model_not_found"),
    ],
)  # fmt: skip
def test_openai_refuses_what_it_does_not_document(
    body: dict[str, Any], status: int, code: str
) -> None:
    with OpenAIServer() as server:
        found = send(server, "/v1/images/generations", body)
    assert (found[0], found[1]["error"]["code"]) == (status, code)


def test_an_answer_instead_is_given_once() -> None:
    with OpenAIServer() as server:
        server.instead.append(Reply(503, b"{}"))
        body = {"model": "dall-e-2", "prompt": "x", "size": "256x256"}
        statuses = [send(server, "/v1/images/generations", body)[0] for _ in range(2)]
    assert statuses == [503, 200]
