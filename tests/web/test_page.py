"""The parts of the pages: what a page loads, and how they are sent."""

from __future__ import annotations

import gzip
import re

import httpx2
import pytest

from bozzetto.web.page import GZIP, PAGES

ADDRESSES = [path.replace("{_:path}", "x") for path in PAGES]


@pytest.mark.parametrize("path", ADDRESSES)
def test_a_page_names_all_that_it_loads_and_all_of_it_is_there(
    stranger: httpx2.Client, path: str
) -> None:
    page = stranger.get(path).text
    named = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(named) > 10
    assert {stranger.get(one).status_code for one in named} == {200}
    scripts = {one: stranger.get(one).text for one in named if one.endswith(".js")}
    imported = {
        str(httpx2.URL(f"http://x{one}").join(name).path)
        for one, text in scripts.items()
        for name in re.findall(r'^import\b[^"\n]*"([^"]+)"', text, re.M)
    }
    assert imported - set(scripts) == set()


def test_parts_are_sent_packed_to_who_unpacks_them(stranger: httpx2.Client) -> None:
    path = "/static/shell/style.css"
    plain = stranger.get(path, headers={"Accept-Encoding": "identity"})
    with stranger.stream("GET", path, headers={"Accept-Encoding": "gzip, br"}) as packed:
        sent = b"".join(packed.iter_raw())
    assert plain.headers.get("content-encoding") is None
    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(sent) == plain.content
    assert len(sent) < len(plain.content) / 2
    assert {one.headers["vary"] for one in (plain, packed)} == {"Accept-Encoding"}
    assert plain.headers["etag"] == packed.headers["etag"]


@pytest.mark.parametrize(
    ("said", "unpacks"),
    [
        ("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("GZIP", True),
        ("", False), ("identity", False), ("gzip;q=0", False), ("gzip ; q=0.0, br", False),
        ("br, x-gzip", False),
    ],
)  # fmt: skip
def test_who_unpacks_says_so(said: str, unpacks: bool) -> None:
    assert bool(GZIP.search(said)) is unpacks
