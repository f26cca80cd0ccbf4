from __future__ import annotations

import time
from typing import Any

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.errors import NotFoundError
from bozzetto.review.brief import brief_from

BRIEF: dict[str, Any] = {
    "ideas": ["a small dog", "un castello"], "n": 1, "seeds": 2, "sizes": ["64x64"],
    "images": "sketch:", "must": ["copy space"],
}  # fmt: skip
TOML = """
name = "From a text"
ideas = ["a small fox"]
n = 1
sizes = ["64x64"]
images = "sketch:"
"""


def settled(api: httpx2.Client, name: str) -> dict[str, Any]:
    """A campaign of which nothing is left to draw."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        found: dict[str, Any] = api.get(f"/campaigns/{name}").json()
        if found["jobs"] and all(job["state"] == "done" for job in found["jobs"]):
            return found
        time.sleep(0.05)
    raise AssertionError(f"{name} is not drawn")


def test_a_campaign_is_written_and_drawn(api: httpx2.Client, shelf: Assistant) -> None:
    brief = BRIEF | {"name": "Spring"}
    planned = api.post("/campaigns/plan", json={"brief": brief}).json()
    assert planned == {"name": "Spring", "ideas": 2, "pictures": 4}
    headers = {"Accept": "text/event-stream"}
    with api.stream("POST", "/campaigns", json={"brief": brief}, headers=headers) as stream:
        events = list(told(stream))
    said = [(data["done"], data["total"], data["message"]) for _, name, data in events[:-1]]
    assert said == [(1, 2, "a small dog"), (2, 2, "un castello")][-len(said) :]
    assert (events[-1][1], events[-1][2]["total"]) == ("result", 4)
    found = settled(api, "Spring")
    assert [job["title"] for job in found["jobs"]] == brief["ideas"]
    assert {image["lineage"]["idea"] for image in found["images"]} == set(brief["ideas"])
    assert all("copy space" in image["request"]["prompt"] for image in found["images"])
    again = api.post("/campaigns", json={"brief": brief})
    assert again.status_code == 202
    assert [one.total for one in shelf.campaigns.show("Spring").jobs] == [2, 2]


def test_a_text_is_a_brief_too_and_a_key_makes_it_once(api: httpx2.Client) -> None:
    key = {"Idempotency-Key": "brief"}
    answers = [api.post("/campaigns", json={"brief": TOML}, headers=key) for _ in range(2)]
    first = answers[0].json()
    assert [one.status_code for one in answers] == [202, 202]
    assert answers[1].json() == first
    assert answers[0].headers["location"] == f"/api/v1/campaigns/{first['id']}"
    assert settled(api, first["id"])["name"] == "From a text"
    other = api.post("/campaigns", json={"brief": TOML, "name": "Other"}, headers=key)
    assert other.status_code == 422


def test_what_is_left_is_gone_on_with(api: httpx2.Client, shelf: Assistant) -> None:
    brief = BRIEF | {"name": "Left over", "ideas": ["a small dog"]}
    row = shelf.campaigns.begin(brief_from(brief))
    (job,) = [job for _, job in shelf.campaigns.write(row.name)]
    assert shelf.campaigns.open_jobs(row.name) == [job]
    answer = api.post("/campaigns/Left over/resume")
    assert (answer.status_code, answer.json()["waiting"]) == (202, 2)
    assert settled(api, "Left over")["jobs"][0]["id"] == job
    assert api.post("/campaigns/none/resume").status_code == 404


def test_ideas_that_are_left_are_written(api: httpx2.Client, shelf: Assistant) -> None:
    row = shelf.campaigns.begin(brief_from(BRIEF | {"name": "Half"}))
    assert next(iter(shelf.campaigns.write(row.name)))[0] == "a small dog"
    headers = {"Accept": "text/event-stream"}
    with api.stream("POST", "/campaigns/Half/resume", headers=headers) as stream:
        events = list(told(stream))
        location = stream.headers["location"]
    assert [data["message"] for _, name, data in events if name == "progress"] == ["un castello"]
    again = list(told(api.get(location.removeprefix("/api/v1"))))
    assert again[-1] == events[-1]
    assert len(settled(api, "Half")["images"]) == 4


def test_a_campaign_that_is_deleted_is_written_no_more(shelf: Assistant) -> None:
    row = shelf.campaigns.begin(brief_from(BRIEF | {"name": "Short"}))
    writing = shelf.campaigns.write(row.name)
    next(writing)
    shelf.campaigns.delete("Short")
    with pytest.raises(NotFoundError):
        next(writing)


def test_a_board_that_began_with_pictures_has_nothing_to_write(
    api: httpx2.Client, shelf: Assistant
) -> None:
    made = shelf.optimize("un gatto", n=1).candidates[0].id
    shelf.generate(candidate=made, campaign="Begun", size="64x64", images="sketch:")
    shelf.generate("  a fox\x07 ", campaign="Begun too", size="64x64", images="sketch:")
    for name in ("Begun", "Begun too"):
        assert list(shelf.campaigns.write(name)) == []
        assert api.post(f"/campaigns/{name}/resume").status_code == 202


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"brief": {"ideas": ["x y"]}}, 422, "no name"),
        ({"brief": "ideas = ["}, 422, "no TOML"),
        ({"brief": TOML, "name": " "}, 422, "is no name"),
        ({"brief": TOML, "name": "N", "hidden": 1}, 422, "hidden"),
        ({"brief": BRIEF | {"name": "N", "profile": "../me.toml"}}, 422, "files are not read"),
        ({"brief": BRIEF | {"name": "N", "profile": "none"}}, 404, "none"),
        ({"brief": BRIEF | {"name": "N", "colour": 1}}, 422, "colour"),
        ({"brief": BRIEF | {"name": "N", "n": 32, "seeds": 64}}, 422, "pictures an idea"),
        ({"brief": BRIEF | {"name": "N", "never": ["copy space"]}}, 422, "wants and forbids"),
        ({"brief": BRIEF | {"name": "N", "images": "none:"}}, 503, "none"),
        ({"brief": BRIEF | {"name": "N", "chat": "ollama:"}}, 503, "no model is named"),
        ({"brief": "x" * 1_048_577}, 422, "brief"),
        ({}, 422, "brief"),
    ],
)
def test_what_is_no_brief(api: httpx2.Client, body: dict[str, Any], status: int, said: str) -> None:
    answer = api.post("/campaigns", json=body)
    assert (answer.status_code, said in answer.json()["detail"]) == (status, True), answer.text
    assert "N" not in [one["name"] for one in api.get("/campaigns").json()["campaigns"]]
    if status == 422:
        assert api.post("/campaigns/plan", json=body).status_code == 422


def test_a_campaign_is_deleted(api: httpx2.Client, shelf: Assistant) -> None:
    shelf.generate("a bear", campaign="Gone", size="64x64", images="sketch:")
    assert api.delete("/campaigns/Gone").json() == {"deleted": 1}
    assert api.delete("/campaigns/Gone").status_code == 404
    assert api.get("/campaigns/Gone").status_code == 404
