from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from shutil import disk_usage
from typing import Any

import httpx2
import pytest
from tests.web.conftest import told

from bozzetto.app import Assistant
from bozzetto.web.intake import AT_ONCE_EACH, _room
from bozzetto.web.limits import BODIES
from bozzetto.web.problems import FullError, problem_of
from bozzetto.web.server import Server


@pytest.fixture
def a(home: Path) -> Iterator[Assistant]:
    with Assistant.open(home, actor="tester") as found:
        yield found


@pytest.fixture
def own(a: Assistant) -> Iterator[httpx2.Client]:
    """A client of a server with an empty home of its own."""
    with Server(a, port=0) as server:
        headers = {"Authorization": f"Bearer {server.access.token}"}
        base = f"http://127.0.0.1:{server.port}/api/v1"
        with httpx2.Client(base_url=base, headers=headers, timeout=30) as found:
            yield found


GOOD = (
    b'{"prompt": "a red fox in snow, oil painting", "tags": ["fox"]}\n'
    b'{"prompt": "a lighthouse at dusk, watercolor"}\n'
)


def report(source: str, **said: object) -> dict[str, Any]:
    plain = {"rows": 2, "new": 2, "known": 0, "bad": 0, "bad_rows": [], "deleted": 0}
    return {"source": source, "already_complete": False} | plain | said


def uploads(home: Path) -> list[Path]:
    return list(home.glob("passing-*"))


def test_a_file_comes_in_under_its_name(own: httpx2.Client, home: Path) -> None:
    answer = own.post("/import", params={"name": "foxes.jsonl"}, content=GOOD)
    assert answer.status_code == 200
    assert answer.json() == {"imports": [report("foxes.jsonl")], "errors": [], "waiting": 0}
    listed = own.get("/library").json()["prompts"]
    assert [(one["prompt"], one["source"]) for one in listed] == [
        ("a red fox in snow, oil painting", "foxes.jsonl"),
        ("a lighthouse at dusk, watercolor", "foxes.jsonl"),
    ]
    found = own.post("/search", json={"idea": "una volpe rossa", "k": 1}).json()["hits"]
    assert found[0]["id"] == listed[0]["id"]
    again = own.post("/import", params={"name": "other.jsonl"}, content=GOOD).json()
    assert again["imports"] == [report("foxes.jsonl", new=0, known=2, already_complete=True)]
    assert uploads(home) == []


def test_good_rows_land_and_bad_ones_are_named_by_their_lines(own: httpx2.Client) -> None:
    body = GOOD + b'{"prompt": ""}\nnot json\n'
    answer = own.post("/import", params={"name": "some.jsonl", "embed": False}, content=body)
    assert answer.status_code == 200
    (found,) = answer.json()["imports"]
    assert (found["rows"], found["new"], found["bad"]) == (4, 2, 2)
    assert [row["place"] for row in found["bad_rows"]] == ["line 4", "line 3"]
    assert answer.json()["waiting"] == 2


@pytest.mark.parametrize(
    ("asked", "body", "status", "said"),
    [
        ({"name": "a.jsonl"}, b'{"prompt": ""}\n', 422, "line 1: the prompt is empty"),
        ({"name": "a.txt"}, b"", 422, "a.txt is empty"),
        ({"name": "a.bin"}, b"\0\1\2", 422, "a.bin is of no kind we read"),
        ({"name": "a.parquet"}, b"PAR1 and no more", 422, "a.parquet cannot be read as parquet"),
        ({"name": "a.csv"}, b"x,y\n1,2\n", 422, "a.csv, line 1"),
        ({"name": "a.txt", "as": "diffusiondb"}, b"x", 422, "no subset"),
        ({"name": "a.txt", "as": "no-such"}, b"x", 422, "called 'no-such'"),
        ({"name": "a.txt", "as": "../x"}, b"x", 422, "as: "),
        ({"name": ""}, b"x", 422, "name: "),
        ({"name": "a\nb"}, b"x", 422, "name: "),
        ({"name": "a\x1b]52;c;x\x07"}, b"x", 422, "name: "),
        ({"name": "n" * 201}, b"x", 422, "name: "),
        ({}, b"x", 422, "name: "),
    ],
)
def test_what_cannot_be_taken_in(
    own: httpx2.Client, home: Path, asked: dict[str, str], body: bytes, status: int, said: str
) -> None:
    answer = own.post("/import", params=asked, content=body)
    assert (answer.status_code, answer.headers["content-type"]) == (
        status,
        "application/problem+json",
    )
    assert said in answer.json()["detail"]
    assert str(home) not in answer.text
    assert uploads(home) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\x.txt", "C:\\a", "CON"])
