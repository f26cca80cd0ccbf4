"""Which back ends may be named over the network, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from bozzetto.app import Assistant
from bozzetto.web.server import Server

V1 = "/api/v1"
NAMED = (
    "openai:m@http://gpu:8000/v1", "a1111:http://gpu:7860", "clip:/models/clip,head.npz",
    "langchain:mymodels:writer",
)  # fmt: skip
BRIEF = {"name": "N", "ideas": ["a fox"], "n": 1, "sizes": ["64x64"]}
ELSEWHERE = "openai:m@http://127.0.0.1:9/v1"
WAY_OUT = "adds it to backends in config.toml"


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    folder = tmp_path_factory.mktemp("team")
    chat, *more = NAMED
    (folder / "config.toml").write_text(f'chat = "{chat}"\nbackends = "{" ".join(more)}"\n')
    with Assistant.open(folder, actor="owner") as a:
        a.accounts.add("ada", "three words or four", "admin")
        yield a


@pytest.fixture(scope="module")
def server(team: Assistant) -> Iterator[Server]:
    with Server(team, port=0) as found:
        yield found


def client(server: Server, secret: str) -> httpx2.Client:
    base = f"http://127.0.0.1:{server.port}{V1}"
    return httpx2.Client(base_url=base, headers={"Authorization": f"Bearer {secret}"}, timeout=30)


@pytest.fixture(scope="module")
def ada(server: Server, team: Assistant) -> Iterator[httpx2.Client]:
    """An admin of an account: not the owner of the files either."""
    with client(server, team.accounts.add_key("ada", "admin")[1]) as found:
        yield found


@pytest.fixture(scope="module")
def owner(server: Server) -> Iterator[httpx2.Client]:
    with client(server, server.access.token) as found:
        yield found


def planned(c: httpx2.Client, name: str) -> tuple[int, bool]:
    answer = c.post("/campaigns/plan", json={"brief": BRIEF | {"images": name}})
    return answer.status_code, WAY_OUT in answer.text


@pytest.mark.parametrize(
    "name",
    [
        *NAMED, "compose", "sketch:", "sketch", "a1111:", "comfyui:", "stability:core",
        "openai:gpt-image-2", "ollama:", "ollama:llama3.2:3b", "ollama:hf.co/some/model:Q4_K_M",
        "bedrock:arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.some-model-v1:0",
        "sagemaker:sdxl@my-endpoint", "azure:my-deployment", "anthropic:claude-haiku-4-5",
        "openrouter:some/model:free", "langchain:mymodels:writer",
    ],
)  # fmt: skip
def test_what_an_account_may_name(ada: httpx2.Client, name: str) -> None:
    assert planned(ada, name) == (200, False)


NOT_TO_BE_NAMED = [
    ELSEWHERE, "openai:http://127.0.0.1:9/v1", "ollama:m@HTTPS://h.example", "openai:m@h:80",
    "a1111:http://169.254.169.254", " a1111:http://gpu:7861", "a1111:http://gpu:7860/x",
    "a1111:gpu", "comfyui:/etc/passwd", "comfyui:http://127.0.0.1:9", "comfyui:../x.json@http://h",
    "diffusers:/etc", "diffusers:someone/model", "clip:FOLDER,FILE", "clip:/models/clip",
    "stability:core@http://h.example", "stability:../../v1/user", "bedrock:m@http://h",
    "sagemaker:http://h.example", "sketch:/etc", "plugin:anything", "openai:m\n@http://h",
    "langchain:mymodels:other", "langchain:os:getcwd", "langchain:", "gguf:/etc/passwd", "gguf:",
    "gguf:model.gguf", " langchain:mymodels:editor", "azure:d@http://h", "anthropic:m@https://h",
    "openrouter:m@http://127.0.0.1:9",
]  # fmt: skip


@pytest.mark.parametrize("name", NOT_TO_BE_NAMED)
def test_what_the_owner_alone_may_name(ada: httpx2.Client, owner: httpx2.Client, name: str) -> None:
    assert planned(ada, name) == (422, True)
    assert planned(owner, name) == (200, False)


TOML = f'name = "N"\nideas = ["a fox"]\nchat = "{ELSEWHERE}"\n'


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/optimize", {"idea": "a fox", "chat": ELSEWHERE}),
        ("/optimize", {"idea": "a fox", "chat": "langchain:antigravity:x"}),
        ("/optimize", {"idea": "a fox", "chat": "gguf:/etc/passwd"}),
        ("/optimize/none/refine", {"prefer": "x", "chat": ELSEWHERE}),
        ("/optimize/none/regenerate", {"chat": ELSEWHERE}),
        ("/generate", {"prompt": "a fox", "images": ELSEWHERE}),
        ("/compare", {"idea": "a fox", "images": ELSEWHERE}),
        ("/compare", {"idea": "a fox", "chat": ELSEWHERE}),
        ("/campaigns", {"brief": BRIEF | {"images": ELSEWHERE}}),
        ("/campaigns", {"brief": BRIEF | {"chat": ELSEWHERE}}),
        ("/campaigns", {"brief": TOML}),
        ("/campaigns/plan", {"brief": TOML}),
        ("/campaigns/none/score", {"by": "clip:/etc,passwd"}),
    ],
)
def test_every_route_asks(ada: httpx2.Client, path: str, body: dict[str, Any]) -> None:
    answer = ada.post(path, json=body)
    assert (answer.status_code, WAY_OUT in answer.text) == (422, True)


def test_lines_ask_too(ada: httpx2.Client, owner: httpx2.Client) -> None:
    refused = ada.post("/batch/optimize", params={"chat": ELSEWHERE}, content=b"a fox")
    assert (refused.status_code, WAY_OUT in refused.text) == (422, True)
    params = {"chat": "diffusers:/etc"}  # no chat model is called so: nothing is looked up
    let_in = owner.post("/batch/optimize", params=params, content=b"a fox")
    assert (let_in.status_code, WAY_OUT in let_in.text) == (503, False)
    named = ada.post("/batch/optimize", params={"n": 1, "chat": "compose"}, content=b"a fox")
    assert "error" not in json.loads(named.text)


def test_nothing_of_the_name_is_told(ada: httpx2.Client, tmp_path: Path) -> None:
    """Whether a file is there is not told by the answer."""
    there, gone = tmp_path / "there.json", tmp_path / "gone.json"
    there.write_text("{}")
    answers = [
        ada.post("/generate", json={"prompt": "a fox", "images": f"comfyui:{path}"}).json()
        for path in (there, gone)
    ]
    assert answers[0]["errors"] == answers[1]["errors"]
