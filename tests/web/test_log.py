"""What is written down, and that no prompt and no secret is: planted ones are looked for."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bozzetto.app import Assistant
from bozzetto.app.secret import Kind, make
from bozzetto.errors import SetupError
from bozzetto.web.log import OUT, logged, redacted
from bozzetto.web.server import Server

PASSWORD = "three words or four"
CANARY = "canary-4711"
SECRET = "bzk_" + "c" * 43

JsonLines = list[dict[str, Any]]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (f"key {SECRET}.", f"key {OUT}."),
        ("Authorization: Bearer canary-4711", f"Authorization: Bearer {OUT}"),
        ("authorization='Basic Y2FuYXJ5'", f"authorization={OUT}"),
        ("'x-api-key': 'canary-4711'", f"'x-api-key': {OUT}"),
        ('{"api_key": "canary-4711"}', f'{{"api_key": {OUT}}}'),
        ("OPENAI_API_KEY=canary-4711 set", f"OPENAI_API_KEY={OUT} set"),
        ("password: canary-4711, next", f"password: {OUT}, next"),
        ("Cookie: a=canary; b=4711", f"Cookie: {OUT}"),
        ("GET http://h/p?prompt=canary&n=1 done", f"GET http://h/p?{OUT} done"),
        ("http://ada:canary@host/", f"http://{OUT}@host/"),
        ("Incorrect API key provided: sk-proj-canary4711canary", f"{OUT}"),
        ("AKIACANARY4711CANARY", OUT),
        ("hf_canary4711canary4711", OUT),
        ("a fox? yes = no", "a fox? yes = no"),
        ("token limit is 75", "token limit is 75"),
        ("line\nbreak \x1b[31mred", "line\nbreak \\x1b[31mred"),
    ],
)
def test_what_is_left_out(text: str, left: str) -> None:
    found = redacted(text, {})
    assert left in found
    assert not {"canary", "4711", "Y2FuYXJ5", "CANARY"} & {
        part for part in ("canary", "4711", "Y2FuYXJ5", "CANARY") if part in found
    }


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["token", "session", "key"]))
def test_a_secret_of_ours_is_left_out_wherever_it_stands(
    before: str, after: str, kind: Kind
) -> None:
    secret = make(kind)
    assert secret not in redacted(f"{before} {secret} {after}", {})
    assert secret not in redacted(f"{before}{secret}\n{after}", {})


def test_keys_of_the_environment_are_left_out() -> None:
    environ = {"STABILITY_API_KEY": "canary-4711", "HOME": "/home/ada", "MY_TOKEN": "short"}
    assert redacted("it said canary-4711 in /home/ada, short", environ) == (
        f"it said {OUT} in /home/ada, short"
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log.jsonl"


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Assistant]:
    words = tmp_path / "words.txt"
    words.write_text("a lighthouse in fog\n")
    with Assistant.open(tmp_path / "home", actor="owner") as a:
        a.accounts.add("ada", PASSWORD, "admin")
        a.add(words, embed=False)
        yield a


def lines(file: Path) -> JsonLines:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_a_request_is_one_line_and_tells_no_prompt(team: Assistant, file: Path) -> None:
    _, key = team.accounts.add_key("ada", "admin")
    with logged(str(file)), Server(team, port=0) as server:
        headers = {"Authorization": f"Bearer {key}"}
        base = f"http://127.0.0.1:{server.port}"
        with httpx2.Client(base_url=base, headers=headers, timeout=60) as c:
            found = [
                c.get(f"/api/v1/library/{CANARY}"),
                c.get("/api/v1/library", params={"tag": CANARY}),
                c.get("/api/v1/library", params={"limit": CANARY}),
                c.post("/api/v1/optimize", json={"idea": CANARY, CANARY: 1}),
                c.post("/api/v1/generate", json={"prompt": CANARY, "images": CANARY}),
                c.get(f"/api/v1/campaigns/{CANARY}/board", params={"reviewer": "ada"}),
                c.get(f"/{CANARY}", headers={"Host": f"{CANARY}.example"}),
                c.get(f"/{CANARY}"),
            ]
    text = file.read_text()
    assert [part in text for part in (CANARY, key, server.access.token)] == [False] * 3
    told = [one for one in lines(file) if one["event"] == "request"]
    assert [(one["status"], one["request"]) for one in told] == [
        (answer.status_code, answer.headers["x-request-id"]) for answer in found
    ]
    assert [one["route"] for one in told] == [
        "GET /api/v1/library/{identity}",
        "GET /api/v1/library",
        "GET /api/v1/library",
        "POST /api/v1/optimize",
        "POST /api/v1/generate",
        "GET /api/v1/campaigns/{name:path}/board",
        None,
        None,
    ]
    assert [one["user"] for one in told] == ["ada"] * 6 + [None, "ada"]
    assert [one["role"] for one in told] == ["admin"] * 6 + [None, "admin"]
    assert all(set(one) == FIELDS and one["ms"] >= 0 for one in told)


FIELDS = {"time", "event", "method", "route", "status", "ms", "user", "role", "request"}


def test_secrets_that_are_sent_are_not_written(team: Assistant, file: Path) -> None:
    with logged(str(file)), Server(team, port=0) as server:
        base = f"http://127.0.0.1:{server.port}"
        with httpx2.Client(base_url=base, headers={"Origin": base}, timeout=60) as c:
            c.post("/api/v1/session", json={"name": "ada", "password": CANARY})
            c.post("/api/v1/session", json={"name": CANARY, "password": PASSWORD})
            c.post("/api/v1/session", json={"token": SECRET})
            c.get("/api/v1/jobs", params={"token": SECRET})
            c.get("/api/v1/jobs", headers={"Authorization": f"Bearer {SECRET}"})
            c.get("/api/v1/jobs", headers={"Cookie": f"{server.access.cookie}={SECRET}"})
            c.post("/api/v1/session", json={"name": "ada", "password": PASSWORD})
            cookie = c.cookies[server.access.cookie]
            made = c.post("/api/v1/accounts/ada/keys", json={"role": "viewer", "label": "wiki"})
            key = made.json()
            c.patch("/api/v1/accounts/ada", json={"password": PASSWORD * 2})
    text = file.read_text()
    secrets = (CANARY, SECRET, PASSWORD, cookie, key["secret"], server.access.token)
    assert [one for one in secrets if one in text] == []
    assert [(one["action"], one.get("user"), one.get("status")) for one in audits(file)] == [
        ("login refused", None, None),
        ("login refused", None, None),
        ("login refused", None, None),
        ("refusal", None, 400),
        ("refusal", None, 401),
        ("refusal", None, 401),
        ("login", "ada", None),
        ("key add", "ada", None),
        ("account password", "ada", None),
    ]
    assert {one["client"] for one in audits(file)} == {"127.0.0.1"}
    assert [one.get("account") for one in audits(file)[:3]] == ["ada", None, None]


def audits(file: Path) -> JsonLines:
    return [one for one in lines(file) if one["event"] == "audit"]


def test_who_did_what_cannot_be_taken_back(team: Assistant, file: Path) -> None:
    (prompt,) = team.library.page(limit=1)[0]
    _, key = team.accounts.add_key("ada", "admin")
    team.accounts.add("bo", PASSWORD, "viewer")
    _, viewers = team.accounts.add_key("bo", "viewer")
    with logged(str(file)), Server(team, port=0) as server:
        base = f"http://127.0.0.1:{server.port}/api/v1"
        for secret in (viewers, key):
            headers = {"Authorization": f"Bearer {secret}"}
            with httpx2.Client(base_url=base, headers=headers) as c:
                c.delete(f"/library/{prompt.id}")
                c.patch("/accounts/bo", json={"role": "editor"})
    assert [
        (one["action"], one["user"], one.get("route"), one.get("account")) for one in audits(file)
    ] == [
        ("refusal", "bo", "DELETE /api/v1/library/{identity}", None),
        ("refusal", "bo", "PATCH /api/v1/accounts/{name}", None),
        ("deletion", "ada", "DELETE /api/v1/library/{identity}", None),
        ("account role", "ada", None, "bo"),
    ]


def fail() -> None:
    try:
        raise KeyError(f"the idea {CANARY!r}")
    except KeyError as error:
        raise ValueError(f"Bearer {SECRET} for {CANARY}") from error


def test_of_an_error_kind_and_place_are_written(file: Path) -> None:
    with logged(str(file)):
        try:
            fail()
        except ValueError:
            logging.getLogger("bozzetto.web.runs").exception("a run failed")
        logging.getLogger("httpx2").info("HTTP Request: POST http://h/v1?key=%s", CANARY)
        logging.getLogger("vendor").warning("refused: Incorrect API key sk-%s", CANARY * 3)
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    run, vendor, crash = lines(file)
    assert CANARY not in file.read_text()
    assert SECRET not in file.read_text()
    assert (run["level"], run["logger"], run["message"], run["error"]) == (
        "error", "bozzetto.web.runs", "a run failed", "ValueError from KeyError",
    )  # fmt: skip
    assert [place.split()[-1] for place in run["trace"]] == [
        "test_of_an_error_kind_and_place_are_written", "fail", "fail",
    ]  # fmt: skip
    assert vendor["message"] == f"refused: Incorrect API key {OUT}"
    assert (crash["message"], crash["error"]) == ("a thread failed", "ValueError from KeyError")


def test_unless_it_is_asked_for_only_failures_are_told(
    team: Assistant, capsys: pytest.CaptureFixture[str]
) -> None:
    with logged(None), Server(team, port=0) as server:
        httpx2.get(f"http://127.0.0.1:{server.port}/healthz")
        httpx2.get(f"http://127.0.0.1:{server.port}/api/v1/jobs")
        try:
            fail()
        except ValueError:
            logging.getLogger("bozzetto.web.runs").exception("a run failed")
    said = capsys.readouterr().err.splitlines()
    assert said[:2] == ["bozzetto: a run failed", "  ValueError from KeyError"]
    assert all(".py:" in line for line in said[2:])
    assert CANARY not in "".join(said)


def test_it_can_go_to_stderr(team: Assistant, capsys: pytest.CaptureFixture[str]) -> None:
    with logged("-"), Server(team, port=0) as server:
        httpx2.get(f"http://127.0.0.1:{server.port}/healthz")
    (line,) = capsys.readouterr().err.splitlines()
    assert (json.loads(line)["route"], json.loads(line)["status"]) == ("GET /healthz", 200)


@pytest.mark.skipif(sys.platform == "win32", reason="rights are told otherwise there")
def test_the_file_is_its_owners_and_goes_on_where_it_was(file: Path) -> None:
    for _ in range(2):
        with logged(str(file)):
            logging.getLogger("bozzetto").warning("said")
    assert (len(lines(file)), file.stat().st_mode & 0o777) == (2, 0o600)
    with logged(str(file)):
        file.rename(file.with_suffix(".1"))
        logging.getLogger("bozzetto").warning("said")
    assert len(lines(file)) == 1


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"--log .*: "), logged(str(tmp_path)):
        pass


def test_afterwards_logging_is_as_it_was(file: Path) -> None:
    root, before = logging.getLogger(), threading.excepthook
    handlers, level = list(root.handlers), logging.getLogger("bozzetto").level
    with logged(str(file)):
        assert threading.excepthook is not before
    assert (root.handlers, logging.getLogger("bozzetto").level) == (handlers, level)
    assert threading.excepthook is before
