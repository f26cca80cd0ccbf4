"""What strangers send: words that are no query language, paths, markup, floods."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from bozzetto.app import Assistant
from bozzetto.web.server import Server

CANARY = '<img src=x onerror="window.fired=1"><script>window.fired=1</script>'
FORMULA = '=HYPERLINK("http://evil.example","x"), oil painting'


@pytest.fixture
def a(home: Path) -> Iterator[Assistant]:
    with Assistant.open(home, actor="tester") as found:
        yield found


@pytest.fixture
def own(a: Assistant) -> Iterator[httpx2.Client]:
    """A client of a server of an empty home."""
    with Server(a, port=0) as server:
        headers = {"Authorization": f"Bearer {server.access.token}"}
        base = f"http://127.0.0.1:{server.port}/api/v1"
        with httpx2.Client(base_url=base, headers=headers, timeout=30) as found:
            yield found


@pytest.mark.parametrize(
    "idea",
    ['"', "*", "NEAR(fox", "text:fox", "-fox", "fox^9", '"unbalanced', "🦊", "(", "fox AND", "~2"],
)
def test_words_are_no_query_language(api: httpx2.Client, idea: str) -> None:
    answer = api.post("/search", json={"idea": idea})
    assert answer.status_code in (200, 422)
    if answer.status_code == 422:
        assert answer.json()["code"] == "input"
    lines = api.post("/batch/search", content=json.dumps({"idea": idea}))
    (row,) = map(json.loads, lines.text.splitlines())
    assert ("hits" in row) is (answer.status_code == 200)


@pytest.mark.parametrize("idea", ["", " ", "x" * 20_001, "x" * 1_000_000])
def test_ideas_that_are_nothing_or_too_much(api: httpx2.Client, idea: str) -> None:
    assert api.post("/search", json={"idea": idea}).status_code in (413, 422)


@pytest.mark.parametrize("name", ["tag", "use", "source", "model_family"])
def test_filters_are_values(api: httpx2.Client, shelf: Assistant, name: str) -> None:
    before = shelf.library.count()
    for value in ("' OR 1=1 --", "x'); DROP TABLE prompts; --", "%", "{}", "\x00"):
        page = api.get("/library", params={name: value})
        assert (page.status_code, page.json()["total"]) == (200, 0)
        found = api.post("/search", json={"idea": "a dog", name: [value]})
        assert (found.status_code, found.json()["hits"]) == (200, [])
    assert shelf.library.count() == before


@pytest.mark.parametrize("number", ["-1", "1e3", "9" * 400, "0x10", "١", " 1 ", "null"])
def test_places_that_nobody_gave(api: httpx2.Client, number: str) -> None:
    for path in ("/library", "/jobs"):
        answer = api.get(path, params={"after": number})
        assert answer.status_code in (200, 422)  # digits of other scripts are digits
        assert api.get(path, params={"limit": "1000000000"}).status_code == 422


@pytest.mark.parametrize(
    "identity",
    [
        "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2flibrary.sqlite", "..%5c..%5cconfig.toml",
        "%00", "%2fetc%2fpasswd", "C:%5cWindows%5cwin.ini", "%c0%ae%c0%ae%2f",
    ],
)  # fmt: skip
def test_ids_are_no_paths(api: httpx2.Client, identity: str) -> None:
    for path in (f"/library/{identity}", f"/library/{identity}/variants", f"/jobs/{identity}",
                 f"/images/{identity}/file", f"/candidates/{identity}"):  # fmt: skip
        answer = api.get(path)
        assert answer.status_code == 404
        assert "root:" not in answer.text


def test_markup_is_data_everywhere(own: httpx2.Client, a: Assistant) -> None:
    rows = [{"prompt": f"{CANARY} a fox", "tags": [CANARY], "image": "/etc/passwd"},
            {"prompt": FORMULA}]  # fmt: skip
    body = "".join(json.dumps(row) + "\n" for row in rows)
    answer = own.post("/import", params={"name": f"{CANARY}.jsonl", "embed": False}, content=body)
    assert answer.json()["imports"][0]["source"] == f"{CANARY}.jsonl"
    for path in ("/library", "/stats", "/library/export"):
        answer = own.get(path)
        assert answer.headers["content-type"] in ("application/json", "application/x-ndjson")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "window.fired" in answer.text
    assert own.get("/library/export").headers["content-disposition"].startswith("attachment")
    (marked, formula) = own.get("/library").json()["prompts"]
    assert formula["prompt"] == FORMULA
    assert own.get(f"/images/{marked['id']}/file").status_code == 404
    edited = own.patch(f"/library/{marked['id']}", json={"tags": [CANARY, "\u202etag"]}).json()
    assert CANARY in edited["tags"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[" * 10_000 + b"]" * 10_000, "application/json"),
        (b'{"idea": ' * 5_000 + b"1" + b"}" * 5_000, "application/json"),
        (json.dumps({"like": ["a"] * 10_000}).encode(), "application/json"),
        (gzip.compress(b'{"idea": "' + b"x" * 10_000_000 + b'"}'), "application/json"),
        (b"idea=x", "application/x-www-form-urlencoded"),
        (b"--x\r\n\r\nx\r\n" * 5_000, "multipart/form-data; boundary=x"),
        (b'{"idea": NaN}', "application/json"),
        (b'{"idea": "x", "k": ' + b"9" * 5_000 + b"}", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"", "application/json"),
    ],
)
def test_bodies_that_are_no_question(api: httpx2.Client, body: bytes, kind: str) -> None:
    encoding = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}
    answer = api.post("/search", content=body, headers={"Content-Type": kind} | encoding)
    assert answer.status_code in (400, 413, 415, 422)
    assert answer.headers["content-type"] == "application/problem+json"


def test_lines_that_are_no_question(api: httpx2.Client) -> None:
    deep = b'{"idea": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    answer = api.post("/batch/search", content=deep + b"\n" + b"a fox\n")
    rows = [json.loads(line) for line in answer.text.splitlines()]
    assert len(rows) == 2
    assert rows[1]["hits"]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("page.html", b"<html><script>alert(1)</script>"),
        ("picture.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("picture.png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>\0\0"),
        ("many.zip", b"PK\x03\x04" + b"\0" * 100),
        ("deep.json", b"[" * 100_000),
        ("long.txt", b"x" * 3_000_000),
        ("bomb.parquet", b"PAR1" + b"\xff" * 64 + b"PAR1"),
    ],
)
def test_files_of_other_kinds(own: httpx2.Client, home: Path, name: str, body: bytes) -> None:
    """Text of any kind is lines of text; what is none is refused; nothing is kept as a file."""
    answer = own.post("/import", params={"name": name, "embed": False}, content=body)
    assert answer.status_code in (200, 422)
    assert str(home) not in answer.text
    assert not [path for path in home.rglob("*") if path.name == name]
    assert not list(home.glob("passing-*"))
    assert own.get("/library").status_code == 200
