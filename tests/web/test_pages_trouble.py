"""What goes wrong before the pages, in a real browser: it is said in plain words, and nothing typed
is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.web.test_pages import Desk

from bozzetto.app import Assistant
from bozzetto.web.server import Server

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

OPEN = """delete Crypto.prototype.randomUUID;
Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined });"""
"""What browsers leave out over plain http beyond their own machine."""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Assistant]:
    (tmp_path / "mine.txt").write_text("a paper boat, macro photo\n", encoding="utf-8")
    with Assistant.open(tmp_path / "home", actor="tester") as a:
        a.add(tmp_path / "mine.txt")
        yield a


@pytest.fixture
def desk(home: Assistant, context: BrowserContext) -> Iterator[Desk]:
    with Server(home, port=0) as server:
        yield Desk(server, context)


def test_a_campaign_is_made_over_plain_http(desk: Desk, home: Assistant) -> None:
    desk.page.add_init_script(OPEN)
    page = desk.open("/campaigns?new")
    page.fill("[name=ideas]", "a kite over the harbour")
    page.fill("[name=images]", "sketch:")
    page.fill("[name=n]", "1")
    desk.press("Control+Enter")
    page.locator(".campaign", has_text="a kite over the harbour").wait_for()
    assert [one.name for one in home.campaigns.list()] == ["a kite over the harbour"]
    assert desk.wrong == []
