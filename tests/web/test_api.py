from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from tests.web.conftest import CANARY, NAME

from bozzetto import errors
from bozzetto.app import Assistant
from bozzetto.app.wire import board_json, verdict_json
from bozzetto.web.problems import STATUSES

LONG = "n" * 2001
CAMPAIGN = f"/api/v1/campaigns/{quote(NAME, safe='')}"


def first(client: httpx2.Client) -> str:
    items = client.get(f"{CAMPAIGN}/board", params={"reviewer": "first"}).json()["items"]
    identity: str = items[0]["image"]["id"]
    return identity


def test_campaigns_are_listed(client: httpx2.Client) -> None:
    (found,) = client.get("/api/v1/campaigns").json()["campaigns"]
    assert (found["name"], found["actor"]) == (NAME, "bench")


@pytest.mark.parametrize("blind", [False, True])
def test_board_is_the_assistant_s(client: httpx2.Client, assistant: Assistant, blind: bool) -> None:
    answer = client.get(f"{CAMPAIGN}/board", params={"reviewer": "board", "blind": blind})
    assert answer.status_code == 200
    there = board_json(assistant.campaigns.board(NAME, reviewer="board", blind=blind))
    assert answer.json() == json.loads(json.dumps(there))
    assert (CANARY in answer.json()["items"][0]["image"].get("prompt", "")) is not blind


def test_board_by_the_id_of_the_campaign(client: httpx2.Client) -> None:
    (found,) = client.get("/api/v1/campaigns").json()["campaigns"]
    answer = client.get(f"/api/v1/campaigns/{found['id']}/board", params={"reviewer": "x"})
    assert answer.json()["name"] == NAME


def test_what_is_not_said_stays(client: httpx2.Client, assistant: Assistant) -> None:
    image = first(client)
    said = ({"keep": True}, {"rating": 4}, {"note": CANARY}, {"keep": None})
    for one in said:
        answer = client.post(f"{CAMPAIGN}/verdicts", json={"image": image, "reviewer": "ann"} | one)
        assert answer.status_code == 200
    own = assistant.campaigns.board(NAME, reviewer="ann").items[0].own
    assert own is not None
    assert (own.keep, own.rating, own.note) == (None, 4, CANARY)
    assert answer.json() == {"verdict": verdict_json(own)}


def test_undo_to_the_beginning(client: httpx2.Client) -> None:
    image = first(client)
    for keep in (True, False):
        said = {"image": image, "reviewer": "uma", "keep": keep}
        client.post(f"{CAMPAIGN}/verdicts", json=said)
    answers = [client.post(f"{CAMPAIGN}/undo", json={"reviewer": "uma"}).json() for _ in range(3)]
    stands = [
        one["verdict"] and (one["verdict"]["image"], one["verdict"]["keep"]) for one in answers
    ]
    assert stands == [(image, True), (image, None), None]


def test_a_request_that_comes_twice_is_done_once(client: httpx2.Client) -> None:
    image = first(client)
    for keep in (True, False):
        client.post(f"{CAMPAIGN}/verdicts", json={"image": image, "reviewer": "twa", "keep": keep})
    key = {"Idempotency-Key": "one"}
    undo = [
        client.post(f"{CAMPAIGN}/undo", json={"reviewer": "twa"}, headers=key).json()["verdict"][
            "keep"
        ]
        for _ in range(2)
    ]
    assert undo == [True, True]


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "detail"),
    [
        ("none/verdicts", {"image": "x", "reviewer": "r"}, 404, "not_found", "called 'none'"),
        ("{n}/verdicts", {"image": "x", "reviewer": "r"}, 404, "not_found", "is called 'x'"),
        ("{n}/verdicts", {"image": "{i}", "reviewer": "r", "rating": 6}, 422, "input", "rating: 6"),
        ("{n}/verdicts", {"image": "{i}", "reviewer": " "}, 422, "input", "is no name"),
        ("{n}/verdicts", {"image": "{i}", "reviewer": "r", "note": LONG}, 422, "input", "2,001"),
        ("{n}/verdicts", {"image": "{i}", "reviewer": "r", "keep": "yes"}, 422, "input", "keep: "),
        ("{n}/verdicts", {"image": "{i}", "reviewer": "r", "hidden": 1}, 422, "input", "hidden: "),
        ("{n}/undo", {}, 422, "input", "reviewer: "),
        ("{n}/undo", {"reviewer": "\ud800"}, 422, "input", "reviewer"),
    ],
)  # fmt: skip
def test_problems_say_what_is_wrong(
    client: httpx2.Client, path: str, body: dict[str, object], status: int, code: str, detail: str
) -> None:
    text = json.dumps(body).replace("{i}", first(client))
    address = f"/api/v1/campaigns/{path.replace('{n}', quote(NAME, safe=''))}"
    answer = client.post(address, content=text, headers={"Content-Type": "application/json"})
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert (answer.status_code, said["status"], said["code"]) == (status, status, code)
    assert said["type"] == f"urn:bozzetto:{code}"
    assert detail in said["detail"]