def test_a_name_is_never_a_path(own: httpx2.Client, home: Path, name: str) -> None:
    answer = own.post(
        "/import", params={"name": name, "as": "text", "embed": False}, content=b"a fox"
    )
    assert answer.json()["imports"][0]["source"] == name
    assert {path.name for path in home.parent.iterdir()} == {"home"}


def test_progress_is_told(own: httpx2.Client) -> None:
    headers = {"Accept": "text/event-stream"}
    with own.stream("POST", "/import?name=f.jsonl", content=GOOD, headers=headers) as answer:
        events = list(told(answer))
    assert [name for _, name, _ in events if name != "progress"] == ["result"]
    assert events[-1][2]["imports"] == [report("f.jsonl")]
    steps = {data["stage"] for _, name, data in events if name == "progress"}
    assert "import f.jsonl" in steps
    with own.stream("POST", "/import?name=f.csv", content=b"x,y\n", headers=headers) as answer:
        ((_, name, problem),) = told(answer)
    assert (name, problem["status"], problem["code"]) == ("error", 422, "input")


def test_it_may_be_long_but_not_endless(own: httpx2.Client, home: Path) -> None:
    lines = b"".join(b"a fox number %d in a wood\n" % number for number in range(20_000))
    answer = own.post("/import", params={"name": "many.txt", "embed": False}, content=lines)
    assert answer.json()["imports"][0]["new"] == 20_000
    length = str(BODIES["POST /api/v1/import"] + 1)
    asking = HTTPConnection(own.base_url.host, own.base_url.port or 0, timeout=30)
    asking.putrequest("POST", "/api/v1/import?name=x.txt")
    asking.putheader("Authorization", own.headers["authorization"])
    asking.putheader("Content-Length", length)
    asking.endheaders()
    refused = asking.getresponse()
    assert (refused.status, json.load(refused)["detail"]) == (
        413,
        "a request holds at most 1,073,741,824 bytes here",
    )
    asking.close()
    assert uploads(home) == []


def begun(own: httpx2.Client, said: bytes, length: int) -> HTTPConnection:
    """A file that is announced, and of which only the beginning is sent."""
    found = HTTPConnection(own.base_url.host, own.base_url.port or 0, timeout=30)
    found.putrequest("POST", "/api/v1/import?name=x.txt&embed=false")
    found.putheader("Authorization", own.headers["authorization"])
    found.putheader("Content-Length", str(length))
    found.endheaders()
    found.send(said)
    return found


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not true() and time.monotonic() < until:
        time.sleep(0.02)
    return true()


def test_so_many_files_are_received_at_a_time(own: httpx2.Client, home: Path) -> None:
    sending = [begun(own, b"a fox", 12) for _ in range(AT_ONCE_EACH)]
    assert soon(lambda: len(uploads(home)) == AT_ONCE_EACH)
    refused = own.post("/import", params={"name": "a.txt"}, content=b"a bird")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "5")
    assert refused.json()["detail"] == "as many files are being received as may at a time"
    for one in sending:
        one.send(b" in wood")
        assert one.getresponse().status in (200, 422)
        one.close()
    assert own.post("/import", params={"name": "a.txt"}, content=b"a bird").status_code == 200
    assert uploads(home) == []


def test_a_file_that_is_broken_off_is_no_failure(
    own: httpx2.Client, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begins = [begun(own, b"a fox", 2**20) for _ in range(AT_ONCE_EACH)]
    assert soon(lambda: len(uploads(home)) == AT_ONCE_EACH)
    for one in begins:
        one.close()
    assert soon(lambda: uploads(home) == [])
    assert own.post("/import", params={"name": "a.txt"}, content=b"a bird").status_code == 200
    assert [one for one in caplog.records if one.exc_info] == []
    assert own.get("/library").json()["total"] == 1


@pytest.mark.parametrize("size", [0, 5])
def test_a_disk_without_room_is_said_before_it_is_full(tmp_path: Path, size: int) -> None:
    free = disk_usage(tmp_path).free
    _room(tmp_path, size)
    with pytest.raises(FullError, match="no room") as caught:
        _room(tmp_path, free + size)
    shape = problem_of(caught.value)
    assert (shape["status"], shape["code"]) == (507, "setup")
    assert shape["hint"] == "free some space where the home is, then send it again"
