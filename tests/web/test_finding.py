from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.cli.conftest import PROMPTS

from bozzetto.app import Assistant
from bozzetto.app.wire import record_json, search_json
from bozzetto.types import Filters

IDEA = "un piccolo cane bianco"


def test_search_is_the_assistant_s(api: httpx2.Client, shelf: Assistant) -> None:
    asked = {"idea": IDEA, "k": 3, "explain": True, "facets": True, "source": ["mine.txt"]}
    answer = api.post("/search", json=asked)
    there = shelf.search(IDEA, 3, explain=True, filters=Filters(source=("mine.txt",)))
    assert answer.status_code == 200
    assert answer.json() == search_json(there, explain=True, facets=True)
    assert answer.json()["hits"][0]["prompt"] == PROMPTS[1]


def test_search_by_likes_and_filters(api: httpx2.Client) -> None:
    first = api.post("/search", json={"idea": IDEA, "k": 1}).json()["hits"][0]["id"]
    liked = api.post("/search", json={"like": [first], "by": "look", "k": 2})
    assert first not in [hit["id"] for hit in liked.json()["hits"]]
    none = api.post("/search", json={"idea": IDEA, "source": ["no such source"]})
    assert (none.status_code, none.json()["hits"]) == (200, [])


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"idea": "x", "k": 0}, "k"),
        ({"idea": "x", "k": 1001}, "k"),
        ({"idea": "x", "k": "3"}, "k"),
        ({"idea": "x", "kk": 3}, "kk"),
        ({"idea": "x" * 20_001}, "idea"),
        ({"idea": "\ud800"}, "idea"),
        ({"idea": "x", "by": "mood"}, "by"),
        ({"idea": "x", "since": "yesterday"}, "since"),
        ({"idea": "x", "min_rating": 6}, "min_rating"),
        ({"idea": "x", "max_nsfw": float("nan")}, "max_nsfw"),
        ({"idea": "x", "like": ["a"] * 101}, "like"),
    ],
)
def test_wrong_fields_are_named(api: httpx2.Client, asked: dict[str, Any], field: str) -> None:
    text = json.dumps(asked)
    answer = api.post("/search", content=text, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], [one["field"] for one in problem["errors"]]) == ("input", [field])


def test_nothing_to_search_for(api: httpx2.Client) -> None:
    answer = api.post("/search", json={})
    assert (answer.status_code, answer.json()["code"]) == (422, "input")
    unknown = api.post("/search", json={"like": ["no"]})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "input")


def test_library_page_by_page(api: httpx2.Client, shelf: Assistant) -> None:
    found, after = [], 0
    while after is not None:
        page = api.get("/library", params={"limit": 4, "after": after}).json()
        found.append(page["prompts"])
        after = page["next"]
    assert [len(prompts) for prompts in found] == [4, 4, 2]
    there = [record_json(record) for record in shelf.library.list(limit=50)]
    assert [one for prompts in found for one in prompts] == there
    assert page["total"] == 10


@pytest.mark.parametrize(
    ("asked", "many"),
    [
        ({"source": ["mine.txt", "other"]}, 10),
        ({"tag": "none"}, 0),
        ({"min_rating": "1"}, 0),
        ({"has_image": "false"}, 10),
        ({"has_image": "true"}, 0),
        ({"since": "2020-01-01"}, 10),
        ({"since": "2120-01-01"}, 0),
        ({"use": "' OR 1=1 --"}, 0),
        ({"after": 2**53 - 1}, 0),
    ],
)
def test_library_by_filters(api: httpx2.Client, asked: dict[str, Any], many: int) -> None:
    page = api.get("/library", params=asked).json()
    assert len(page["prompts"]) == many
    assert page["total"] == (10 if "after" in asked else many)
    lines = api.get("/library/export", params=asked)
    if "after" not in asked:
        assert [json.loads(line) for line in lines.text.splitlines()] == page["prompts"]
        assert lines.headers["content-type"] == "application/x-ndjson"


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0}, {"limit": 10**9}, {"limit": "x"}, {"after": -1}, {"after": 2**64},
        {"min_rating": 6}, {"max_nsfw": "nan"}, {"since": "soon"}, {"q": "x"},
        {"has_image": "maybe"}, {"tag": "x" * 2001},
    ],
)  # fmt: skip
def test_wrong_pages(api: httpx2.Client, asked: dict[str, Any]) -> None:
    answer = api.get("/library", params=asked)
    assert answer.status_code == 422
    assert [one["field"].partition(".")[0] for one in answer.json()["errors"]] == list(asked)


