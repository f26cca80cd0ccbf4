from __future__ import annotations

import base64
import json
import time
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.app.drawing import Asked
from bozzetto.types import DrawProgress
from bozzetto.web.drawer import LARGEST_PREVIEW, job_shape, tell
from bozzetto.web.feed import Feed
from bozzetto.web.streams import MOST_EACH

SMALL: dict[str, Any] = {"size": "64x64", "images": "sketch:"}


def heard(api: httpx2.Client, job: str, **headers: str) -> list[tuple[int, str, Any]]:
    with api.stream("GET", f"/jobs/{job}/events", headers=headers) as stream:
        assert stream.status_code == 200
        return list(told(stream))


def test_pictures_are_drawn_by_the_server(api: httpx2.Client, shelf: Assistant) -> None:
    answer = api.post("/generate", json=SMALL | {"prompt": "a red fox", "n": 2, "seed": 7})
    job = answer.json()["id"]
    assert (answer.status_code, answer.headers["location"]) == (202, f"/api/v1/jobs/{job}")
    found = heard(api, job)
    assert found[-1][1:] == ("result", json.loads(json.dumps(job_shape(shelf, job))))
    names = [name for _, name, _ in found]
    assert (names.count("done"), names.count("result")) == (2, 1)
    images = found[-1][2]["images"]
    assert [image["request"]["seed"] for image in images] == [7, 8]
    assert api.get(f"/images/{images[0]['id']}/file").headers["content-type"] == "image/png"
    assert heard(api, job, **{"Last-Event-ID": str(found[-2][0])}) == found[-1:]
    assert api.get(f"/jobs/{job}").json() == found[-1][2]


def test_the_same_key_asks_once(api: httpx2.Client) -> None:
    asked, key = SMALL | {"prompt": "a key", "n": 1}, {"Idempotency-Key": "k1"}
    first, second = (api.post("/generate", json=asked, headers=key).json() for _ in range(2))
    assert first == second
    other = api.post("/generate", json=asked | {"n": 2}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "input")
    named = [job["id"] for job in api.get("/jobs").json()["jobs"] if job["title"] == "a key"]
    assert named == [first["id"]]
    assert heard(api, first["id"])[-1][1] == "result"


def test_jobs_page_by_page(api: httpx2.Client, shelf: Assistant) -> None:
    for number in range(3):
        shelf.jobs.add(Asked(images="sketch:", size="64x64"), prompt=f"page {number}")
    whole = api.get("/jobs", params={"limit": 1000}).json()
    assert whole["next"] is None
    found: list[dict[str, Any]] = []
    after: dict[str, int] | None = {}
    while after is not None:
        page = api.get("/jobs", params={"limit": 2} | after).json()
        found += page["jobs"]
        after = None if page["next"] is None else {"after": page["next"]}
    assert found == whole["jobs"]
    waiting = api.get("/jobs", params={"state": ["waiting"], "limit": 2}).json()
    assert [job["title"] for job in waiting["jobs"]] == ["page 2", "page 1"]
    for wrong in ({"state": "lost"}, {"after": -1}, {"after": "x"}, {"limit": 10**9}):
        assert api.get("/jobs", params=wrong).status_code == 422


def test_candidates_grids_and_again(api: httpx2.Client) -> None:
    made = api.post("/optimize", json={"idea": "a small dog", "n": 1}).json()["candidates"][0]
    job = api.post("/generate", json=SMALL | {"candidate": [made["id"]], "n": 1}).json()["id"]
    (image,) = heard(api, job)[-1][2]["images"]
    assert image["lineage"]["candidate"] == made["id"]
    again = api.post("/generate", json={"again": image["id"]}).json()
    assert (again["total"], heard(api, again["id"])[-1][1]) == (1, "result")
    grid = {"steps": ["1", "2"], "seed": ["1", "2"]}
    job = api.post("/generate", json=SMALL | {"prompt": "a grid", "grid": grid}).json()["id"]
    images = heard(api, job)[-1][2]["images"]
    assert [image["labels"] for image in images] == [
        {"steps": steps, "seed": seed} for steps in "12" for seed in "12"
    ]


def test_a_job_that_another_program_queued(api: httpx2.Client, shelf: Assistant) -> None:
    job = shelf.jobs.add(Asked(images="sketch:", size="64x64"), prompt="another's", n=2)
    assert api.post(f"/jobs/{job}/cancel").json() == {"cancelled": 2}
    assert [name for _, name, _ in heard(api, job)] == ["result"]
    retried = api.post(f"/jobs/{job}/retry")
    assert (retried.status_code, retried.json()) == (202, {"waiting": 2})
    assert heard(api, job)[-1][2]["ok"] == 2
    resumed = api.post(f"/jobs/{job}/resume")
    assert (resumed.status_code, resumed.json()["ok"]) == (202, 2)
    for verb in ("cancel", "retry", "resume"):
        assert api.post(f"/jobs/none/{verb}").status_code == 404
    assert api.get("/jobs/none").status_code == 404
    assert api.get("/jobs/none/events").status_code == 404


def test_a_comparison(api: httpx2.Client) -> None:
    asked = SMALL | {"idea": "a small dog", "n": 1, "seeds": 1}
    answer = api.post("/compare", json=asked)
    assert answer.status_code == 202
    found = answer.json()
    assert len(found["candidates"]) == 1
    images = heard(api, found["job"]["id"])[-1][2]["images"]
    assert [image["lineage"]["kind"] for image in images] == ["idea", "hit", "candidate"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 422),
        ({"prompt": "a", "again": "b"}, 422),
        ({"prompt": "a", "size": "0x0"}, 422),
        ({"prompt": "a", "n": 1001}, 422),
        ({"prompt": "a", "grid": {"colour": ["red"]}}, 422),
        ({"prompt": "a", "grid": {"seed": ["x"]}}, 422),
        ({"prompt": "a", "guidance": 101}, 422),
        ({"prompt": "a", "images": "none:"}, 503),
        ({"candidate": ["none"]}, 404),
    ],
)
def test_what_cannot_be_drawn(api: httpx2.Client, asked: dict[str, Any], status: int) -> None:
    answer = api.post("/generate", json=asked)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_previews_are_bounded_and_only_the_last_is_kept() -> None:
    feed = Feed()
    jpeg = b"\xff\xd8\xff" + bytes(8)
    for data in (jpeg, b"<svg>", jpeg + bytes(LARGEST_PREVIEW), None, jpeg):
        tell(feed, DrawProgress("job", 0, 0.5, data))
        (event,), _ = feed.since(0)
        shown = data == jpeg
        url = f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
        assert (f'"{url}"' if shown else "null") in event.data
    tell(feed, DrawProgress("job", 1, 0.5))
    assert [event.number for event in feed.since(0)[0]] == [5, 6]


def test_streams_are_bounded_and_who_leaves_makes_room(
    api: httpx2.Client, shelf: Assistant
) -> None:
    path = f"/jobs/{shelf.jobs.add(Asked(images='sketch:', size='64x64'), prompt='waits')}/events"
    with ExitStack() as opened:
        streams = [opened.enter_context(api.stream("GET", path)) for _ in range(MOST_EACH)]
        heard_of = [told(stream) for stream in streams]
        assert {next(events)[1] for events in heard_of} == {"job"}
        refused = api.get(path)
        problem = (refused.status_code, refused.json()["code"], refused.headers["retry-after"])
        assert problem == (429, "busy", "5")
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with api.stream("GET", path) as stream:
            if stream.status_code == 200:
                return
        time.sleep(0.1)
    pytest.fail("nobody's place came free")
