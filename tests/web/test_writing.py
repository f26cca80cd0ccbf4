from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.app.explaining import explanation_json
from bozzetto.app.wire import optimize_json
from bozzetto.testing.chat_server import HEAD, ChatServer, Step, answer, delta
from bozzetto.types import Wishes
from bozzetto.web.server import Server

IDEA = "a small dog"
EVENTS = {"Accept": "text/event-stream"}
LOOKS = (
    "soft window light, watercolor on rough paper, muted pastel palette, shallow depth of field",
    "neon glow, cinematic night photograph, reflections on wet chrome, saturated magenta haze",
    "charcoal drawing, heavy grain, stark chiaroscuro, smudged edges, expressive gestural strokes",
    "isometric 3d render, clay texture, bright studio lighting, playful candy colors, minimal",
)


def good(body: Mapping[str, Any]) -> list[Step]:
    return answer(f"PROMPT: {IDEA}, {LOOKS[body['seed'] % 4]}")


def test_optimize_is_the_assistant_s(api: httpx2.Client, shelf: Assistant) -> None:
    found = api.post("/optimize", json={"idea": IDEA, "n": 2, "mood": ["calm"], "seed": 3})
    assert found.status_code == 200
    first = found.json()
    assert len(first["candidates"]) == 2
    again = shelf.optimize(IDEA, n=2, wishes=Wishes(mood=("calm",)), seed=3)
    assert first == optimize_json(again)


def test_a_kept_candidate_and_why_it_reads_so(api: httpx2.Client, shelf: Assistant) -> None:
    made = api.post("/optimize", json={"idea": IDEA, "n": 1}).json()["candidates"][0]
    kept = api.get(f"/candidates/{made['id']}").json()
    assert (kept["prompt"], kept["idea"]) == (made["prompt"], IDEA)
    explained = api.get(f"/candidates/{made['id']}/explain").json()
    assert explained == explanation_json(shelf.explain(made["id"]))
    assert api.get("/candidates/none").status_code == 404


def test_refining_and_writing_again(api: httpx2.Client) -> None:
    made = api.post("/optimize", json={"idea": IDEA, "n": 1}).json()["candidates"][0]
    warmer = api.post(f"/optimize/{made['id']}/refine", json={"prefer": "warm light"})
    other = api.post(f"/optimize/{made['id']}/regenerate")
    for answer_ in (warmer, other):
        assert answer_.status_code == 200
        (one,) = answer_.json()["candidates"]
        assert one["parent"] == made["id"]
    assert api.post("/optimize/none/refine", json={"prefer": "warm"}).status_code == 404
    assert api.post(f"/optimize/{made['id']}/refine", json={}).status_code == 422


def test_events_of_compose(api: httpx2.Client) -> None:
    with api.stream("POST", "/optimize", json={"idea": IDEA, "n": 3}, headers=EVENTS) as stream:
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        found = list(told(stream))
        place = stream.headers["location"]
    assert [(number, name) for number, name, _ in found] == [
        (1, "done"), (2, "done"), (3, "done"), (4, "result"),
    ]  # fmt: skip
    candidates = [data["candidate"]["id"] for _, _, data in found[:3]]
    assert candidates == [one["id"] for one in found[3][2]["candidates"]]
    assert place.startswith("/api/v1/runs/")


def test_a_stream_goes_on_after_the_last_event(api: httpx2.Client) -> None:
    with ChatServer(good) as server:
        asked = {"idea": IDEA, "n": 2, "chat": f"ollama:tiny@{server.address}", "cache": False}
        with api.stream("POST", "/optimize", json=asked, headers=EVENTS) as stream:
            first = next(told(stream))
            place = str(stream.headers["location"]).removeprefix("/api/v1")
        headers = EVENTS | {"Last-Event-ID": str(first[0])}
        with api.stream("GET", place, headers=headers) as stream:
            rest = list(told(stream))
        with api.stream("GET", place) as stream:
            whole = list(told(stream))
    assert [first, *rest] == whole
    names = [name for _, name, _ in whole]
    ends = [data["index"] for _, name, data in whole if name in ("done", "stopped")]
    assert (sorted(ends), names.count("result"), names[-1]) == ([0, 1], 1, "result")
    assert {"started", "delta"} <= set(names)
    texts = ["", ""]
    for _, name, data in whole:
        if name == "delta":
            texts[data["index"]] += data["text"]
    assert all(IDEA in text for text in texts)
    assert api.get("/runs/none/events").status_code == 404
    assert api.get(place, headers={"Last-Event-ID": "x"}).status_code == 422


