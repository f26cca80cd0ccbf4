from __future__ import annotations

import json
import logging
import time
from http.client import HTTPConnection
from typing import Any

import httpx2
import pytest

from bozzetto.app import Assistant
from bozzetto.app.wire import optimize_json, search_json
from bozzetto.types import Wishes

IDEA = "un piccolo cane bianco"


def rows(answer: httpx2.Response) -> list[dict[str, Any]]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def said(row: dict[str, Any]) -> tuple[Any, str, str]:
    return row["idea"], row["error"]["code"], row["error"]["message"]


def test_search_answers_each_line_in_order(api: httpx2.Client, shelf: Assistant) -> None:
    body = f'{IDEA}\n{{"idea": "castle", "k": 1}}\n\n{{"idea": "x", "k": 0}}\nfox'.encode()
    found = rows(api.post("/batch/search", params={"k": 2, "explain": True}, content=body))
    there = [shelf.search(IDEA, 2, explain=True), shelf.search("castle", 1, explain=True)]
    assert found[:2] == [search_json(one, explain=True) for one in there]
    assert [said(row)[:2] for row in found[2:4]] == [("", "input"), ("x", "input")]
    assert "k: " in found[3]["error"]["message"]
    assert len(found[4]["hits"]) == 2


def test_optimize_answers_each_line_in_order(api: httpx2.Client, shelf: Assistant) -> None:
    lines = (
        "a small dog",
        json.dumps({"idea": "a castle", "n": 2, "seed": 5, "mood": "calm", "set": {}}),
        json.dumps({"idea": "a fox", "template": "/etc/passwd"}),
        json.dumps({"idea": "a fox", "profile": "../../x.toml"}),
        json.dumps({"idea": "a fox", "n": 99}),
        json.dumps({"idea": "a fox", "pick": ["none"]}),
        json.dumps({"idea": "a fox", "prefr": "x"}),
        "\udcff",
    )
    body = "\n".join(lines).encode("utf-8", "surrogateescape")
    found = rows(api.post("/batch/optimize", params={"n": 1, "save": False}, content=body))
    again = [
        shelf.optimize("a small dog", n=1, save=False),
        shelf.optimize("a castle", n=2, seed=5, prefer=None, save=False,
                       wishes=Wishes(mood=("calm",))),
    ]  # fmt: skip
    assert found[:2] == [json.loads(json.dumps(optimize_json(one))) for one in again]
    assert [said(row)[:2] for row in found[2:]] == [
        ("a fox", "input"),
        ("a fox", "input"),
        ("a fox", "input"),
        ("a fox", "not_found"),
        (lines[6], "input"),
        (None, "input"),
    ]
    assert "files are not read for a request" in found[2]["error"]["message"]
    assert "root:" not in json.dumps(found)


def test_what_is_not_set_up_is_told_before_the_first_line(api: httpx2.Client) -> None:
    answer = api.post("/batch/optimize", params={"chat": "ollama:"}, content=b"a fox\na dog\n")
    assert (answer.status_code, answer.json()["code"]) == (503, "setup")
    wrong = api.post("/batch/optimize", params={"n": 0, "ideas": "x"}, content=b"a fox")
    assert [one["field"] for one in wrong.json()["errors"]] == ["n", "ideas"]
    assert rows(api.post("/batch/search", content=b"")) == []


def test_who_stops_reading_stops_the_work(api: httpx2.Client, shelf: Assistant) -> None:
    body = "".join(f"a fox number {number}\n" for number in range(5_000))
    with api.stream("POST", "/batch/search", params={"k": 50}, content=body) as answer:
        first = next(answer.iter_lines())
    assert json.loads(first)["idea"] == "a fox number 0"
    assert rows(api.post("/batch/search", content=b"a fox"))[0]["idea"] == "a fox"


def test_too_long(api: httpx2.Client) -> None:
    line = "x" * 1_000_001
    found = rows(api.post("/batch/search", content=f"{line}\na fox\n"))
    assert said(found[0]) == (None, "input", "the line is longer than 1000000 bytes")
    assert found[1]["idea"] == "a fox"
    answer = api.post("/batch/search", content=b"x" * (16 * 2**20 + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "size")


def test_lines_that_are_broken_off_are_no_failure(
    api: httpx2.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "bozzetto.web.request")
    begun = HTTPConnection(api.base_url.host, api.base_url.port or 0, timeout=30)
    begun.putrequest("POST", "/api/v1/batch/search")
    begun.putheader("Authorization", api.headers["authorization"])
    begun.putheader("Content-Length", "100")
    begun.endheaders()
    begun.send(b"a fox")
    begun.close()
    until = time.monotonic() + 20
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.02)
    assert caplog.records
    assert [one for one in caplog.records if one.exc_info] == []