def test_every_error_of_ours_has_a_status() -> None:
    kinds = {getattr(errors, name) for name in errors.__all__}
    assert all(any(base in STATUSES for base in kind.__mro__) for kind in kinds)
    assert STATUSES[errors.NotFoundError] == 404


def test_a_picture_s_file(client: httpx2.Client, assistant: Assistant) -> None:
    image = assistant.campaigns.board(NAME, reviewer="r").items[0].image
    answer = client.get(f"/api/v1/images/{image.id}/file")
    assert answer.content == Path(image.path or "").read_bytes()
    named = {key: answer.headers[key] for key in ("content-type", "etag", "cache-control")}
    assert named == {
        "content-type": "image/png",
        "etag": f'"{image.id}"',
        "cache-control": "private, max-age=31536000, immutable",
    }


@pytest.mark.parametrize("kind", ["file", "thumbnail"])
def test_a_picture_that_is_known_is_not_sent_again(
    client: httpx2.Client, assistant: Assistant, kind: str
) -> None:
    identity = assistant.campaigns.board(NAME, reviewer="r").items[0].image.id
    path = f"/api/v1/images/{identity}/{kind}"
    tag = f'"{identity}"'
    for known in (tag, f"W/{tag}", f'"a", W/{tag} ,"b"', "*"):
        again = client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    for other in ('"a"', identity, '"*"', f'"{identity}x"', ""):
        assert client.get(path, headers={"If-None-Match": other}).status_code == 200
    gone = client.get(f"/api/v1/images/none/{kind}", headers={"If-None-Match": "*"})
    assert gone.status_code == 404


def test_a_part_of_a_picture(client: httpx2.Client, assistant: Assistant) -> None:
    image = assistant.campaigns.board(NAME, reviewer="r").items[0].image
    path, data = f"/api/v1/images/{image.id}/file", Path(image.path or "").read_bytes()
    part = client.get(path, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.content) == (206, b"PNG")
    for asked, status in ((f"bytes={len(data)}-", 416), ("bytes=3-1", 400), ("lines=1-2", 400)):
        answer = client.get(path, headers={"Range": asked})
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.status_code, answer.json()["code"]) == (status, "range")
        assert answer.headers.get("content-range") == (
            f"bytes */{len(data)}" if status == 416 else None
        )


def test_a_thumbnail_that_is_missing_or_damaged_is_made_again(
    client: httpx2.Client, assistant: Assistant
) -> None:
    image = assistant.campaigns.board(NAME, reviewer="r").items[1].image
    place = Path(image.thumbnail or "")
    before = place.read_bytes()
    place.unlink()
    missing = client.get(f"/api/v1/images/{image.id}/thumbnail")
    place.write_bytes(b"<html>")
    damaged = client.get(f"/api/v1/images/{image.id}/thumbnail")
    assert (missing.content, damaged.content, place.read_bytes()) == (before, before, before)
    assert missing.headers["content-type"] == "image/webp"


def test_a_file_that_is_gone_is_told(client: httpx2.Client, assistant: Assistant) -> None:
    image = assistant.campaigns.board(NAME, reviewer="r").items[2].image
    place = Path(image.path or "")
    data = place.read_bytes()
    place.unlink()
    try:
        answer = client.get(f"/api/v1/images/{image.id}/file")
    finally:
        place.write_bytes(data)
    assert answer.status_code == 404
    assert answer.json()["hint"] == f"make it again: bozzetto generate --again {image.id}"
