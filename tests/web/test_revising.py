from __future__ import annotations

from typing import Any

import httpx2
import pytest

from bozzetto.app import Assistant
from bozzetto.app.wire import candidate_json
from bozzetto.client import Client
from bozzetto.web.server import Server

HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def made(api: httpx2.Client) -> dict[str, Any]:
    found: dict[str, Any] = api.post("/optimize", json={"idea": "un cane", "n": 1}).json()
    candidate: dict[str, Any] = found["candidates"][0]
    return candidate


def test_an_edit_is_a_candidate_of_its_own(
    api: httpx2.Client, shelf: Assistant, made: dict[str, Any]
) -> None:
    text = f"{made['prompt']}, {HOSTILE}, oil"
    answer = api.post(f"/candidates/{made['id']}/revise", json={"prompt": text, "negative": ""})
    found = answer.json()
    assert (answer.status_code, found["id"] != made["id"]) == (200, True)
    assert (found["prompt"], found["negative"], found["chat"]) == (text, None, "user")
    typed = [{"text": said, "from": "user"} for said in (HOSTILE, "oil")]
    assert found["phrases"] == [*made["phrases"], *typed]
    assert found["parent"] == made["id"]
    assert found["tokens"] == shelf.tokens(text, made["profile"])
    assert found == api.get(f"/candidates/{found['id']}").json()
    assert found["checks"][-1]["found"] == f"was revised by hand from {made['id']}"
    explained = api.get(f"/candidates/{found['id']}/explain").json()
    assert explained["parent_prompt"] == made["prompt"]
    assert api.get(f"/candidates/{made['id']}").json()["prompt"] == made["prompt"]


def test_the_same_text_is_the_same_candidate(api: httpx2.Client, made: dict[str, Any]) -> None:
    path = f"/candidates/{made['id']}/revise"
    first, again = (api.post(path, json={"prompt": "a dog, ink"}).json() for _ in range(2))
    assert first == again
    assert first["negative"] == made["negative"]
    back = api.post(f"/candidates/{first['id']}/revise", json={"prompt": made["prompt"]}).json()
    assert back["id"] == made["id"]


def test_the_same_text_of_another_idea_is_another_candidate(api: httpx2.Client) -> None:
    found = []
    for idea in ("a fox", "a wolf"):
        one = api.post("/optimize", json={"idea": idea, "n": 1}).json()["candidates"][0]
        path = f"/candidates/{one['id']}/revise"
        found.append(api.post(path, json={"prompt": "the same", "negative": ""}).json())
    assert [one["idea"] for one in found] == ["a fox", "a wolf"]
    assert found[0]["id"] != found[1]["id"]


def test_what_is_too_long_or_lost_is_told(api: httpx2.Client, made: dict[str, Any]) -> None:
    path = f"/candidates/{made['id']}/revise"
    found = api.post(path, json={"prompt": "ink, " * 100}).json()
    told = " ".join(found["warnings"])
    assert "it lost dog" in told
    assert f"it has {found['tokens']['clip']} of 75 CLIP tokens" in told


@pytest.mark.parametrize(
    ("candidate", "body", "status"),
    [
        ("none", {"prompt": "x"}, 404),
        (None, {"prompt": " ,\t"}, 422),
        (None, {"prompt": "x" * 20_001}, 422),
        (None, {"prompt": "x", "id": "y"}, 422),
        (None, {}, 422),
    ],
)
def test_what_cannot_be_revised(
    api: httpx2.Client,
    made: dict[str, Any],
    candidate: str | None,
    body: dict[str, str],
    status: int,
) -> None:
    answer = api.post(f"/candidates/{candidate or made['id']}/revise", json=body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_tokens_are_counted(api: httpx2.Client) -> None:
    answer = api.post("/tokens", json={"prompt": "a small dog"})
    assert answer.json() == {"tokens": {"clip": 3}, "limits": {"clip": 75}}
    flux = api.post("/tokens", json={"prompt": "a small dog", "profile": "flux"}).json()
    assert set(flux["limits"]) <= set(flux["tokens"])
    assert api.post("/tokens", json={"prompt": "x", "profile": "none"}).status_code == 404
    assert api.post("/tokens", json={"prompt": "x", "profile": "../x.toml"}).status_code == 422


def test_the_client_revises_too(shop: Server, shelf: Assistant, made: dict[str, Any]) -> None:
    with Client(f"http://127.0.0.1:{shop.port}", shop.access.token) as client:
        found = client.revise(made["id"], "a dog, charcoal")
        assert candidate_json(found) == candidate_json(shelf.explain(found.id).candidate)
        assert client.tokens("a dog") == ({"clip": 2}, {"clip": 75})