def test_editing(api: httpx2.Client, shelf: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "edited.txt"
    file.write_text("a green kite over dunes, gouache\n", encoding="utf-8")
    shelf.add(file)
    (before,) = api.get("/library", params={"source": "edited.txt"}).json()["prompts"]
    path = f"/library/{before['id']}"
    asked = {"prompt": "a green kite over cliffs, gouache", "negative": "rain", "tags": ["Sky"]}
    after = api.patch(path, json=asked).json()
    assert after == before | {
        "id": after["id"],
        "prompt": "a green kite over cliffs, gouache",
        "core": "a green kite over cliffs",
        "original": before["prompt"],
        "negative": "rain",
        "tags": ["sky"],
    }
    assert api.get(path).status_code == 404
    assert (
        api.post("/search", json={"idea": "kite cliffs", "k": 1}).json()["hits"][0]["id"]
        == (after["id"])
    )
    assert api.get("/stats").json()["tag"] == {"sky": 1}
    assert api.get(f"/library/{after['id']}/variants").json() == {"prompts": []}
    taken = api.patch(f"/library/{after['id']}", json={"prompt": PROMPTS[1]})
    assert (taken.status_code, taken.json()["code"]) == (422, "input")
    wrong = api.patch(f"/library/{after['id']}", json={"tags": "x", "text": "y"})
    assert [one["field"] for one in wrong.json()["errors"]] == ["tags", "text"]
    api.delete("/library", params={"source": "edited.txt"})


def test_stats(api: httpx2.Client) -> None:
    found = api.get("/stats").json()
    source = next(one for one in found.pop("sources") if one["name"] == "mine.txt")
    assert (source["name"], source["prompts"], source["actor"]) == ("mine.txt", 10, "tester")
    del found["candidates"]  # whatever other tests kept
    assert found == {
        "prompts": 10, "families": 10, "has_image": 0, "tag": {}, "use": {},
        "model_family": {}, "rating": {},
    }  # fmt: skip


def test_one_prompt(api: httpx2.Client, shelf: Assistant) -> None:
    record = shelf.library.list(limit=1)[0]
    assert api.get(f"/library/{record.id}").json() == record_json(record)
    assert api.get("/library/none").json()["code"] == "not_found"


def test_rating(api: httpx2.Client, shelf: Assistant) -> None:
    record = shelf.library.list(limit=1)[0]
    path = f"/library/{record.id}/rating"
    assert api.put(path, json={"rating": 5}).json() == {"changed": 1}
    assert api.get(f"/library/{record.id}").json()["rating"] == 5
    assert api.put(path, json={"rating": 0}).json() == {"changed": 1}
    assert api.get(f"/library/{record.id}").json()["rating"] is None
    assert api.put(path, json={"rating": 6}).status_code == 422


def test_deleting(api: httpx2.Client, shelf: Assistant, tmp_path: Path) -> None:
    file = tmp_path / "gone.txt"
    file.write_text("a red kite over dunes\na blue kite over dunes\n", encoding="utf-8")
    shelf.add(file, embed=False)
    listed = api.get("/library", params={"source": "gone.txt"}).json()
    first, second = (one["id"] for one in listed["prompts"])
    assert api.delete(f"/library/{first}").json() == {"deleted": 1}
    assert api.delete(f"/library/{first}").status_code == 404
    assert api.delete("/library", params={"source": "gone.txt"}).json() == {"deleted": 1}
    assert api.get(f"/library/{second}").status_code == 404
    assert api.delete("/library").status_code == 422


def test_profiles(api: httpx2.Client) -> None:
    listed = api.get("/profiles").json()["profiles"]
    sdxl = next(one for one in listed if one["name"] == "sdxl")
    assert api.get("/profiles/sdxl").json() == sdxl
    assert sdxl["tokens"] == {"clip": 75}
    assert api.get("/profiles/no").status_code == 404
    assert api.get("/profiles/own.toml").status_code == 422


def test_backends_say_what_they_lack_and_no_more(api: httpx2.Client) -> None:
    listed = api.get("/backends").json()["backends"]
    nothing = {"missing": None, "hint": None, "tested": "real", "state": None}
    compose = {
        "kind": "chat",
        "scheme": "compose",
        **nothing,
        "title": "the program itself, no model",
    }
    sketch = {
        **compose,
        "kind": "images",
        "scheme": "sketch",
        "title": "the program itself: a card",
    }
    assert listed[0] == compose
    assert sketch in listed
    assert {frozenset(one) for one in listed} == {frozenset(compose)}
