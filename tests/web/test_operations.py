from __future__ import annotations

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.app.doctor import examine
from bozzetto.app.safety import restore
from bozzetto.app.wire import config_json, doctor_json, index_json
from bozzetto.web.operations import _without_secrets
from bozzetto.web.scratch import LEFT, scratch
from bozzetto.web.server import Server
from bozzetto.web.streams import Places


def test_how_indexes_stand(api: httpx2.Client, shelf: Assistant) -> None:
    shape = index_json(shelf.index, shelf.index.status()) | {"waiting": 0}
    assert api.get("/index").json() == json.loads(json.dumps(shape))
    verified = api.post("/index/verify").json()
    assert {one["state"] for one in verified["indexes"]} == {"complete"}


def test_indexes_are_built_and_told_of(
    api: httpx2.Client, shelf: Assistant, tmp_path: Path
) -> None:
    file = tmp_path / "late.txt"
    file.write_text("a violet kite over dunes, pastel\n", encoding="utf-8")
    shelf.add(file, embed=False)
    assert api.get("/index").json()["waiting"] == 1
    assert api.post("/index/build", params={"embed": False}).json()["waiting"] == 1
    headers = {"Accept": "text/event-stream"}
    with api.stream("POST", "/index/build", headers=headers) as answer:
        events = list(told(answer))
    assert {name for _, name, _ in events[:-1]} == {"progress"}
    assert (events[-1][1], events[-1][2]["waiting"]) == ("result", 0)
    shelf.library.delete(source="late.txt")


def test_settings_without_their_secrets(api: httpx2.Client, shelf: Assistant) -> None:
    found = api.get("/config").json()
    assert found == json.loads(json.dumps(config_json(shelf.settings)))
    own = replace(shelf.settings, chat="openai:x@https://ann:pass-word@h.example/v1?key=abcdefgh")
    said = _without_secrets(config_json(own)["chat"])
    assert said["value"].startswith("openai:x@https://")
    assert not [word for word in ("pass-word", "abcdefgh") if word in json.dumps(said)]


def test_the_examination(api: httpx2.Client, shelf: Assistant) -> None:
    found = api.get("/doctor").json()
    assert found["ok"] is True
    there = doctor_json(examine(shelf.settings.home))
    names = [check["name"] for check in found["checks"]]
    assert names == [check["name"] for check in there["checks"]]


def test_a_backup_is_sent_and_leaves_nothing(
    api: httpx2.Client, shelf: Assistant, tmp_path: Path
) -> None:
    answer = api.post("/backup")
    kind, name = (answer.headers[one] for one in ("content-type", "content-disposition"))
    assert (answer.status_code, kind) == (200, "application/vnd.sqlite3")
    assert name.startswith('attachment; filename="library-20')
    saved = tmp_path / "saved.sqlite"
    saved.write_bytes(answer.content)
    until = time.monotonic() + 20  # it goes when all of it is sent
    while (left := list(shelf.settings.home.glob("passing-*"))) and time.monotonic() < until:
        time.sleep(0.02)
    assert left == []
    restore(saved, tmp_path / "other")
    with Assistant.open(tmp_path / "other") as again:
        assert again.library.list() == shelf.library.list()


def test_a_backup_takes_a_place_as_every_download(tmp_path: Path) -> None:
    with Assistant.open(tmp_path, actor="owner") as a, Server(a, port=0) as server:
        server._app.state.places = Places(most=0)
        headers = {"Authorization": f"Bearer {server.access.token}"}
        answer = httpx2.post(f"http://127.0.0.1:{server.port}/api/v1/backup", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (429, "busy")
    assert list(tmp_path.glob("passing-*")) == []


@pytest.fixture
def left(tmp_path: Path) -> Path:
    folder = scratch(tmp_path)
    (folder / "file").write_text("x", encoding="utf-8")
    return folder


def test_what_a_killed_server_left_goes_after_a_day(left: Path) -> None:
    scratch(left.parent)
    assert left.exists()
    long_ago = time.time() - LEFT - 60
    os.utime(left / "file", (long_ago, long_ago))
    os.utime(left, (long_ago, long_ago))
    scratch(left.parent)
    assert not left.exists()


def test_the_index_of_an_empty_library_is_built(tmp_path: Path) -> None:
    with Assistant.open(tmp_path, actor="owner") as a:
        a.index.build()
        assert {one.state for one in a.index.status()} == {"complete"}