def test_stopping_one_and_all(api: httpx2.Client) -> None:
    go_on = threading.Event()

    def slow(body: Mapping[str, Any]) -> list[Step]:
        return [HEAD, delta(f"PROMPT: {IDEA}, "), 30.0]

    with ChatServer(slow) as server:
        asked = {"idea": IDEA, "n": 2, "chat": f"ollama:tiny@{server.address}", "cache": False}
        with api.stream("POST", "/optimize", json=asked, headers=EVENTS) as stream:
            place = str(stream.headers["location"]).removeprefix("/api/v1")
            stop = place.replace("/events", "/stop")
            found = []
            for event in told(stream):
                found.append(event)
                if event[1] == "delta" and not go_on.is_set():
                    go_on.set()
                    assert api.post(stop, json={"index": 0}).status_code == 204
                elif event[1] == "stopped" and event[2]["index"] == 0:
                    assert api.post(stop).status_code == 204
    names = [name for _, name, _ in found]
    stopped = sorted(data["index"] for _, name, data in found if name == "stopped")
    assert (stopped, names[-1]) == ([0, 1], "result")
    assert found[-1][2]["candidates"] == []


def test_an_error_is_the_last_event(api: httpx2.Client) -> None:
    asked = {"idea": IDEA, "chat": "ollama:"}
    plain = api.post("/optimize", json=asked)
    assert (plain.status_code, plain.json()["code"]) == (503, "setup")
    with api.stream("POST", "/optimize", json=asked, headers=EVENTS) as stream:
        assert [(name, data) for _, name, data in told(stream)] == [("error", plain.json())]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"idea": IDEA, "n": 33}, "n"),
        ({"idea": IDEA, "profile": "/etc/passwd.toml"}, "profile"),
        ({"idea": IDEA, "template": "../x.json"}, "template"),
        ({"idea": IDEA, "strength": "most"}, "strength"),
        ({"idea": IDEA, "seed": -1}, "seed"),
        ({"idea": IDEA, "nn": 1}, "nn"),
    ],
)
def test_wrong_fields_are_named(api: httpx2.Client, asked: dict[str, Any], field: str) -> None:
    found = api.post("/optimize", json=asked)
    assert found.status_code == 422
    assert [one["field"] for one in found.json()["errors"]] == [field]


def test_searches_go_on_while_prompts_are_written(api: httpx2.Client) -> None:
    with ChatServer(lambda _: [HEAD, 30.0]) as server:
        asked = {"idea": IDEA, "n": 1, "chat": f"ollama:tiny@{server.address}", "cache": False}
        streams = [api.stream("POST", "/optimize", json=asked, headers=EVENTS) for _ in range(9)]
        places = [stream.__enter__().headers["location"] for stream in streams]
        begun = time.monotonic()
        assert api.post("/search", json={"idea": IDEA}).status_code == 200
        assert time.monotonic() - begun < 10
        for place in places:
            path = str(place).removeprefix("/api/v1").replace("/events", "/stop")
            assert api.post(path).status_code == 204
        for stream in streams:
            stream.__exit__(None, None, None)


def test_what_is_being_written_stops_at_the_end_of_the_server(shelf: Assistant) -> None:
    asked = {"idea": IDEA, "n": 1, "cache": False}
    with ChatServer(lambda _: [HEAD, delta("PROMPT: "), 30.0]) as chat, ExitStack() as opened:
        server = opened.enter_context(Server(shelf, port=0))
        headers = EVENTS | {"Authorization": f"Bearer {server.access.token}"}
        address = f"http://127.0.0.1:{server.port}/api/v1/optimize"
        asked |= {"chat": f"ollama:tiny@{chat.address}"}
        with httpx2.stream("POST", address, json=asked, headers=headers, timeout=30) as stream:
            events = told(stream)
            assert [next(events)[1] for _ in range(2)] == ["started", "delta"]
            ending = threading.Thread(target=opened.close)
            ending.start()
            assert [name for _, name, _ in events] == ["stopped", "result"]
        ending.join(30)
        assert not ending.is_alive()
