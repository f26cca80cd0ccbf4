from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.web.server import Server

IDEA = "un gatto"
SMALL: dict[str, Any] = {"size": "64x64", "images": "sketch:"}
HOSTILE = ("../x", '<img src=x onerror="alert(1)">', "a\r\nX-Injected: 1", "a/b c")


def heard(api: httpx2.Client, job: str) -> list[tuple[int, str, Any]]:
    with api.stream("GET", f"/jobs/{job}/events") as stream:
        return list(told(stream))


@pytest.fixture
def written(api: httpx2.Client) -> list[str]:
    found = api.post("/optimize", json={"idea": IDEA, "n": 2}).json()
    return [one["id"] for one in found["candidates"]]


def test_pictures_begin_a_board_and_join_it(api: httpx2.Client, written: list[str]) -> None:
    asked = SMALL | {"candidate": written[:1], "n": 1, "compare": True, "campaign": "Cats"}
    first = api.post("/generate", json=asked)
    assert (first.status_code, first.json()["total"]) == (202, 3)
    images = heard(api, first.json()["id"])[-1][2]["images"]
    assert [image["lineage"]["kind"] for image in images] == ["idea", "hit", "candidate"]
    again = api.post("/generate", json=asked).json()
    assert (again["id"], again["campaign"]) == (first.json()["id"], first.json()["campaign"])
    more = api.post("/generate", json=asked | {"candidate": written}).json()
    assert (more["total"], heard(api, more["id"])[-1][1]) == (1, "result")
    board = api.get("/campaigns/Cats/board", params={"reviewer": "Ada"}).json()
    kinds = [item["image"]["lineage"]["kind"] for item in board["items"]]
    assert kinds == ["idea", "hit", "candidate", "candidate"]
    assert board["brief"]["ideas"] == [IDEA]
    assert api.get(f"/campaigns/{first.json()['campaign']}/board", params={"reviewer": "Ada"})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_board_may_be_called_anything(api: httpx2.Client, name: str) -> None:
    asked = SMALL | {"prompt": "a fox", "n": 1, "campaign": name}
    job = api.post("/generate", json=asked).json()
    assert heard(api, job["id"])[-1][1] == "result"
    shown = " ".join(name.split())
    assert shown in [one["name"] for one in api.get("/campaigns").json()["campaigns"]]


def test_a_comparison_joins_too(api: httpx2.Client, shelf: Assistant) -> None:
    asked = SMALL | {"idea": IDEA, "n": 1, "seeds": 1, "campaign": "Compared"}
    jobs = [api.post("/compare", json=asked).json()["job"] for _ in range(2)]
    assert jobs[0]["id"] == jobs[1]["id"]
    assert heard(api, jobs[0]["id"])[-1][1] == "result"
    assert len(shelf.campaigns.show("Compared").images) == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"prompt": "a", "campaign": " "},
        {"prompt": "a", "campaign": "x" * 101},
        {"prompt": "a", "campaign": 7},
        {"prompt": "a", "compare": True},
        {"again": "a", "compare": True},
    ],
)
def test_what_cannot_join(api: httpx2.Client, asked: dict[str, Any]) -> None:
    answer = api.post("/generate", json=SMALL | asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "input")


def test_an_undo_sent_again_after_a_restart_takes_back_no_more(shelf: Assistant) -> None:
    (image,) = shelf.generate("a fox", campaign="Restarted", **SMALL).images
    for stars in (1, 2, 3):
        shelf.campaigns.judge("Restarted", image.id, reviewer="Ada", rating=stars)
    found = []
    for _ in range(2):
        with Server(shelf, port=0) as server:
            headers = {
                "Authorization": f"Bearer {server.access.token}", "Idempotency-Key": "again",
            }  # fmt: skip
            address = f"http://127.0.0.1:{server.port}/api/v1/campaigns/Restarted/undo"
            answer = httpx2.post(address, json={"reviewer": "Ada"}, headers=headers)
            found.append(answer.json()["verdict"]["rating"])
    assert found == [2, 2]
    (item,) = shelf.campaigns.board("Restarted", reviewer="Ada").items
    assert item.own is not None
    assert item.own.rating == 2
